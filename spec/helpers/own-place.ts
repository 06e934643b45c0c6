import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { quote } from '../../lib/text/quote.ts'
import { connectLocal } from '../../lib/transport/local.ts'
import type { Connect } from '../../lib/transport/transport.ts'

/*
 * Specs that run stead against this machine have a lock and a journal of their own: those of the machine may be in use by somebody, and are none of
 * theirs. They are in mount namespaces (unshare(1)) in which /run and /var/lib are other directories.
 */

const unshare = process.getuid?.() === 0 ? ['unshare', '-m'] : ['unshare', '-rm']

/**
 * Connects to this machine with `/run` and `/var/lib` in `directory` instead: lock and journal
 * outlive a session there, as on a host.
 */
export function privateConnect(directory: string): Connect {
  const places = { run: path.join(directory, 'run'), lib: path.join(directory, 'lib') }
  for (const place of Object.values(places)) mkdirSync(place, { recursive: true })
  const mounts = `mount --bind ${quote(places.run)} /run && mount --bind ${quote(places.lib)} /var/lib && eval "$1"`
  return async () => {
    const connection = await connectLocal()
    return { ...connection, start: command => connection.start(`exec ${unshare.join(' ')} -- sh -c ${quote(mounts)} sh ${quote(command)}`) }
  }
}

let own: string | undefined

/** {@link privateConnect}, with one place for all specs of this process. */
export const connectPrivately: Connect = async () => {
  own ??= newPlace()
  return privateConnect(own)()
}

function newPlace(): string {
  const place = mkdtempSync(path.join(tmpdir(), 'stead-spec-own-'))
  process.once('exit', () => rmSync(place, { recursive: true, force: true }))
  return place
}

/**
 * The words that run a command in an isolated place: `/run` is empty, and what it writes below
 * `/var/lib` is invisible to others and disappears with it.
 */
export function inOwnPlace(words: readonly string[]): string[] {
  const mounts = 'mount -t tmpfs tmpfs /run && mkdir /run/upper /run/work && mount -t overlay overlay -o lowerdir=/var/lib,upperdir=/run/upper,workdir=/run/work /var/lib && exec "$@"'
  return [...unshare, '--', 'sh', '-c', mounts, 'sh', ...words]
}
