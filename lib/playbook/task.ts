import { CertainError, PlaybookError } from '../errors.ts'
import type { ModuleCall } from './module.ts'
import { currentPass, currentTask, never, type Pass } from './pass.ts'

/** A module call, or a function that makes one from the results of earlier tasks. */
export type Body<Output> = ModuleCall<Output> | (() => ModuleCall<Output> | Promise<ModuleCall<Output>>)

/** Options of a task. */
export interface TaskOptions {
  /** Handlers to run when this task changed something. */
  notify?: Handler | readonly Handler[]
  /** For `--tags` and `--skip-tags`. `always` and `never` mean the same as in Ansible. */
  tags?: readonly string[]
  /**
   * Skips the task when it returns false. Evaluated at the task's turn, so it may await earlier
   * tasks.
   */
  when?: () => boolean | Promise<boolean>
  /** Writes as this user of the host; reads are still made as root. */
  become?: string
  /**
   * true: only show what it would do, in a real run too. false: run in check mode too, for tasks
   * that only read; others fail there.
   */
  checkMode?: boolean
  /**
   * Seconds that the host may go without an answer while the task reads or writes; then its script
   * is ended and the task fails. What the task itself waits for (`timeoutSeconds` of waitFor) is
   * added.
   * @default 3600, of reads 300
   */
  timeoutSeconds?: number
  /** A failure is reported but ignored: the host goes on, and its status is not affected. */
  ignoreErrors?: boolean
}

/** Thrown in check mode when a task awaits a result that is known only after applying. */
export class ResultNotKnown extends PlaybookError {}

/** Thrown when a task awaits the result of a later one, on any host. */
export class AwaitedTooEarly extends PlaybookError {}

/** The outcome of a task that others may await; `never`: a run will have no result of it either. */
export type Settled<Output> = { known: true; value: Output } | { known: false; never?: true }

/** A task of one host. Await it inside a later task's function to get its typed result. */
export class Task<Output> implements PromiseLike<Output> {
  readonly name: string
  readonly body: Body<Output>
  readonly options: TaskOptions
  readonly index: number
  #settled: Settled<Output> | undefined
  #waiting: (() => void)[] = []
  /** Stands in for the result while that is unknown; it comes from the module. */
  placeholder: Output | undefined
  /**
   * For a task that tags leave out: reads whether the host matches it anyway, which gives its
   * result.
   */
  prefetch: ((pass: Pass) => Promise<Settled<Output>>) | undefined

  constructor(name: string, body: Body<Output>, options: TaskOptions, index: number) {
    this.name = name
    this.body = body
    this.options = options
    this.index = index
    this.placeholder = typeof body === 'function' ? undefined : body.placeholder
  }

  /** For the engine: sets (or takes back, before planning again) what awaiting this task gives. */
  settle(settled: Settled<Output> | undefined): void {
    this.#settled = settled
    const waiting = this.#waiting
    if (settled) this.#waiting = []
    if (settled) for (const wake of waiting) wake()
  }

  then<Result = Output, Failure = never>(
    fulfilled?: ((value: Output) => Result | PromiseLike<Result>) | null,
    rejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Result | Failure> {
    return this.#value().then(fulfilled, rejected)
  }

  async #value(): Promise<Output> {
    const pass = currentPass.getStore()
    if (!pass) {
      throw new PlaybookError(`The result of the task "${this.name}" was awaited outside of a task.`, { hint: 'Await it inside a function: task(\'…\', async () => file({ content: (await earlier).value })).' })
    }
    const asking = currentTask.getStore()
    if (asking && asking.index <= this.index) {
      throw new AwaitedTooEarly(`"${asking.name}" awaits the result of "${this.name}", which ${asking.index === this.index ? 'is itself' : 'comes later'}.`, { hint: 'Put the task that gives the result first.' })
    }
    if (this.prefetch && pass.purpose !== 'ahead') this.#settled = await this.prefetch(pass)
    if (pass.abandoned) return never()
    while (!this.#settled) {
      if (pass.purpose !== 'plan') return this.#standIn(pass)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
      if (pass.abandoned) return never()
    }
    if (this.#settled.known) return this.#settled.value
    if (pass.purpose !== 'plan' && !this.#settled.never) return this.#standIn(pass)
    throw new CertainError(`The task "${this.name}" gave no result: it was skipped, it failed, or it comes later.`, { hint: 'Give the task that awaits it the same `when`; a task that --tags leaves out has a result only where it would change nothing.' })
  }

  #standIn({ purpose, unknown, placeholders }: Pass): Output | Promise<Output> {
    unknown.add(this.name)
    if (this.placeholder !== undefined) {
      // A result may be a string: its single letters would be found in any name.
      const parts: unknown[] = typeof this.placeholder === 'string' ? [this.placeholder] : Object.values(this.placeholder ?? {})
      for (const text of parts) if (typeof text === 'string') placeholders.push(text)
      return this.placeholder
    }
    if (purpose === 'check') throw new ResultNotKnown(`The result of "${this.name}" is known only after applying.`)
    return never()
  }
}

/** A task without its result type, as the engine sees it. */
export type AnyTask = Task<unknown>

/**
 * A handler: a task that runs once, after the others, if a task that notifies it changed something.
 */
export class Handler {
  readonly name: string
  readonly task: Task<void>

  constructor(name: string, body: Body<void>, index: number, options: Pick<TaskOptions, 'become' | 'ignoreErrors' | 'timeoutSeconds'> = {}) {
    this.name = name
    this.task = new Task(name, body, options, index)
  }
}

/** The handlers that a task notifies. */
export function notified({ options: { notify } }: AnyTask): readonly Handler[] {
  if (!notify) return []
  return notify instanceof Handler ? [notify] : notify
}
