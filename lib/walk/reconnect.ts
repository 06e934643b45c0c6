import { ConnectionLost } from '../shell/session.ts'
import type { Observer } from './host-walk.ts'
import { stopped } from './stop.ts'

/**
 * Pauses before a lost connection is made anew (milliseconds); a host that is lost again after the
 * last of them is given up.
 */
const RECONNECT_AFTER_MS = [500, 1000, 2000, 4000, 8000, 16000, 30000]

/** Whose connection it is, and what was read over it. */
interface Lost {
  name: string
  observer: Observer
  reader?: { forget: () => void }
}

/**
 * How often a host may be lost before it is given up: counted since something was last done on it.
 * How long it may be gone is the session's.
 */
export class ReconnectBackoff {
  readonly #pauses: readonly number[]
  #lost = 0

  /** @param pauses before each loss in a row is followed by another attempt (milliseconds). */
  constructor(pauses: readonly number[] = RECONNECT_AFTER_MS) {
    this.#pauses = pauses
  }

  /** Something was done: the next loss is the first again. */
  renew(): void {
    this.#lost = 0
  }

  /**
   * Waits until the host is to be tried again, and forgets what was read of it; false when it is
   * given up, or the run is to stop.
   */
  async waitFor({ reader, observer, name }: Lost, error: ConnectionLost): Promise<boolean> {
    reader?.forget()
    const wait = this.#pauses[this.#lost]
    if (wait === undefined || observer.stop?.aborted) return false
    this.#lost += 1
    observer.note(name, `${error.message} Connecting again in ${wait / 1000} s (loss ${this.#lost} of at most ${this.#pauses.length} in a row).`)
    let timer: NodeJS.Timeout | undefined
    await Promise.race([new Promise(resolve => (timer = setTimeout(resolve, wait))), stopped(observer.stop)])
    clearTimeout(timer)
    return !observer.stop?.aborted
  }
}

/** Does again what a lost connection cut off, and what may be done twice. */
export async function withReconnect<Result>(backoff: ReconnectBackoff, lost: Lost, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ConnectionLost) || !(await backoff.waitFor(lost, error))) throw error
    }
  }
}
