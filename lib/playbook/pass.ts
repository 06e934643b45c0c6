import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * One evaluation of a task's function. What `await onion` does depends on the purpose: ahead of
 * everything, to learn what will be read (placeholders stand in for unknown results), or to plan.
 */
export class Pass {
  /**
   * `ahead`: only to learn what will be read; placeholders stand in for results, and code that
   * awaits a result without one goes no further. `check`: to predict; placeholders again, and a
   * result without one is unknown. `plan`: to apply; results are awaited.
   */
  readonly purpose: 'ahead' | 'check' | 'plan'
  /** Names of the tasks whose outputs were replaced by placeholders in this pass. */
  readonly unknown = new Set<string>()
  /** The strings in those placeholders. */
  readonly placeholders: string[] = []
  /** True where it is not known whether `when` skips the task. */
  uncertain = false
  /** True once the host was written to: whatever this pass still waits for is dropped. */
  abandoned = false

  /** Work on the controller (reading files) after which more is read from the host. */
  readonly busy = new Set<Promise<unknown>>()

  constructor(purpose: Pass['purpose']) {
    this.purpose = purpose
  }
}

/** A promise that never settles: code that awaits it is garbage-collected with it. */
export function never(): Promise<never> {
  return new Promise(() => undefined)
}

/** The pass to which the running code belongs. */
export const currentPass = new AsyncLocalStorage<Pass>()

/** The task (not a handler) that the running code plans. */
export const currentTask = new AsyncLocalStorage<{ name: string; index: number } | undefined>()

/**
 * Makes a pass that looks ahead wait for work on the controller, so that reads after it travel in
 * the same frame.
 */
export function awaited<Result>(work: Promise<Result>): Promise<Result> {
  const busy = currentPass.getStore()?.busy
  busy?.add(work)
  void work.catch(() => undefined).finally(() => busy?.delete(work))
  return work
}
