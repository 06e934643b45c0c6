import { ConnectError, SteadError } from '../errors.ts'
import { redact } from '../secret/redact.ts'
import type { Output } from './output.ts'
import type { Channel, ChannelEnd } from '../transport/transport.ts'
import { FrameParser, OutOfStep } from './frame-parser.ts'
import { piecesOf, type Input } from './input.ts'
import { LOCKED } from './lock.ts'

/** The connection went away; what was under way may or may not have been done. */
export class ConnectionLost extends ConnectError {
  /** It was found to be gone before anything of the frame was sent: nothing of that was done. */
  nothingSent = false
}

/** A host did not answer in time. */
export class TimeOver extends SteadError {}

/** How long a frame may take, and when somebody is told that it is waited for (seconds). */
export interface Waiting {
  /** Without a byte from the host, or to it. */
  timeoutSeconds: number
  tellAfterSeconds: number
  note: (message: string) => void
}

/** How often it is told that something is still waited for (seconds). */
const TELL_AGAIN_SECONDS = 60

/** What is written at once (bytes), so that progress is seen. */
const PIECE = 256_000

/** Of what a shell says on its standard error the end is kept, and less of it shown (characters): a secret that the first cut goes through is not shown. */
const KEPT_STDERR = 64_000
const SHOWN_STDERR = 4000

/** Exit codes with which stead's own script gives up before it has begun; it says why. */
const OWN_REFUSALS = [72, 73, 74]

/** What a host says before its shell has begun, at most (characters): a greeting of the login shell, or why there is none. */
const LONGEST_GREETING = 64_000

const clock = (milliseconds: number): string => new Date(milliseconds).toTimeString().slice(0, 8)

/** A shell that runs on a host: takes frames, gives answers. */
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
  /** Its process id on the host, once it has begun. */
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

  /** Sends frame `number` and gives its answers, one for each of `about`: what the parts are about. */
  async exchange(number: number, data: readonly Input[], about: readonly (string | undefined)[], waiting: Waiting): Promise<Output[]> {
    const outputs: Output[] = []
    const startedAt = Date.now()
    let toldAt = startedAt + (waiting.tellAfterSeconds - TELL_AGAIN_SECONDS) * 1000
    const patiently = async (wait: Promise<unknown>): Promise<void> => {
      const overAt = Math.max(this.#heardAt, startedAt) + waiting.timeoutSeconds * 1000
      const tellAt = toldAt + TELL_AGAIN_SECONDS * 1000
      await before(Math.min(overAt, tellAt), wait)
      const what = about[outputs.length] ?? 'an answer'
      if (Date.now() >= overAt) throw new TimeOver(`The host has not answered for ${waiting.timeoutSeconds} s: ${what}.`, { host: this.#host })
      if (Date.now() < tellAt) return
      toldAt = Date.now()
      waiting.note(`Waiting for the host since ${clock(startedAt)}: ${what}. It is given up at ${clock(Math.max(this.#heardAt, startedAt) + waiting.timeoutSeconds * 1000)} if nothing comes until then.`)
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

  /** What is over, or out of step, takes no frame any more. */
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

  /** A shell that says what was not asked is not listened to any longer. */
  #inStep<Result>(work: () => Result): Result {
    try {
      if (this.#wrong) throw this.#wrong
      return work()
    } catch (error) {
      if (!(error instanceof OutOfStep)) throw error
      this.#wrong = error
      throw new ConnectionLost(`The host's answers are out of step (${error.message}), so the connection was given up.`, { host: this.#host, hint: 'Something that a part started in the background still writes to its output: send that elsewhere.' })
    }
  }

  /** Looks for the line with which the host gives the token; what comes before it is the login shell's, or says who holds the lock. */
  #greet(chunk: Buffer): void {
    const text = this.#greeting + chunk.toString('latin1')
    const begin = /^stead-shell ([0-9a-f-]{36}) (\d+)\n/m.exec(text)
    const greeting = begin ? text.slice(0, begin.index) : text
    const waits = /^stead-waits (own|same-run) (.*)\n/m
    this.#greeting = greeting.slice(-LONGEST_GREETING).replace(new RegExp(waits, 'mg'), (_line, who: string, holder: string) => {
      this.#note(who === 'own'
        ? 'The step that the lost connection left at work on the host has not ended yet; waiting for it.'
        : `This run is at work on the same machine under another name; waiting until that is done: ${Buffer.from(holder, 'latin1').toString()}.`)
      return ''
    })
    if (!begin) return
    this.#parser = new FrameParser(begin[1] ?? '', text => this.#note(redact(text)))
    this.pid = Number(begin[2])
    this.#parser.push(Buffer.from(text.slice(begin.index + begin[0].length), 'latin1'))
  }

  /** Waits while the other side is slow, so that 50 MB do not pile up here. */
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
    // Redacted before it is cut: half a secret would not be known for one.
    const stderr = redact(this.#stderr.trim()).slice(-SHOWN_STDERR)
    if (exitCode === LOCKED && !this.#parser) {
      return new ConnectError(`Another run is at work on this host: ${stderr}.`, { host: this.#host, hint: 'Wait until it is done. The lock goes away by itself when that run ends or dies.' })
    }
    if (exitCode !== undefined && !this.#parser) return this.#refused(exitCode, stderr)
    const how = lost ? lost.message : exitCode === undefined ? `the shell was ended by signal ${signal ?? 'unknown'}` : `the shell ended with exit code ${exitCode}`
    return new ConnectionLost(`The connection was lost: ${how}.`, { host: this.#host, stderr })
  }

  /** Something else than our shell was started, and ended: sudo said no, or the login shell, or what sshd starts in its place. */
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

/** What sudo, or the shell that looks for it, says when it lets nobody in; not what it merely warns of, as a host name that it cannot resolve. */
const sudoRefuses = /^(?:sudo: .*(?:password is required|terminal is required|must have a tty|unknown user|sudoers|account validation|PERM_)|.* is not (?:in the sudoers file|allowed to (?:run sudo|execute))|.*sudo: (?:command )?not found|Sorry, user )/m

/** Waits for something, but not longer than to a time (milliseconds since the epoch). */
async function before(time: number, wait: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => (timer = setTimeout(resolve, Math.min(Math.max(time - Date.now(), 0), 2 ** 31 - 1))))
  await Promise.race([wait, late])
  clearTimeout(timer)
}
