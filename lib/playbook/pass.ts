import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * One evaluation of a task's function. The same `await onion` means different things by why it is evaluated: ahead of everything,
 * only to learn what will be read (then placeholders stand for what is not known), or to plan.
 */
export class Pass {
  /** Take placeholders for outputs that are not known: to learn the reads, or in check mode. */
  readonly placeholders: boolean
  /** Names of the tasks whose outputs were replaced by placeholders in this pass. */
  readonly unknown = new Set<string>()
  /** The host was written to since: whatever this pass still waits for must come to nothing. */
  abandoned = false

  constructor(placeholders: boolean) {
    this.placeholders = placeholders
  }
}

/** A promise for what never comes: code that awaits it is dropped with it. */
export function never(): Promise<never> {
  return new Promise(() => undefined)
}

/** The pass that the running code belongs to. */
export const currentPass = new AsyncLocalStorage<Pass>()
