import { SteadError } from '../errors.ts'

/** The run was told to stop: work in progress has finished, and nothing new starts. */
export class Interrupted extends SteadError {
  constructor(reason: unknown, before: string) {
    super(`Stopped (${String(reason)}) before ${before}.`, { hint: 'Everything above was done. Run it again to continue from here; pending handlers are recorded on the host.' })
  }
}

/** @throws Interrupted when the run was told to stop. */
export function refuseStopped(stop: AbortSignal | undefined, before: string): void {
  if (stop?.aborted) throw new Interrupted(stop.reason, before)
}

/** Resolves when the run is told to stop; never without a signal. */
export function stopped(stop: AbortSignal | undefined): Promise<void> {
  return new Promise(resolve => {
    if (stop?.aborted) resolve()
    else stop?.addEventListener('abort', () => resolve(), { once: true })
  })
}
