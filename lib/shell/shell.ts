import { ConnectError, SteadError } from '../errors.ts'
import { redact } from '../secret/redact.ts'
import type { Output } from './output.ts'
import type { Channel, ChannelEnd } from '../transport/transport.ts'
import { FrameParser, OutOfStep } from './frame-parser.ts'
import { piecesOf, type Input } from './input.ts'
import { LOCKED } from './lock.ts'

/** The connection was lost; the current frame may or may not have been carried out. */
export class ConnectionLost extends ConnectError {
  /** It was already gone before anything of the frame was sent, so nothing of it was done. */
  nothingSent = false
}

/** A host did not answer in time. */
export class TimedOut extends SteadError {}

/** How long a frame may take, and when to note that stead is waiting for it (seconds). */
export interface Waiting {
  /** The longest time without a byte from the host or to it. */
  timeoutSeconds: number
  noteAfterSeconds: number
  note: (message: string) => void
}

/** How often to note that stead is still waiting (seconds). */
const NOTE_AGAIN_SECONDS = 60

/** How much is written at once (bytes), so that progress can be observed. */
const PIECE = 256_000

/**
 * How much is kept of the end of a shell's standard error, and how much of that is shown
 * (characters). Less is shown than kept, so that a secret which was cut in two, and can no longer
 * be recognised, is not shown.
 */
const KEPT_STDERR = 64_000
const SHOWN_STDERR = 4000

/** The exit codes with which stead's own script refuses to start; it says why. */
const OWN_REFUSALS = [72, 73, 74]

/**
 * The most that is kept of what a host prints before its shell starts (characters): a greeting of
 * the login shell, or why the shell did not start.
 */
const LONGEST_GREETING = 64_000

const clock = (milliseconds: number): string => new Date(milliseconds).toTimeString().slice(0, 8)

/** A shell that runs on a host: it takes frames and returns answers. */
export class Shell {
  readonly #channel: Channel
  readonly #host: string
  readonly #become: 'none' | 'sudo'
  readonly #note: (message: string) => void
  #parser: FrameParser | undefined
  #greeting = ''
  #stderr = ''
  #end: ChannelEnd | undefined
  #wrong: Error | undefined
  #wake: () => void = () => undefined
  #heardAt = Date.now()
  /** Its process id on the host, once it has started. */
  pid: number | undefined

