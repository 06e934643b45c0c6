import { PlaybookError } from '../errors.ts'
import type { ModuleCall } from './module.ts'
import { currentPass, currentTask, never, type Pass } from './pass.ts'

/** A module call, or a function that makes one from what earlier tasks gave. */
export type Body<Output> = ModuleCall<Output> | (() => ModuleCall<Output> | Promise<ModuleCall<Output>>)

/** Options of a task. */
export interface TaskOptions {
  /** Handlers to run when this task changed something. */
  notify?: Handler | readonly Handler[]
  /** For `--tags` and `--skip-tags`. The tags `always` and `never` mean what they mean in Ansible. */
  tags?: readonly string[]
  /** The task is left out where this gives false. Evaluated when the task's turn comes, so it may await earlier tasks. */
  when?: () => boolean | Promise<boolean>
  /** What this task writes is written as this user of the host; it is read as root all the same. */
  become?: string
  /** true: show what it would do, never do it, in a real run too. false: only for what merely reads; in check mode anything else fails. */
  checkMode?: boolean
  /**
   * Seconds that the host may stay without an answer while it writes what the task says, or reads what it asks for; then what it was at is ended
   * there, and the task has failed. What the task itself waits for (`timeoutSeconds` of waitFor) comes on top. @default 3600, of reads 300
   */
  timeoutSeconds?: number
  /** A failure is reported, the host goes on, and it does not count for the status of the host. */
  ignoreErrors?: boolean
}

/** Thrown in check mode by an await of what only applying can tell. */
export class ResultNotKnown extends PlaybookError {}

/** Thrown by an await of a task that has no result yet by then, whatever a host is like. */
export class AwaitedTooEarly extends PlaybookError {}

/** Outcome of a task that others may await. */
export type Settled<Output> = { known: true; value: Output } | { known: false }

/** A task of one host. Await it inside a later task's function to get its typed result. */
export class Task<Output> implements PromiseLike<Output> {
  readonly name: string
  readonly body: Body<Output>
  readonly options: TaskOptions
  readonly index: number
  #settled: Settled<Output> | undefined
  #waiting: (() => void)[] = []
  /** Stands for the result while it is not known; learnt from the module. */
  placeholder: Output | undefined
  /** Of a task that the run leaves out (tags): looks whether the host is as it says, which then has its result all the same. */
  lookUp: ((pass: Pass) => Promise<Settled<Output>>) | undefined

  constructor(name: string, body: Body<Output>, options: TaskOptions, index: number) {
    this.name = name
    this.body = body
    this.options = options
    this.index = index
    this.placeholder = typeof body === 'function' ? undefined : body.placeholder
  }

  /** The engine's side: gives (or takes back, before planning anew) what awaits of this task are answered with. */
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
    if (this.lookUp && pass.purpose !== 'ahead') this.#settled = await this.lookUp(pass)
    if (pass.abandoned) return never()
    while (!this.#settled) {
      if (pass.purpose !== 'plan') return this.#standIn(pass)
      await new Promise<void>(resolve => this.#waiting.push(resolve))
      if (pass.abandoned) return never()
    }
    if (this.#settled.known) return this.#settled.value
    if (pass.purpose !== 'plan') return this.#standIn(pass)
    throw new PlaybookError(`The task "${this.name}" gave no result: it was skipped, it failed, or it comes later.`, { hint: 'Give the task that awaits it the same `when`; a task that --tags leaves out has a result only where nothing of it is to be changed.' })
  }

  #standIn({ purpose, unknown, placeholders }: Pass): Output | Promise<Output> {
    unknown.add(this.name)
    if (this.placeholder !== undefined) {
      // A result may be a mere text: its letters, taken one by one, would be found in any name.
      const parts: unknown[] = typeof this.placeholder === 'string' ? [this.placeholder] : Object.values(this.placeholder ?? {})
      for (const text of parts) if (typeof text === 'string') placeholders.push(text)
      return this.placeholder
    }
    if (purpose === 'check') throw new ResultNotKnown(`The result of "${this.name}" is known only after applying.`)
    return never()
  }
}

/** A task without its type, as the engine walks it. */
export type AnyTask = Task<unknown>

/** A handler: a task that runs after the others, once, if one that names it changed something. */
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
