import { setMaxListeners } from 'node:events'
import { whenWrapperIsGone } from './wrappers.ts'

/** What tells a run to stop, with the status that it then ends with (128 and the number of the signal, as shells have it). */
const signals = { SIGINT: { status: 130, name: 'Ctrl-C' }, SIGTERM: { status: 143, name: 'SIGTERM' }, SIGHUP: { status: 129, name: 'SIGHUP' } } as const

/** One press of Ctrl-C reaches a process twice under tsx, which passes it on: what follows sooner than this (milliseconds) is the same one. */
const SAME_MS = 500

/** A run that can be told to stop. */
export interface Stopping {
  signal: AbortSignal
  /** What the process is to exit with, once it was told to stop. */
  status(): number | undefined
  /** Gives the signals back to Node.js. */
  end(): void
}

/**
 * Listens for Ctrl-C, SIGTERM, SIGHUP and the end of the program that started this one. The first of them asks the run to end in order; a
 * second ends the process at once, and the hosts' shells end the scripts that they are at by themselves.
 *
 * @param onStop told of the first, with its name.
 * @param atOnce tidies up what must be, before the process ends.
 */
export function listenForStop(onStop: (reason: string) => void, atOnce: () => void): Stopping {
  const controller = new AbortController()
  // Every host listens for it, however many there are.
  setMaxListeners(0, controller.signal)
  let status: number | undefined
  let since = 0
  const stop = (reason: string, exit: number) => {
    if (status === undefined) {
      status = exit
      since = performance.now()
      controller.abort(reason)
      onStop(reason)
    } else if (performance.now() - since > SAME_MS) {
      atOnce()
      process.exit(status)
    }
  }
  const listeners = Object.entries(signals).map(([signal, { name, status: exit }]) => ({ signal, listener: () => stop(name, exit) }))
  for (const { signal, listener } of listeners) process.on(signal, listener)
  const unwatch = whenWrapperIsGone(() => {
    if (status === undefined) stop('the program that started it is gone', signals.SIGTERM.status)
  })
  return {
    signal: controller.signal,
    status: () => status,
    end() {
      unwatch()
      for (const { signal, listener } of listeners) process.off(signal, listener)
    },
  }
}
