import { ConnectError } from '../errors.ts'
import { redact } from '../secret/redact.ts'
import type { Output } from '../state/resource.ts'
import type { Channel, ChannelEnd, Connect, Connection } from '../transport/transport.ts'
import { encodeFrame, FrameParser, frameScript, loop, newToken, prologue, type FramePart } from './frame.ts'
import { lockScript, LOCKED } from './lock.ts'
import { quote } from './quote.ts'
import type { ReadScript } from './script.ts'

/** A first frame longer than this (bytes, quoted) goes down the session instead of inside the command, which Linux limits to 128 KiB. */
const COMMAND_LIMIT = 100_000

/** A part that only reads. */
export interface ReadOnlyPart {
  script: ReadScript
  user?: string
}

/** The connection went away; what was under way may or may not have been done. */
export class ConnectionLost extends ConnectError {}

/** Seconds that a reconnecting run waits for its own lock: its shell on the host lives on until the script at hand (apt, pip) has ended. */
const OWN_LOCK_WAIT_SECONDS = 1800

/** What a session needs to begin. */
export interface SessionOptions {
  host: string
  /** root already, through `sudo -n`, or as the login user. */
  become: 'none' | 'sudo'
  /** Who takes the lock; a session that only reads takes none. */
  lock?: { holder: string; waitSeconds: number }
}

/**
 * One persistent shell on a host that only reads: it has no way to send an apply script. The first frame travels in the request
 * that starts the shell, so its answers cost no round trip of their own.
 */
export class ReadSession {
  protected readonly connect: Connect
  protected readonly options: SessionOptions
  #connection: Connection | undefined
  #shell: Shell | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #sent = 0
  #received = 0
  #wasOpen = false
  #closed = false
  /** Frames that were answered: round trips spent on state. */
  roundTrips = 0
  connectMs = 0

  constructor(connect: Connect, options: SessionOptions) {
    this.connect = connect
    this.options = options
  }

  /** Runs reads, one round trip. Rejects with {@link ConnectionLost} when the connection went away. */
  read(parts: readonly ReadOnlyPart[]): Promise<Output[]> {
    return this.frame(parts)
  }

  get bytesSent(): number {
    return this.#sent + (this.#connection?.bytesSent() ?? 0)
  }

  get bytesReceived(): number {
    return this.#received + (this.#connection?.bytesReceived() ?? 0)
  }

  /** Ends it for good: what is still asked is answered by an error, and opens no connection again. */
  close(): void {
    this.#closed = true
    this.#drop()
  }

  #drop(): void {
    this.#sent = this.bytesSent
    this.#received = this.bytesReceived
    this.#connection?.close()
    this.#connection = undefined
    this.#shell = undefined
  }

  /** Frames follow each other: one is sent when the one before it is answered. */
  protected frame(parts: readonly FramePart[]): Promise<Output[]> {
    const answer = this.#turn.then(() => this.#exchange(parts))
    this.#turn = answer.catch(() => undefined)
    return answer
  }

  async #exchange(parts: readonly FramePart[]): Promise<Output[]> {
    try {
      this.#refuseClosed()
      const shell = this.#shell
      const outputs = shell ? await shell.exchange(encodeFrame(parts), parts.length) : await this.#open(parts)
      this.roundTrips += 1
      return outputs.map(output => ({ ...output, stderr: redact(output.stderr) }))
    } catch (error) {
      this.#drop()
      throw error
    }
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ConnectError('The session is over.', { host: this.options.host })
  }

  async #open(parts: readonly FramePart[]): Promise<Output[]> {
    const connection = await this.#connectAgain()
    if (this.#closed) connection.close()
    this.#refuseClosed()
    this.#connection = connection
    this.connectMs += connection.connectMs
    const token = newToken()
    const rides = parts.every(({ stdin }) => !stdin?.length) && Buffer.byteLength(quote(frameScript(parts))) < COMMAND_LIMIT
    const { lock, become } = this.options
    const waitSeconds = this.#wasOpen ? OWN_LOCK_WAIT_SECONDS : lock?.waitSeconds
    const script = [prologue(token), lock && waitSeconds !== undefined ? lockScript({ ...lock, waitSeconds }) : '', rides ? frameScript(parts) : '', loop].join('\n')
    const command = `sh -c ${quote(script)}`
    const channel = await connection.start(become === 'sudo' ? `exec sudo -n -- ${command}` : `exec ${command}`)
    this.#shell = new Shell(channel, token, this.options.host)
    const outputs = await this.#shell.exchange(rides ? [] : encodeFrame(parts), parts.length)
    this.#wasOpen = true
    return outputs
  }

  /** A host that was there a moment ago and cannot be reached now is a lost connection, to be tried again. */
  async #connectAgain(): Promise<Connection> {
    try {
      return await this.connect()
    } catch (error) {
      if (!this.#wasOpen || !(error instanceof ConnectError)) throw error
      throw new ConnectionLost(error.message, { host: this.options.host, hint: error.hint, cause: error })
    }
  }
}

/** A session that may also write. */
export class Session extends ReadSession {
  /** Runs parts in order, apply parts among them, in one round trip. */
  apply(parts: readonly FramePart[]): Promise<Output[]> {
    return this.frame(parts)
  }
}

/** The controller's end of one running shell. */
class Shell {
  readonly #channel: Channel
  readonly #parser: FrameParser
  readonly #host: string
  #stderr = ''
  #end: ChannelEnd | undefined
  #wake: () => void = () => undefined

  constructor(channel: Channel, token: string, host: string) {
    this.#channel = channel
    this.#parser = new FrameParser(token)
    this.#host = host
    channel.stdin.on('error', () => this.#wake())
    channel.stdout.on('data', (chunk: Buffer) => {
      this.#parser.push(chunk)
      this.#wake()
    })
    channel.stderr.on('data', (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-4000)))
    void channel.ended.then(end => {
      this.#end = end
      this.#wake()
    })
  }

  async exchange(data: readonly Buffer[], answers: number): Promise<Output[]> {
    for (const piece of data) await this.#write(piece)
    const outputs: Output[] = []
    while (outputs.length < answers) {
      const output = this.#parser.next()
      if (output) outputs.push(output)
      else if (this.#end) throw this.#ended(this.#end)
      else await new Promise<void>(resolve => (this.#wake = resolve))
    }
    return outputs
  }

  /** Waits while the other side is slow, so that 50 MB do not pile up here. */
  async #write(piece: Buffer): Promise<void> {
    if (this.#end) throw this.#ended(this.#end)
    if (this.#channel.stdin.write(piece)) return
    await Promise.race([new Promise(resolve => this.#channel.stdin.once('drain', resolve)), this.#channel.ended])
  }

  #ended({ exitCode, signal, lost }: ChannelEnd): Error {
    const stderr = redact(this.#stderr.trim())
    if (exitCode === LOCKED) {
      return new ConnectError(`Another run is at work on this host: ${stderr}.`, { host: this.#host, hint: 'Wait until it is done. The lock goes away by itself when that run ends or dies.' })
    }
    if (/^sudo: /m.test(stderr)) {
      return new ConnectError('sudo does not let this user become root without a password.', { host: this.#host, stderr, hint: 'Log in as root, or allow the user NOPASSWD in sudoers(5).' })
    }
    const how = lost ? lost.message : exitCode === undefined ? `the shell was ended by signal ${signal ?? 'unknown'}` : `the shell ended with exit code ${exitCode}`
    return new ConnectionLost(`The connection was lost: ${how}.`, { host: this.#host, stderr })
  }
}
