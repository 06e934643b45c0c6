import { batch, requestIdentity, type Answer, type ReadPart } from './batch.ts'
import { sameValue } from './compare.ts'
import type { Request, Resource, State } from './resource.ts'
import type { Output } from '../shell/output.ts'

/** Sends one frame of reads and returns the outputs in the same order. */
export type SendReads = (parts: readonly ReadPart[]) => Promise<Output[]>

interface Waiting {
  request: Request
  settle: (answer: Answer) => void
}

/**
 * Reads states: all that are requested within one tick travel in one frame. What was read stays
 * known until something is written ({@link forget}); nothing read before a change is used after it.
 */
export class Reader {
  readonly #send: SendReads
  /** Check mode's overlay: its answer to a request takes precedence over the host's. */
  foretold: (request: Request) => State | null | undefined = () => undefined
  /** How check mode's overlay adjusts the host's answer, including "does not exist". */
  adjusted: (request: Request, answer: State | null) => State | null = (_request, answer) => answer
  #known = new Map<string, Answer>()
  #waiting: Waiting[] = []
  #scheduled = false

  constructor(send: SendReads) {
    this.#send = send
  }

  /**
   * The current state of `key`, or null if it does not exist. Rejects with the reason if the read
   * fails.
   */
  current<Key, Current extends State, Desired extends State>(resource: Resource<Key, Current, Desired>, key: Key): Promise<Current | null> {
    return new Promise((resolve, reject) => {
      const deliver = { to(state: Current | null) { resolve(state) } }
      const settle = (answer: Answer) => (answer instanceof Error ? reject(answer) : hand(deliver, answer))
      this.#ask({ request: { resource, key }, settle })
    })
  }

  /**
   * Forgets everything, since the host was written to. `answers` were read after the write, in the
   * same frame.
   */
  forget(answers: ReadonlyMap<string, Answer> = new Map()): void {
    this.#known = new Map(answers)
  }

  /**
   * Forgets the reads that failed ahead of their turn, so that they are repeated. Returns whether
   * there were any. A failure of a read by {@link current} is never kept.
   */
  forgetErrors(): boolean {
    const failed = [...this.#known].filter(([, answer]) => answer instanceof Error)
    for (const [id] of failed) this.#known.delete(id)
    return failed.length > 0
  }

  /** Adds answers that came with another frame. */
  learn(answers: ReadonlyMap<string, Answer>): void {
    for (const [id, answer] of answers) this.#known.set(id, answer)
  }

  #ask(asked: Waiting): void {
    const foretold = this.foretold(asked.request)
    if (foretold !== undefined && answersKey(foretold, asked.request)) return asked.settle(foretold)
    const waiting: Waiting = {
      request: asked.request,
      settle: answer => asked.settle(answer instanceof Error ? answer : foretold ? laidOver(answer, foretold) : this.adjusted(asked.request, answer)),
    }
    const known = this.#known.get(requestIdentity(waiting.request))
    if (known !== undefined && answersKey(known, waiting.request)) return waiting.settle(known)
    this.#waiting.push(waiting)
    if (this.#scheduled) return
    this.#scheduled = true
    // Planning only computes between reads, so after two turns of the event loop every task has
    // made its requests.
    setImmediate(() => setImmediate(() => void this.#dispatch()))
  }

  async #dispatch(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    this.#scheduled = false
    const { parts, parse } = batch(waiting.map(({ request }) => request))
    try {
      const answers = parse(await this.#send(parts))
      for (const [id, answer] of answers) if (!(answer instanceof Error)) this.#known.set(id, answer)
      for (const { request, settle } of waiting) settle(answers.get(requestIdentity(request)) ?? null)
    } catch (error) {
      for (const { settle } of waiting) settle(error instanceof Error ? error : new Error(String(error)))
    }
  }
}

function answersKey(answer: Answer, { resource, key }: Request): boolean {
  if (answer === null || answer instanceof Error) return true
  return resource.answers?.(answer, key) ?? true
}

/**
 * The foretold fields, and the host's for the rest. Of two equal values the host's is used, which
 * may be fuller.
 */
function laidOver(host: State | null, foretold: State): State {
  return { ...host, ...Object.fromEntries(Object.entries(foretold).filter(([field, value]) => !sameValue(value, host?.[field]))) }
}

/**
 * Passes a state of hidden type to a caller that knows its type; both come from the same resource.
 */
export function hand(deliver: { to(state: State | null): void }, state: State | null): void {
  deliver.to(state)
}
