import { randomBytes } from 'node:crypto'
import { ConnectError, SteadError } from '../errors.ts'
import { redact } from '../secret/redact.ts'
import type { Output } from './output.ts'
import { connectPatiently } from '../transport/connect-patiently.ts'
import { NotReachable, type Channel, type Connect, type Connection } from '../transport/transport.ts'
import { endShellScript } from './end-shell.ts'
import { encodeFrame, frameScript, prologue, type FramePart } from './frame.ts'
import { lockScript } from './lock.ts'
import type { Input } from './input.ts'
import type { ReadScript } from './script.ts'
import { ConnectionLost, Shell, TimeOver } from './shell.ts'
import { startCommand } from './start.ts'

/** A part that only reads. */
export interface ReadOnlyPart {
  script: ReadScript
  user?: string
  about?: string
}

/** Seconds that a frame of reads may stay without an answer. */
export const READ_TIMEOUT_SECONDS = 300

/** Seconds that a frame that writes may, where its task says nothing else. */
export const APPLY_TIMEOUT_SECONDS = 3600

/** Seconds that a reconnecting run waits for its own lock: its shell on the host lives on until the script at hand (apt, pip) has ended. */
const OWN_LOCK_WAIT_SECONDS = 1800

/** Seconds that a run waits for itself, where its inventory has one machine under two names. */
const SAME_RUN_WAIT_SECONDS = 6 * 3600

/** Seconds until somebody is told that a frame is waited for. */
const TELL_AFTER_SECONDS = 15

/** What a session needs to begin. */
export interface SessionOptions {
  host: string
  /** root already, through `sudo -n`, or as the login user. */
  become: 'none' | 'sudo'
  /** Who takes the lock, and how long (seconds) it waits for another run; a session that only reads takes none. */
  lock?: { holder: string; waitSeconds: number }
  /** Which run it belongs to, where that has several sessions; letters and digits. */
  run?: string
  /** Seconds within which the host must be reached, at the start and after a loss; default 60. */
  connectTimeoutSeconds?: number
  /** Seconds that reads may stay without an answer; default 300. */
  readTimeoutSeconds?: number
  /** Seconds until it is told that something is waited for; default 15. */
  tellAfterSeconds?: number
  /** Told what is waited for. */
  note?: (message: string) => void
}

/**
 * One persistent shell on a host that only reads: it has no way to send an apply script. The first frame travels in the request
 * that starts the shell, so its answers cost no round trip of their own.
 */
export class ReadSession {
  readonly #connect: Connect
  readonly #options: SessionOptions
  /** Of this session, the same after a reconnection. */
  readonly #id = randomBytes(8).toString('hex')
  #connection: Connection | undefined
  #shell: Shell | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #frames = 0
  #sent = 0
  #received = 0
  #closed = false
  /** Frames that were answered: round trips spent on state. */
  roundTrips = 0
  connectMs = 0

  constructor(connect: Connect, options: SessionOptions) {
    this.#connect = connect
    this.#options = options
  }

  /** Runs reads, one round trip. Rejects with {@link ConnectionLost} when the connection went away, {@link TimeOver} when no answer comes. */
  read(parts: readonly ReadOnlyPart[], { timeoutSeconds = 0 }: { timeoutSeconds?: number } = {}): Promise<Output[]> {
    return this.frame(parts, Math.max(timeoutSeconds, this.#options.readTimeoutSeconds ?? READ_TIMEOUT_SECONDS))
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
  protected frame(parts: readonly FramePart[], timeoutSeconds: number): Promise<Output[]> {
    const answer = this.#turn.then(() => this.#exchange(parts, timeoutSeconds))
    this.#turn = answer.catch(() => undefined)
    return answer
  }

  async #exchange(parts: readonly FramePart[], timeoutSeconds: number): Promise<Output[]> {
    const frame = (this.#frames += 1)
    try {
      this.#refuseClosed()
      const data = this.#shell ? encodeFrame(frame, parts) : await this.#open(frame, parts)
      if (!this.#shell) throw new ConnectError('The session is over.', { host: this.#options.host })
      const { note = () => undefined, tellAfterSeconds = TELL_AFTER_SECONDS } = this.#options
      const outputs = await this.#shell.exchange(frame, data, parts.map(({ about }) => about), { timeoutSeconds, tellAfterSeconds, note })
      this.roundTrips += 1
      return outputs.map(output => ({ ...output, stderr: redact(output.stderr) }))
    } catch (error) {
      // While it is still there: what it has started can be told from others only below it.
      if (error instanceof TimeOver) error.hint = `${await this.#endOnHost(this.#shell?.pid)} A task that needs longer says so: timeoutSeconds.`
      this.#drop()
      throw error
    }
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ConnectError('The session is over.', { host: this.#options.host })
  }

  /** Opens a shell, the frame in the request for it where that can be; gives what of the frame is still to be sent. */
  async #open(frame: number, parts: readonly FramePart[]): Promise<Input[]> {
    const { host, lock, become, run = this.#id, connectTimeoutSeconds, note = () => undefined } = this.#options
    const connection = await connectPatiently(this.#connect, { withinSeconds: connectTimeoutSeconds, note, isOver: () => this.#closed })
    if (this.#closed) connection.close()
    this.#refuseClosed()
    this.#connection = connection
    this.connectMs += connection.connectMs
    const waits = { other: lock?.waitSeconds ?? 0, own: OWN_LOCK_WAIT_SECONDS, sameRun: SAME_RUN_WAIT_SECONDS }
    const begin = [lock ? lockScript({ holder: lock.holder, run, id: this.#id }, waits) : '', prologue].join('\n')
    // Standard input may hold secrets, which no command line may.
    const rides = parts.every(({ stdin }) => !stdin?.length) ? startCommand(`${begin}\n${frameScript(frame, parts)}`, { become, id: this.#id }) : undefined
    const command = rides ?? startCommand(begin, { become, id: this.#id })
    if (command === undefined) throw new SteadError('The script that begins a session is too long for a command.')
    this.#shell = new Shell(await this.#start(connection, command), { host, become, note })
    return rides === undefined ? encodeFrame(frame, parts) : []
  }

  async #start(connection: Connection, command: string): Promise<Channel> {
    try {
      return await connection.start(command)
    } catch (error) {
      // It was there a moment ago: as any other loss.
      if (error instanceof NotReachable) throw new ConnectionLost(error.message, { host: this.#options.host, hint: error.hint })
      throw error
    }
  }

  /** Ends on the host what did not answer in time, over a connection of its own; says what became of it. */
  async #endOnHost(pid: number | undefined): Promise<string> {
    if (pid === undefined) return 'Its shell had not started.'
    const { host, become } = this.#options
    const other = new Session(this.#connect, { host, become, connectTimeoutSeconds: 15 })
    try {
      await other.apply([{ script: endShellScript({ pid, id: this.#id }) }], { timeoutSeconds: 30 })
      return 'What it was at was ended there.'
    } catch (error) {
      return `What it was at may still be running there, and could not be ended: ${error instanceof Error ? error.message : String(error)}`
    } finally {
      other.close()
    }
  }
}

/** A session that may also write. */
export class Session extends ReadSession {
  /** Runs parts in order, apply parts among them, in one round trip. */
  apply(parts: readonly FramePart[], { timeoutSeconds = APPLY_TIMEOUT_SECONDS }: { timeoutSeconds?: number } = {}): Promise<Output[]> {
    return this.frame(parts, timeoutSeconds)
  }
}

export { ConnectionLost, TimeOver } from './shell.ts'
