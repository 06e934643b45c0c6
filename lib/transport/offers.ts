import { homedir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type AnyAuthMethod, type IdentityCallback, type ParsedKey } from 'ssh2'
import { ConnectError } from '../errors.ts'
import type { Host } from '../inventory/host.ts'
import { readIfThere } from './read-if-there.ts'

const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** How an OpenSSH private key begins (PROTOCOL.key of OpenSSH). */
const MAGIC = Buffer.from('openssh-key-v1\0')

/** A login method to offer to a host. */
export interface Offer {
  method: AnyAuthMethod
  /** Its name in errors. */
  name: string
}

/**
 * ssh-agent with one key only: each offered key costs a round trip, and counts against the server's
 * limit.
 */
class OneKeyAgent extends ssh2.OpenSSHAgent {
  readonly #key: Buffer

  constructor(socket: string, key: Buffer) {
    super(socket)
    this.#key = key
  }

  override getIdentities(callback: IdentityCallback<ParsedKey>): void {
    super.getIdentities((error, keys) => (error ? callback(error) : callback(undefined, keys?.filter(key => 'getPublicSSH' in key && key.getPublicSSH().equals(this.#key)))))
  }

  holdsIt(): Promise<boolean> {
    return new Promise(resolve => this.getIdentities((error, keys) => resolve(!error && keys !== undefined && keys.length > 0)))
  }
}

/**
 * The login methods to offer, in order: only the key in the inventory where it names one (through
 * ssh-agent if it has a passphrase), otherwise the agent and the usual keys; last a password.
 *
 * @throws ConnectError when there is nothing to offer, or the key cannot be used.
 */
export async function offersOf({ name, user: username, identityFile, password }: Host): Promise<Offer[]> {
  const agent = process.env.SSH_AUTH_SOCK
  const offers: Offer[] = []
  if (identityFile) {
    offers.push(await offerOf(identityFile, { name, username, agent }))
  } else {
    if (agent) offers.push({ name: 'ssh-agent', method: { type: 'agent', username, agent } })
    for (const path of DEFAULT_KEYS.map(file => join(homedir(), '.ssh', file))) {
      const text = readIfThere(path)
      if (text !== '' && !(ssh2.utils.parseKey(text) instanceof Error)) offers.push({ name: path, method: { type: 'publickey', username, key: text } })
    }
  }
  if (password) offers.push({ name: 'password', method: { type: 'password', username, password: password.reveal() } })
  if (offers.length === 0) {
    throw new ConnectError(`There is no key to log in to ${name} with.`, { host: name, hint: 'Start ssh-agent, make a key with ssh-keygen, or name one (ansible_ssh_private_key_file, --private-key).' })
  }
  return offers
}

async function offerOf(path: string, { name, username, agent }: { name: string; username: string; agent: string | undefined }): Promise<Offer> {
  const text = readIfThere(path)
  if (text === '') throw new ConnectError(`The private key ${path} does not exist, or is empty.`, { host: name, hint: 'Correct ansible_ssh_private_key_file in the inventory, or --private-key.' })
  const parsed = ssh2.utils.parseKey(text)
  if (!(parsed instanceof Error) && parsed.isPrivateKey()) return { name: path, method: { type: 'publickey', username, key: text } }
  const publicKey = parsed instanceof Error ? publicPart(text) ?? publicPart(readIfThere(`${path}.pub`)) : parsed.getPublicSSH()
  // Neither a key with a passphrase nor a public key whose private half an agent holds.
  if (parsed instanceof Error && (publicKey === undefined || !/encrypted/i.test(parsed.message))) {
    throw new ConnectError(`The private key ${path} cannot be used: ${parsed.message}.`, { host: name, hint: 'It must be an OpenSSH or PEM private key. One with a passphrase is taken from ssh-agent (ssh-add); in the older PEM form its .pub must be beside it.' })
  }
  const one = agent === undefined || publicKey === undefined ? undefined : new OneKeyAgent(agent, publicKey)
  if (one && await one.holdsIt()) return { name: `${path}, through ssh-agent`, method: { type: 'agent', username, agent: one } }
  const why = parsed instanceof Error ? 'has a passphrase' : 'is a public key'
  throw new ConnectError(`The key ${path} ${why}, and ${agent === undefined ? 'there is no ssh-agent (SSH_AUTH_SOCK)' : 'ssh-agent does not hold it'}.`, { host: name, hint: `Give it to ssh-agent: ssh-add ${path.replace(/\.pub$/, '')}` })
}

/**
 * The public part of an OpenSSH private key, which no passphrase hides, or of a line of a .pub
 * file.
 */
function publicPart(text: string): Buffer | undefined {
  const line = /^(?:ssh|ecdsa)-\S+ ([A-Za-z0-9+/=]+)/.exec(text)
  if (line) return Buffer.from(line[1] ?? '', 'base64')
  const bytes = Buffer.from(text.replace(/-----[^\n]*-----|\s/g, ''), 'base64')
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  // Cipher, key derivation and its options are length-prefixed strings; then come the number of
  // keys and the first key.
  let at = MAGIC.length
  for (let count = 0; count < 3 && at + 4 <= bytes.length; count += 1) at += 4 + bytes.readUInt32BE(at)
  at += 4
  if (at + 4 > bytes.length) return undefined
  return bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at))
}
