import { setMaxListeners } from 'node:events'
import { whenWrapperIsGone } from './wrappers.ts'

/** The signals that stop a run, with the exit status (128 plus the signal number, as in shells). */
const signals = { SIGINT: { status: 130, name: 'Ctrl-C' }, SIGTERM: { status: 143, name: 'SIGTERM' }, SIGHUP: { status: 129, name: 'SIGHUP' } } as const

/**
 * Under tsx, which passes it on, one Ctrl-C arrives twice: a second one within this time
 * (milliseconds) is the same.
 */
const SAME_MS = 500

/** A run that can be stopped. */
export interface Stopping {
  signal: AbortSignal
  /** The exit status, once the run was stopped. */
  status(): number | undefined
  /** Gives the signals back to Node.js. */
  end(): void
}

/**
 * Listens for Ctrl-C, SIGTERM, SIGHUP and the end of the program that started this one. The first
 * asks the run to stop cleanly; a second ends the process at once, and the hosts' shells finish
 * their current scripts alone.
 *
 * @param onStop called for the first, with its name.
 * @param atOnce cleans up before the process ends.
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