  constructor(channel: Channel, { host, become, note }: { host: string; become: 'none' | 'sudo'; note: (message: string) => void }) {
    this.#channel = channel
    this.#host = host
    this.#become = become
    this.#note = note
    channel.stdin.on('error', () => this.#wake())
    channel.stdout.on('data', (chunk: Buffer) => {
      this.#heardAt = Date.now()
      if (this.#parser) this.#parser.push(chunk)
      else this.#greet(chunk)
      this.#wake()
    })
    channel.stderr.on('data', (chunk: Buffer) => (this.#stderr = (this.#stderr + chunk.toString()).slice(-KEPT_STDERR)))
    void channel.ended.then(end => {
      this.#end = end
      this.#wake()
    })
  }

  /**
   * Sends frame `number` and returns its answers, one for each of `about`, which says what each
   * part does.
   */
  async exchange(number: number, data: readonly Input[], about: readonly (string | undefined)[], waiting: Waiting): Promise<Output[]> {
    const outputs: Output[] = []
    const startedAt = Date.now()
    let notedAt = startedAt + (waiting.noteAfterSeconds - NOTE_AGAIN_SECONDS) * 1000
    const patiently = async (wait: Promise<unknown>): Promise<void> => {
      const overAt = Math.max(this.#heardAt, startedAt) + waiting.timeoutSeconds * 1000
      const noteAt = notedAt + NOTE_AGAIN_SECONDS * 1000
      await before(Math.min(overAt, noteAt), wait)
      const what = about[outputs.length] ?? 'an answer'
      if (Date.now() >= overAt) throw new TimedOut(`The host has not answered for ${waiting.timeoutSeconds} s: ${what}.`, { host: this.#host })
      if (Date.now() < noteAt) return
      notedAt = Date.now()
      waiting.note(`Waiting for the host since ${clock(startedAt)}: ${what}. stead gives up at ${clock(Math.max(this.#heardAt, startedAt) + waiting.timeoutSeconds * 1000)} if nothing arrives before then.`)
    }
    this.#beforeSending()
    for await (const piece of piecesOf(data, PIECE)) await this.#write(piece, patiently)
    while (outputs.length < about.length) {
      const output = this.#next(number, outputs.length + 1)
      if (output) outputs.push(output)
      else if (this.#end) throw this.#ended(this.#end)
      else await patiently(new Promise<void>(resolve => (this.#wake = resolve)))
    }
    return outputs
  }

  /** A shell that has ended, or is out of step, takes no more frames. */
  #beforeSending(): void {
    try {
      if (this.#end) throw this.#ended(this.#end)
      this.#inStep(() => this.#parser?.begin())
    } catch (error) {
      if (error instanceof ConnectionLost) error.nothingSent = true
      throw error
    }
  }

  #next(frame: number, part: number): Output | undefined {
    return this.#inStep(() => this.#parser?.next(frame, part))
  }

  /** Once a shell has sent output that was not asked for, nothing more is read from it. */
  #inStep<Result>(work: () => Result): Result {
    try {
      if (this.#wrong) throw this.#wrong
      return work()
    } catch (error) {
      if (!(error instanceof OutOfStep)) throw error
      this.#wrong = error
      throw new ConnectionLost(`The host's answers are out of step (${error.message}), so the connection was given up.`, { host: this.#host, hint: 'A background process that a task started still writes to its output. Redirect that output elsewhere.' })
    }
  }

  /**
   * Looks for the line that contains the token. Anything before it comes from the login shell, or
   * says who holds the lock.
   */
  #greet(chunk: Buffer): void {
    const text = this.#greeting + chunk.toString('latin1')
    const begin = /^stead-shell ([0-9a-f-]{36}) (\d+)\n/m.exec(text)
    const greeting = begin ? text.slice(0, begin.index) : text
    const waits = /^stead-waits (own|same-run) (.*)\n/m
    this.#greeting = greeting.slice(-LONGEST_GREETING).replace(new RegExp(waits, 'mg'), (_line, who: string, holder: string) => {
      this.#note(who === 'own'
        ? 'The step that was interrupted by the lost connection is still running on the host; waiting for it to finish.'
        : `This run is already using the same machine under another name; waiting for that to finish: ${Buffer.from(holder, 'latin1').toString()}.`)
      return ''
    })
    if (!begin) return
    this.#parser = new FrameParser(begin[1] ?? '', text => this.#note(redact(text)))
    this.pid = Number(begin[2])
    this.#parser.push(Buffer.from(text.slice(begin.index + begin[0].length), 'latin1'))
  }

  /** Waits while the host is slow to read, so that 50 MB do not pile up here. */
  async #write(piece: Uint8Array, patiently: (wait: Promise<unknown>) => Promise<void>): Promise<void> {
    if (this.#end) throw this.#ended(this.#end)
    if (this.#channel.stdin.write(piece)) return
    let isDrained = false
    const drained = Promise.race([new Promise(resolve => this.#channel.stdin.once('drain', resolve)), this.#channel.ended]).then(() => (isDrained = true))
    while (!isDrained) await patiently(drained)
    this.#heardAt = Date.now()
  }

  #ended(end: ChannelEnd): Error {
    const { exitCode, signal, lost } = end
    // Redacted before it is cut: half a secret would not be recognised.
    const stderr = redact(this.#stderr.trim()).slice(-SHOWN_STDERR)
    if (exitCode === LOCKED && !this.#parser) {
      return new ConnectError(`Another run is using this host: ${stderr}.`, { host: this.#host, hint: 'Wait until it has finished. Its lock is released when it ends or dies.' })
    }
    if (exitCode !== undefined && !this.#parser) return this.#refused(exitCode, stderr)
    const how = lost ? lost.message : exitCode === undefined ? `the shell was ended by signal ${signal ?? 'unknown'}` : `the shell ended with exit code ${exitCode}`
    return new ConnectionLost(`The connection was lost: ${how}.`, { host: this.#host, stderr })
  }

  /**
   * Something other than our shell ran and ended: sudo or the login shell refused, or sshd ran
   * another command instead.
   */
  #refused(exitCode: number, stderr: string): ConnectError {
    const said = redact([Buffer.from(this.#greeting, 'latin1').toString().trim(), stderr].filter(text => text !== '').join('\n'))
    if (this.#become === 'sudo' && sudoRefuses.test(stderr)) {
      return new ConnectError('sudo does not let this user become root without a password.', { host: this.#host, stderr: said, hint: 'Log in as root, or allow the user NOPASSWD in sudoers(5).' })
    }
    return new ConnectError(`The host did not start a shell for stead (exit status ${exitCode}).`, {
      host: this.#host, stderr: said, hint: OWN_REFUSALS.includes(exitCode) ? undefined : "The user's login shell (getent passwd USER) must run commands, and sshd must not force another (ForceCommand, or command= in authorized_keys).",
    })
  }
}

/**
 * What sudo, or the shell that looks for it, prints when it refuses. Mere warnings, such as a host
 * name that it cannot resolve, do not count.
 */
const sudoRefuses = /^(?:sudo: .*(?:password is required|terminal is required|must have a tty|unknown user|sudoers|account validation|PERM_)|.* is not (?:in the sudoers file|allowed to (?:run sudo|execute))|.*sudo: (?:command )?not found|Sorry, user )/m

/** Waits for a promise, but not beyond a time (milliseconds since the epoch). */
async function before(time: number, wait: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, Math.min(Math.max(time - Date.now(), 0), 2 ** 31 - 1))))
  await Promise.race([wait, late])
  clearTimeout(timer)
}
