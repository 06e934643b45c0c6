import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { quote } from '../../../lib/shell/quote.ts'
import { Session, type SessionOptions } from '../../../lib/shell/session.ts'
import { connectLocal } from '../../../lib/transport/local.ts'
import type { Connect } from '../../../lib/transport/transport.ts'

/** A real shell of this machine. Close it. */
export function localSession(options: Partial<SessionOptions> = {}, connect: Connect = connectLocal): Session {
  return new Session(connect, { host: 'here', become: 'none', ...options })
}

/** Runs something with a session of its own. */
export async function withSession<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
  const session = localSession()
  try {
    return await work(session)
  } finally {
    session.close()
  }
}

/** A directory for the length of one callback. */
export async function inTemporaryDirectory<Result>(work: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = mkdtempSync(path.join(tmpdir(), 'stead-spec-'))
  try {
    return await work(directory)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/**
 * Connects to this machine with `/run` and `/var/lib` in `directory` instead (unshare(1)): lock and journal are then the spec's own, and
 * outlive a session as they do on a host.
 */
export function privateConnect(directory: string): Connect {
  const places = { run: path.join(directory, 'run'), lib: path.join(directory, 'lib') }
  for (const place of Object.values(places)) mkdirSync(place, { recursive: true })
  const mounts = `mount --bind ${quote(places.run)} /run && mount --bind ${quote(places.lib)} /var/lib && eval "$1"`
  const unshare = process.getuid?.() === 0 ? 'unshare -m' : 'unshare -rm'
  return async () => {
    const connection = await connectLocal()
    return { ...connection, start: command => connection.start(`exec ${unshare} -- sh -c ${quote(mounts)} sh ${quote(command)}`) }
  }
}
