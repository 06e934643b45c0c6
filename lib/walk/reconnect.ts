import { ConnectionLost } from '../shell/session.ts'
import type { Observer } from './host-walk.ts'
import { stopped } from './stop.ts'

/**
 * Pauses before reconnecting (milliseconds); a host that is lost again after the last one is given
 * up.
 */
const RECONNECT_AFTER_MS = [500, 1000, 2000, 4000, 8000, 16000, 30000]

/** The host of the connection, and what was read over it. */
interface Lost {
  name: string
  observer: Observer
  reader?: { forget: () => void }
}

/**
 * How often a host may be lost in a row before it is given up; progress resets the count. The
 * session limits how long it may be gone.
 */
export class ReconnectBackoff {
  readonly #pauses: readonly number[]
  #lost = 0

  /** @param pauses before each attempt to reconnect in a row (milliseconds). */
  constructor(pauses: readonly number[] = RECONNECT_AFTER_MS) {
    this.#pauses = pauses
  }

  /** After progress: the next loss counts as the first again. */
  renew(): void {
    this.#lost = 0
  }

  /**
   * Waits before the next attempt, and drops what was read; false when the host is given up or the
   * run is to stop.
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

/** Repeats work that a lost connection interrupted and that is safe to repeat. */
export async function withReconnect<Result>(backoff: ReconnectBackoff, lost: Lost, work: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof ConnectionLost) || !(await backoff.waitFor(lost, error))) throw error
    }
  }
}
