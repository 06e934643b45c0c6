import { createHash, createHmac } from 'node:crypto'
import { quote } from '../text/quote.ts'

/** One usable line of a known_hosts file. */
export interface KnownHost {
  /** Counts from 1. */
  line: number
  revoked: boolean
  /** Names and patterns as written, or one hashed name. */
  patterns: string[]
  keyType: string
  key: Buffer
}

/** The usable lines of a known_hosts file, and warnings about the others. */
export interface KnownHosts {
  entries: KnownHost[]
  warnings: string[]
}

/** What a known_hosts file says about a key that a host presents. */
export type Verdict = 'known' | 'unknown' | 'changed' | 'revoked'

const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/** The type inside a key: a length in four bytes, then the name (RFC 4253, 6.6). */
function typeWithin(key: Buffer): string | undefined {
  if (key.length < 4) return undefined
  const end = 4 + key.readUInt32BE(0)
  return end <= key.length ? key.toString('latin1', 4, end) : undefined
}

function parseLine(text: string, line: number): KnownHost | string | undefined {
  const fields = text.trim().split(/[ \t]+/)
  if (fields[0] === undefined || fields[0] === '' || fields[0].startsWith('#')) return undefined
  const marker = fields[0].startsWith('@') ? fields.shift() : undefined
  if (marker === '@cert-authority') return 'a @cert-authority is not supported, and does not make any host known'
  if (marker !== undefined && marker !== '@revoked') return `the marker ${marker} is not understood; @revoked is`
  const [names, keyType, encoded] = fields
  if (names === undefined || keyType === undefined || encoded === undefined) return 'a line is: names, type, key'
  const key = Buffer.from(encoded, 'base64')
  if (!base64.test(encoded) || typeWithin(key) !== keyType) return `the key is not of the type ${keyType}`
  return { line, revoked: marker === '@revoked', patterns: names.split(',').filter(name => name !== ''), keyType, key }
}

/**
 * Parses a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). A line that cannot be used is
 * left out, with a warning.
 *
 * @example parseKnownHosts('web1 ssh-ed25519 nonsense').warnings // ['line 1: the key is not of the type ssh-ed25519']
 */
export function parseKnownHosts(text: string): KnownHosts {
  const result: KnownHosts = { entries: [], warnings: [] }
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    const parsed = parseLine(content, index + 1)
    if (typeof parsed === 'string') result.warnings.push(`line ${index + 1}: ${parsed}`)
    else if (parsed) result.entries.push(parsed)
  }
  return result
}

/**
 * The name of a host in known_hosts: in lower case, with brackets and the port where that is not
 * 22.
 */
function nameWithPort(host: string, port: number): string {
  return (port === 22 ? host : `[${host}]:${port}`).toLowerCase()
}

/**
 * The name of a host for `ssh-keygen -R`, quoted for a shell, with brackets for a port other than
 * 22.
 *
 * @example nameInFile('web1', 2222) // "'[web1]:2222'"
 */
export function nameInFile(host: string, port: number): string {
  return quote(port === 22 ? host : `[${host}]:${port}`)
}

/** `|1|salt|hash`, HMAC-SHA1 of the name with the salt as key (ssh's hostfile.c, host_hash). */
function matchesHash(pattern: string, name: string): boolean {
  const [, version, salt, hash] = pattern.split('|')
  if (version !== '1' || salt === undefined || hash === undefined) return false
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}

function matchesGlob(pattern: string, name: string): boolean {
  const source = pattern.toLowerCase().replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*').replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's').test(name)
}

function matches(entry: KnownHost, name: string): boolean {
  let found = false
  for (const pattern of entry.patterns) {
    if (pattern.startsWith('|')) found ||= matchesHash(pattern, name)
    else if (pattern.startsWith('!')) {
      if (matchesGlob(pattern.slice(1), name)) return false
    } else found ||= matchesGlob(pattern, name)
  }
  return found
}

function verdictOn(entries: readonly KnownHost[], keyType: string, key: Buffer): Verdict {
  const same = (entry: KnownHost): boolean => entry.key.equals(key)
  if (entries.some(entry => entry.revoked && same(entry))) return 'revoked'
  const trusted = entries.filter(entry => !entry.revoked && entry.keyType === keyType)
  if (trusted.some(same)) return 'known'
  return trusted.length > 0 ? 'changed' : 'unknown'
}

/**
 * What a known_hosts text says about the key that a host presents. As in ssh(1), a key of a type
 * not yet known is unknown, not changed; a host on a port other than 22 that is not listed with it
 * is also known by its plain name.
 *
 * @param keyBase64 the public key, as in the third field.
 * @example judgeHostKey(text, 'web1.example.org', 22, 'ssh-ed25519', 'AAAAC3Nz…') // 'known'
 */
export function judgeHostKey(text: string, host: string, port: number, keyType: string, keyBase64: string): Verdict {
  const { entries } = parseKnownHosts(text)
  const key = Buffer.from(keyBase64, 'base64')
  const verdict = verdictOn(entries.filter(entry => matches(entry, nameWithPort(host, port))), keyType, key)
  if (verdict !== 'unknown' || port === 22) return verdict
  const plain = verdictOn(entries.filter(entry => matches(entry, nameWithPort(host, 22))), keyType, key)
  return plain === 'changed' ? 'unknown' : plain
}

/**
 * The types of a host's known keys, in the order of the file. They are offered first, so that the
 * host presents a key to compare.
 *
 * @example knownKeyTypes(text, 'web1.example.org', 22) // ['ssh-ed25519']
 */
export function knownKeyTypes(text: string, host: string, port: number): string[] {
  const trusted = parseKnownHosts(text).entries.filter(entry => !entry.revoked)
  const types = [port, 22].map(each => trusted.filter(entry => matches(entry, nameWithPort(host, each))).map(entry => entry.keyType))
  return [...new Set(types.find(found => found.length > 0) ?? [])]
}

/**
 * A public key's fingerprint as `ssh-keygen -lf` prints it: SHA-256, in base64 without padding.
 *
 * @example fingerprint(Buffer.from('AAAAC3Nz…', 'base64')) // 'SHA256:MYUUXnXf/DQ+Vj42VRjC8yiASJbvnYfE9d42yHWwjWY'
 */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}
