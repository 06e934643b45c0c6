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
import { ConnectionLost, Shell, TimedOut } from './shell.ts'
import { startCommand } from './start.ts'

/** A part that only reads. */
export interface ReadOnlyPart {
  script: ReadScript
  user?: string
  about?: string
}

/** How long a frame of reads may go without an answer (seconds). */
export const READ_TIMEOUT_SECONDS = 300

/**
 * How long a frame that writes may go without an answer (seconds), unless its task sets a limit.
 */
export const APPLY_TIMEOUT_SECONDS = 3600

/**
 * How long a reconnecting run waits for its own lock (seconds): its shell on the host lives on
 * until the current script (apt, pip) ends.
 */
const OWN_LOCK_WAIT_SECONDS = 1800

/**
 * How long a run waits for itself (seconds), where its inventory has one machine under two names.
 */
const SAME_RUN_WAIT_SECONDS = 6 * 3600

/** Seconds until the first note that stead is waiting for a frame. */
const NOTE_AFTER_SECONDS = 15

/** What a session needs to start. */
export interface SessionOptions {
  host: string
  /** How to become root: `none` runs everything as the login user, `sudo` uses `sudo -n`. */
  become: 'none' | 'sudo'
  /**
   * Who takes the lock, and how long to wait for another run (seconds). A session that only reads
   * takes no lock.
   */
  lock?: { holder: string; waitSeconds: number }
  /** Id of the run that it belongs to, if that has several sessions; letters and digits. */
  run?: string
  /**
   * How long to try to reach the host, at the start and after a lost connection (seconds); default
   * 60.
   */
  connectTimeoutSeconds?: number
  /**
   * Whether content that is only shown is fetched; default true. Content that is edited always is.
   */
  contents?: boolean
  /** How long reads may go without an answer (seconds); default 300. */
  readTimeoutSeconds?: number
  /** Seconds until the first note that stead is waiting; default 15. */
  noteAfterSeconds?: number
  /** Called with what stead is waiting for. */
  note?: (message: string) => void
}

/**
 * One persistent shell on a host, only for reading: it has no method that sends an apply script.
 * The first frame travels in the request that starts the shell, so its answers cost no extra round
 * trip.
 */
export class ReadSession {
  readonly #connect: Connect
  readonly #options: SessionOptions
  /** Id of this session, the same after reconnecting. */
  readonly #id = randomBytes(8).toString('hex')
  #connection: Connection | undefined
  #shell: Shell | undefined
  #turn: Promise<unknown> = Promise.resolve()
  #frames = 0
  #sent = 0
  #received = 0
  #closed = false
  /** Number of answered frames: the round trips spent on state. */
  roundTrips = 0
  connectMs = 0

  constructor(connect: Connect, options: SessionOptions) {
    this.#connect = connect
    this.#options = options
  }

  /**
   * Runs reads in one round trip. Rejects with {@link ConnectionLost} if the connection is lost,
   * with {@link TimedOut} if no answer comes in time.
   */
  read(parts: readonly ReadOnlyPart[], { timeoutSeconds = 0 }: { timeoutSeconds?: number } = {}): Promise<Output[]> {
    return this.frame(parts, Math.max(timeoutSeconds, this.#options.readTimeoutSeconds ?? READ_TIMEOUT_SECONDS))
  }

  get bytesSent(): number {
    return this.#sent + (this.#connection?.bytesSent() ?? 0)
  }

  get bytesReceived(): number {
    return this.#received + (this.#connection?.bytesReceived() ?? 0)
  }

  /** Closes it for good: anything still pending fails, and no new connection is opened. */
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

  /** Sends one frame at a time: the next goes out once the one before it is answered. */
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
      if (!this.#shell) throw new ConnectError('The session is closed.', { host: this.#options.host })
      const { note = () => undefined, noteAfterSeconds = NOTE_AFTER_SECONDS } = this.#options
      const outputs = await this.#shell.exchange(frame, data, parts.map(({ about }) => about), { timeoutSeconds, noteAfterSeconds, note })
      this.roundTrips += 1
      return outputs.map(output => ({ ...output, stderr: redact(output.stderr) }))
    } catch (error) {
      // While it still runs: its processes can be identified only as descendants of it.
      if (error instanceof TimedOut) error.hint = `${await this.#endOnHost(this.#shell?.pid)} If the task needs longer, set its timeoutSeconds.`
      this.#drop()
      throw error
    }
  }

  #refuseClosed(): void {
    if (this.#closed) throw new ConnectError('The session is closed.', { host: this.#options.host })
  }

  /**
   * Opens a shell, with the frame in the request if possible. Returns what is still to be sent of
   * the frame.
   */
  async #open(frame: number, parts: readonly FramePart[]): Promise<Input[]> {
    const { host, lock, become, run = this.#id, contents = true, connectTimeoutSeconds, note = () => undefined } = this.#options
    const connection = await connectPatiently(this.#connect, { withinSeconds: connectTimeoutSeconds, note, isOver: () => this.#closed })
    if (this.#closed) connection.close()
    this.#refuseClosed()
    this.#connection = connection
    this.connectMs += connection.connectMs
    const waits = { other: lock?.waitSeconds ?? 0, own: OWN_LOCK_WAIT_SECONDS, sameRun: SAME_RUN_WAIT_SECONDS }
    const begin = [contents ? '' : 'no_contents=1', lock ? lockScript({ holder: lock.holder, run, id: this.#id }, waits) : '', prologue].join('\n')
    // Standard input may contain secrets; a command line must not.
    const rides = parts.every(({ stdin }) => !stdin?.length) ? startCommand(`${begin}\n${frameScript(frame, parts)}`, { become, id: this.#id }) : undefined
    const command = rides ?? startCommand(begin, { become, id: this.#id })
    if (command === undefined) throw new SteadError('The script that starts a session is too long for a command.')
    this.#shell = new Shell(await this.#start(connection, command), { host, become, note })
    return rides === undefined ? encodeFrame(frame, parts) : []
  }

  async #start(connection: Connection, command: string): Promise<Channel> {
    try {
      return await connection.start(command)
    } catch (error) {
      // The host was reachable a moment ago, so this is a lost connection like any other.
      if (error instanceof NotReachable) throw new ConnectionLost(error.message, { host: this.#options.host, hint: error.hint })
      throw error
    }
  }

  /**
   * Ends the frame that did not answer in time, over a separate connection to its host. Returns
   * what happened, as a sentence.
   */
  async #endOnHost(pid: number | undefined): Promise<string> {
    if (pid === undefined) return 'Its shell had not started.'
    const { host, become } = this.#options
    const other = new Session(this.#connect, { host, become, connectTimeoutSeconds: 15 })
    try {
      await other.apply([{ script: endShellScript({ pid, id: this.#id }) }], { timeoutSeconds: 30 })
      return 'Its script was ended on the host.'
    } catch (error) {
      return `Its script may still be running on the host, since it could not be ended: ${error instanceof Error ? error.message : String(error)}`
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

export { ConnectionLost, TimedOut } from './shell.ts'
