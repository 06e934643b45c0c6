import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * One evaluation of a task's function. The same `await onion` means different things by why it is evaluated: ahead of everything,
 * only to learn what will be read (then placeholders stand for what is not known), or to plan.
 */
export class Pass {
  /**
   * `ahead`: only to learn what will be read; results are stood for by placeholders, and what has none is never reached.
   * `check`: to foretell; placeholders again, and what has none cannot be told. `plan`: to apply; a result is waited for.
   */
  readonly purpose: 'ahead' | 'check' | 'plan'
  /** Names of the tasks whose outputs were replaced by placeholders in this pass. */
  readonly unknown = new Set<string>()
  /** The texts in those placeholders. */
  readonly placeholders: string[] = []
  /** Whether the task is left out by its `when` is not known. */
  uncertain = false
  /** The host was written to since: whatever this pass still waits for must come to nothing. */
  abandoned = false

  /** Work on the controller (files that are read) after which more is asked of the host. */
  readonly busy = new Set<Promise<unknown>>()

  constructor(purpose: Pass['purpose']) {
    this.purpose = purpose
  }
}

/** A promise for what never comes: code that awaits it is dropped with it. */
export function never(): Promise<never> {
  return new Promise(() => undefined)
}

/** The pass that the running code belongs to. */
export const currentPass = new AsyncLocalStorage<Pass>()

/** The task, no handler, that the running code plans. */
export const currentTask = new AsyncLocalStorage<{ name: string; index: number } | undefined>()

/** Has a pass that only learns what will be read wait for work on the controller, so that what is asked after it travels along. */
export function awaited<Result>(work: Promise<Result>): Promise<Result> {
  const busy = currentPass.getStore()?.busy
  busy?.add(work)
  void work.catch(() => undefined).finally(() => busy?.delete(work))
  return work
}
