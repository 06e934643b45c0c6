import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type AnyAuthMethod, type ServerHostKeyAlgorithm } from 'ssh2'
import { ConnectError } from '../errors.ts'
import type { Host } from '../inventory/host.ts'
import { fingerprint, knownKeyTypes, lookUp } from './known-hosts.ts'
import type { Channel, ChannelEnd, Connection } from './transport.ts'

/** Milliseconds to wait for a host until it counts as down; a link over Tor needs several round trips of a second. */
const READY_TIMEOUT_MS = 60_000
const CONNECT_TIMEOUT_MS = 15_000
/** A silent peer is noticed after three of these (milliseconds). */
const KEEP_ALIVE_MS = 15_000
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa']

/** Signature algorithms for a key type of known_hosts (RFC 8332: an ssh-rsa key signs by rsa-sha2). */
const ALGORITHMS: Record<string, ServerHostKeyAlgorithm[]> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
}

/**
 * Connects to a host by SSH. Its key must be in known_hosts: a key that is not there is refused with how to accept it, and one that
 * has changed is always refused. Only keys (and a password, if the inventory has one) are offered, so that no round trip is lost.
 *
 * @throws ConnectError
 */
export async function connectSsh(host: Host): Promise<Connection> {
  const startedAt = performance.now()
  const hostKeys = new HostKeys(host)
  let methods: Offer[] = []
  const socket = new Socket().setNoDelay(true)
  const client = new ssh2.Client()
  const connected = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve)
    // An error that comes later is told by the channels that it ends.
    client.on('error', (error: Error & { level?: string }) => reject(asConnectError(error, host, hostKeys, methods)))
    client.once('close', () => reject(new ConnectError(`${where(host)} closed the connection before anyone was let in.`, { host: host.name })))
    socket.once('error', error => reject(asConnectError(error, host, hostKeys, methods)))
    socket.setTimeout(CONNECT_TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`)))
    socket.connect(host.port, host.address, () => {
      socket.setTimeout(0)
      try {
        // A host that is down is told before a key that is missing.
        methods = authMethods(host)
      } catch (error) {
        return reject(error instanceof Error ? error : new Error(String(error)))
      }
      client.connect({
        sock: socket,
        username: host.user,
        readyTimeout: READY_TIMEOUT_MS,
        keepaliveInterval: KEEP_ALIVE_MS,
        keepaliveCountMax: 3,
        algorithms: { serverHostKey: hostKeys.algorithms() },
        hostVerifier: (key: Buffer) => hostKeys.accepts(key),
        authHandler: methods.map(({ method }) => method),
      })
    })
  })
  try {
    await connected
  } catch (error) {
    client.end()
    socket.destroy()
    throw error
  }
  return {
    connectMs: performance.now() - startedAt,
    bytesSent: () => socket.bytesWritten,
    bytesReceived: () => socket.bytesRead,
    start: command => start(client, command, host),
    close: () => {
      client.end()
      // Whoever waits for the host's own farewell waits a round trip for nothing.
      socket.destroySoon()
    },
  }
}

function where({ name, address, port }: Host): string {
  return name === address ? `${address} port ${port}` : `${name} (${address} port ${port})`
}

function start(client: ssh2.Client, command: string, host: Host): Promise<Channel> {
  return new Promise((resolve, reject) => {
    const lost = new Promise<ChannelEnd>(gone => {
      client.once('error', error => gone({ lost: error }))
      client.once('close', () => gone({ lost: new Error('the host closed the connection') }))
    })
    client.exec(command, (error, stream) => {
      if (error) return reject(new ConnectError(`The host refused to start a shell: ${error.message}.`, { host: host.name }))
      const closed = new Promise<ChannelEnd>(gone => {
        let end: ChannelEnd = { lost: new Error('the host closed the channel') }
        stream.once('exit', (code: number | null, signal?: string) => (end = { exitCode: code ?? undefined, signal }))
        stream.once('close', () => gone(end))
      })
      resolve({ stdin: stream, stdout: stream, stderr: stream.stderr, ended: Promise.race([closed, lost]) })
    })
    void lost.then(end => reject(new ConnectError(`The connection was lost: ${end.lost?.message ?? ''}.`, { host: host.name })))
  })
}

/** Holds the key that a host shows against known_hosts(5) of ssh. */
class HostKeys {
  readonly #host: Host
  readonly #file: string
  readonly #text: string
  refusal: ConnectError | undefined

  constructor(host: Host) {
    this.#host = host
    this.#file = host.knownHostsFile ?? join(homedir(), '.ssh', 'known_hosts')
    const files = host.knownHostsFile ? [host.knownHostsFile] : [this.#file, '/etc/ssh/ssh_known_hosts']
    this.#text = files.map(readIfThere).join('\n')
  }

  /** Algorithms of known keys first, so that the host shows a key that can be compared. */
  algorithms(): ServerHostKeyAlgorithm[] {
    const all = Object.keys(ALGORITHMS)
    const known = knownKeyTypes(this.#text, this.#host.address, this.#host.port)
    return [...known.filter(type => all.includes(type)), ...all.filter(type => !known.includes(type))].flatMap(type => ALGORITHMS[type] ?? [])
  }

  accepts(key: Buffer): boolean {
    const { address, port, name } = this.#host
    const parsed = ssh2.utils.parseKey(key)
    const type = parsed instanceof Error ? '' : parsed.type
    const verdict = lookUp(this.#text, address, port, type, key.toString('base64'))
    if (verdict === 'known') return true
    const shown = `it shows the ${type} key ${fingerprint(key)}`
    const scan = `ssh-keyscan -p ${port} -t ${type.replace(/^(ssh|ecdsa).*?-?(ed25519|rsa|$).*/, '$2') || 'ecdsa'} ${address} >> ${this.#file}`
    const [message, hint] = verdict === 'unknown'
      ? [`The host key of ${where(this.#host)} is not known: ${shown}.`, `Compare the fingerprint with the host's own (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub, on its console). If it is the same, accept it: ${scan}`]
      : [`The host key of ${where(this.#host)} is ${verdict}: ${shown}, and ${this.#file} says otherwise. Somebody may be listening in.`, `If the host was set up anew, remove the old key (ssh-keygen -R '[${address}]:${port}' -f ${this.#file}) and accept the new one as for an unknown host.`]
    this.refusal = new ConnectError(message, { host: name, hint })
    return false
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw error
  }
}

