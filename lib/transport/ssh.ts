import { Socket } from 'node:net'
import ssh2 from 'ssh2'
import { ConnectError } from '../errors.ts'
import type { Host } from '../inventory/host.ts'
import { HostKeys, placeOf } from './host-keys.ts'
import { offersOf, type Offer } from './offers.ts'
import { NotReachable, type Channel, type ChannelEnd, type Connection } from './transport.ts'

/**
 * Milliseconds until an attempt is given up; a link over Tor needs several round trips of a second
 * each.
 */
const READY_TIMEOUT_MS = 60_000
const CONNECT_TIMEOUT_MS = 15_000
/**
 * Errors that another attempt will not change: no such name, no such network (codes of Node.js).
 */
const LASTING = new Set(['ENOTFOUND', 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EACCES', 'EPERM'])
/** A silent peer is detected after three of these (milliseconds). */
const KEEP_ALIVE_MS = 15_000

/**
 * Connects to a host by SSH. Its key must be in known_hosts: an unknown key is refused with how to
 * accept it, and a changed one is always refused. Only keys (and a password, if the inventory has
 * one) are offered, so that no round trip is lost.
 *
 * @param withinMs the longest to wait for a silent host (milliseconds).
 * @throws NotReachable where another attempt may succeed, another ConnectError otherwise.
 */
export async function connectSsh(host: Host, withinMs = CONNECT_TIMEOUT_MS): Promise<Connection> {
  const startedAt = performance.now()
  const hostKeys = new HostKeys(host)
  let offers: Offer[] = []
  const socket = new Socket().setNoDelay(true)
  const client = new ssh2.Client()
  const connected = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve)
    // Later errors are reported by the channels that they end.
    client.on('error', (error: Error & { level?: string }) => reject(asConnectError(error, host, hostKeys, offers)))
    client.once('close', () => reject(new NotReachable(`${placeOf(host)} closed the connection before login.`, { host: host.name })))
    socket.once('error', error => reject(asConnectError(error, host, hostKeys, offers)))
    const silence = Math.min(CONNECT_TIMEOUT_MS, Math.max(withinMs, 1000))
    socket.setTimeout(silence, () => socket.destroy(new Error(`no answer within ${Math.round(silence / 1000)} s`)))
    socket.connect(host.port, host.address, () => {
      socket.setTimeout(0)
      // A host that is down is reported before a missing key.
      offersOf(host).then(found => {
        offers = found
        client.connect({
          sock: socket,
          username: host.user,
          readyTimeout: READY_TIMEOUT_MS,
          keepaliveInterval: KEEP_ALIVE_MS,
          keepaliveCountMax: 3,
          algorithms: { serverHostKey: hostKeys.algorithms() },
          hostVerifier: (key: Buffer) => hostKeys.accepts(key),
          authHandler: offers.map(({ method }) => method),
        })
      }).catch(reject)
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
      // Waiting for the host to close would cost a round trip.
      socket.destroySoon()
    },
  }
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
    void lost.then(end => reject(new NotReachable(`The connection was lost: ${end.lost?.message ?? ''}.`, { host: host.name })))
  })
}

function asConnectError(error: Error & { level?: string; code?: string }, host: Host, keys: HostKeys, offers: Offer[]): ConnectError {
  if (keys.refusal) return keys.refusal
  if (error.level === 'client-authentication') {
    return new ConnectError(`${placeOf(host)} does not let ${host.user} in; offered: ${offers.map(({ name }) => name).join(', ')}.`, { host: host.name, hint: `Add the public key to ~${host.user}/.ssh/authorized_keys on the host, or name another user (ansible_user, -u) or key (--private-key).` })
  }
  if (error.message.includes('no matching host key format')) return keys.otherTypes()
  const lasts = LASTING.has(error.code ?? '') || error.level === 'handshake' || error.level === 'protocol'
  return new (lasts ? ConnectError : NotReachable)(`${placeOf(host)} cannot be reached: ${error.message}.`, { host: host.name, hint: 'Is the host up, and are address and port right? Try: ssh -v ' + `-p ${host.port} ${host.user}@${host.address}` })
}
