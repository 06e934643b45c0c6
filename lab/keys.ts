import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Place } from './place.ts'
import type { LabRecord } from './record.ts'
import { runCommand } from './run-command.ts'

/** Contents by file name. */
export type Files = Record<string, string>

/** The path of the lab's private key for logging in to its hosts. Known before the key exists. */
export const identityFile = (place: Place): string => path.join(place.dir, 'id_ed25519')

/**
 * The path of the lab's known_hosts(5) file, with every host of the lab and its key. Known before
 * the file exists.
 */
export const knownHostsFile = (place: Place): string => path.join(place.dir, 'known_hosts')

const hostKeyDirectory = (place: Place, host: string): string => path.join(place.dir, 'host-keys', host)

/**
 * Generates the lab's key pair unless it exists, and returns the public key. It is only for lab
 * hosts, and has no passphrase.
 */
export async function ensureIdentity(place: Place): Promise<string> {
  const file = identityFile(place)
  if (!existsSync(file) || !existsSync(`${file}.pub`)) await makeKey(file, 'stead lab')
  return readFileSync(`${file}.pub`, 'utf8')
}

/**
 * Generates a host's SSH key unless it has one. A reset keeps it, so known_hosts files stay valid.
 */
export async function ensureHostKeys(place: Place, host: string): Promise<Files> {
  const dir = hostKeyDirectory(place, host)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = path.join(dir, 'ssh_host_ed25519_key')
  if (!existsSync(file) || !existsSync(`${file}.pub`)) await makeKey(file, `root@${host}`)
  return Object.fromEntries(readdirSync(dir).filter((name) => name.startsWith('ssh_host_')).map((name) => [name, readFileSync(path.join(dir, name), 'utf8')]))
}

/**
 * Rewrites the lab's known_hosts file with the recorded hosts that have a key, by address and by
 * name.
 */
export function writeKnownHosts(place: Place, record: LabRecord): void {
  const lines = Object.entries(record.hosts).flatMap(([name, { address }]) => {
    const file = path.join(hostKeyDirectory(place, name), 'ssh_host_ed25519_key.pub')
    if (!existsSync(file)) return []
    return [`${address},${name} ${readFileSync(file, 'utf8').split(' ').slice(0, 2).join(' ')}\n`]
  })
  const file = knownHostsFile(place)
  writeFileSync(`${file}.new`, lines.join(''), { mode: 0o644 })
  renameSync(`${file}.new`, file)
}

async function makeKey(file: string, comment: string): Promise<void> {
  // ssh-keygen asks before it overwrites, so a pair is generated under a temporary name and
  // renamed.
  const fresh = `${file}.new-${process.pid}`
  await runCommand('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', fresh])
  renameSync(`${fresh}.pub`, `${file}.pub`)
  renameSync(fresh, file)
}
