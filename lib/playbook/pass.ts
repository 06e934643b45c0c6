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
  /** The host was written to since: whatever this pass still waits for must come to nothing. */
  abandoned = false

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
