import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
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

export { privateConnect } from '../../helpers/own-place.ts'
