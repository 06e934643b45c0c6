import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { LabError } from './lab-error.ts'
import { runCommand } from './run-command.ts'
import { joinLines, nodes, type Authority, type TorNode } from './tor-config.ts'

/**
 * A network without a reachable authority, for calling tor before the real ones are known: it must
 * never fall back to the public ones.
 */
const nowhere: Authority = { nickname: 'authority1', v3ident: 'f'.repeat(40), fingerprint: 'f'.repeat(40) }

/**
 * The authorities' keys, generated once and kept; about a second each, in parallel. They identify
 * the network: hosts, relays and the client are configured with their fingerprints.
 * @param torDirectory holds a data directory for each node.
 */
export async function ensureAuthorities(torDirectory: string, address: string): Promise<Authority[]> {
  const file = path.join(torDirectory, `authorities-${address}.json`)
  if (!existsSync(file)) {
    const made = await Promise.all(nodes.filter(({ role }) => role === 'authority').map((node) => makeKeys(path.join(torDirectory, node.name), address, node)))
    writeFileSync(`${file}.new`, JSON.stringify(made))
    renameSync(`${file}.new`, file)
    return made
  }
  const read: unknown = JSON.parse(readFileSync(file, 'utf8'))
  if (!Array.isArray(read) || !read.every(isAuthority)) throw new LabError(`${file} is not what the lab writes there. End this lab: npm run lab -- down`)
  return read
}

function isAuthority(value: unknown): value is Authority {
  return typeof value === 'object' && value !== null && ['nickname', 'v3ident', 'fingerprint'].every((key) => key in value)
}

async function makeKeys(dir: string, address: string, node: TorNode): Promise<Authority> {
  rmSync(dir, { recursive: true, force: true })
  const keys = path.join(dir, 'keys')
  mkdirSync(keys, { recursive: true, mode: 0o700 })
  const certificate = path.join(keys, 'authority_certificate')
  await runCommand('tor-gencert', ['--create-identity-key', '-m', '12', '-a', `${address}:${node.dirPort}`,
    '-i', path.join(keys, 'authority_identity_key'), '-s', path.join(keys, 'authority_signing_key'), '-c', certificate,
    // It requires a passphrase for the identity key, which nobody needs again.
    '--passphrase-fd', '0'], { input: 'lab\n' })
  const torrc = path.join(dir, 'torrc.fingerprint')
  writeFileSync(torrc, `DataDirectory ${dir}\nNickname ${node.name}\nAddress ${address}\nORPort ${address}:${node.orPort}\nDirPort ${address}:${node.dirPort}\nSocksPort 0\n`
    + `AuthoritativeDirectory 1\nV3AuthoritativeDirectory 1\nContactInfo lab@stead.invalid\n${joinLines(address, [nowhere])}`)
  const said = await runCommand('tor', ['--list-fingerprint', '--quiet', '-f', torrc])
  const fingerprint = /^\S+((?: [0-9A-F]{4}){10})\s*$/m.exec(said)?.[1]?.replaceAll(' ', '')
  const v3ident = /^fingerprint ([0-9A-F]{40})$/m.exec(readFileSync(certificate, 'utf8'))?.[1]
  if (fingerprint === undefined || v3ident === undefined) throw new LabError(`tor did not print the fingerprints of ${node.name}. It said: ${said.trim() || '(nothing)'}`)
  rmSync(torrc)
  return { nickname: node.name, v3ident, fingerprint }
}