interface Offer {
  method: AnyAuthMethod
  /** As told in an error. */
  name: string
}

/** What to offer, in order: the key of the inventory alone where it names one; else the agent and the usual keys; last a password. */
function authMethods({ name, user: username, identityFile, password }: Host): Offer[] {
  const key = (path: string, text: string): Offer => {
    const parsed = ssh2.utils.parseKey(text)
    if (parsed instanceof Error) {
      throw new ConnectError(`The private key ${path} cannot be used: ${parsed.message}.`, { host: name, hint: 'A key with a passphrase must be given to ssh-agent (ssh-add); the key must be an OpenSSH or PEM private key.' })
    }
    return { name: path, method: { type: 'publickey', username, key: text } }
  }
  const agent = process.env.SSH_AUTH_SOCK
  const offers: Offer[] = []
  if (identityFile) {
    const text = readIfThere(identityFile)
    if (text === '') throw new ConnectError(`The private key ${identityFile} is not there, or empty.`, { host: name, hint: 'Correct ansible_ssh_private_key_file in the inventory, or --private-key.' })
    offers.push(key(identityFile, text))
  } else {
    if (agent) offers.push({ name: 'ssh-agent', method: { type: 'agent', username, agent } })
    for (const path of DEFAULT_KEYS.map(file => join(homedir(), '.ssh', file))) {
      const text = readIfThere(path)
      if (text !== '' && !(ssh2.utils.parseKey(text) instanceof Error)) offers.push(key(path, text))
    }
  }
  if (password) offers.push({ name: 'password', method: { type: 'password', username, password: password.reveal() } })
  if (offers.length === 0) {
    throw new ConnectError(`There is no key to log in to ${name} with.`, { host: name, hint: 'Start ssh-agent, make a key with ssh-keygen, or name one (ansible_ssh_private_key_file, --private-key).' })
  }
  return offers
}

function asConnectError(error: Error & { level?: string }, host: Host, { refusal }: HostKeys, offers: Offer[]): ConnectError {
  if (refusal) return refusal
  if (error.level === 'client-authentication') {
    return new ConnectError(`${where(host)} does not let ${host.user} in; offered: ${offers.map(({ name }) => name).join(', ')}.`, { host: host.name, hint: `Add the public key to ~${host.user}/.ssh/authorized_keys on the host, or name another user (ansible_user, -u) or key (--private-key).` })
  }
  return new ConnectError(`${where(host)} cannot be reached: ${error.message}.`, { host: host.name, hint: 'Is the host up, and are address and port right? Try: ssh -v ' + `-p ${host.port} ${host.user}@${host.address}` })
}
