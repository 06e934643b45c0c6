import { existsSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'

/** What the private network's client reports. */
export interface ClientState {
  /** Progress of bootstrapping, in per cent. */
  bootstrapped: number
  /** Whether it has built a circuit. */
  circuit: boolean
  /** When its consensus expires, in milliseconds since 1970; undefined if it has none. */
  validUntil: number | undefined
}

/** Parses the replies to one GETINFO (control-spec.txt, section 3.9). */
export function parseClientState(reply: string): ClientState {
  const bootstrapped = /PROGRESS=(\d+)/.exec(reply)?.[1]
  const validUntil = /consensus\/valid-until=(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/.exec(reply)
  return {
    bootstrapped: Number(bootstrapped ?? 0),
    circuit: /circuit-established=1/.test(reply),
    validUntil: validUntil ? Date.parse(`${validUntil[1]}T${validUntil[2]}Z`) : undefined,
  }
}

/**
 * Asks the client over its control socket. Undefined if it does not answer within `timeoutMs`: it
 * is not running, or just starting. Takes about 2 ms.
 * @param dir the client's data directory.
 */
export function askClient(dir: string, timeoutMs = 500): Promise<ClientState | undefined> {
  const cookieFile = path.join(dir, 'control_auth_cookie')
  if (!existsSync(cookieFile)) return Promise.resolve(undefined)
  const cookie = readFileSync(cookieFile).toString('hex')
  return new Promise((resolve) => {
    const socket = connect({ path: path.join(dir, 'control') })
    let reply = ''
    const end = (state: ClientState | undefined): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(state)
    }
    const timer = setTimeout(() => { end(undefined) }, timeoutMs)
    socket.setEncoding('utf8').on('data', (text: string) => { reply += text })
    socket.once('error', () => { end(undefined) })
    socket.once('close', () => { end(/^250[ -]status\/bootstrap-phase/m.test(reply) ? parseClientState(reply) : undefined) })
    // One GETINFO each: a key without a value makes the whole command fail, and valid-until has
    // none before the first consensus.
    socket.write(`AUTHENTICATE ${cookie}\r\nGETINFO status/bootstrap-phase\r\nGETINFO status/circuit-established\r\nGETINFO consensus/valid-until\r\nQUIT\r\n`)
  })
}
