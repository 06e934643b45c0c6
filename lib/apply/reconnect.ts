import type { ConnectionLost } from '../shell/session.ts'
import type { HostWalk } from './host.ts'

/** Waits before a lost connection is made anew (milliseconds); after the last of them the host is given up. */
const RECONNECT_AFTER_MS = [500, 1000, 2000, 4000, 8000, 16000, 30000]

/** How often a host may be lost before it is given up: counted since something was last done on it. */
export class Patience {
  #lost = 0

  /** Something was done: the next loss is the first again. */
  renew(): void {
    this.#lost = 0
  }

  /** Waits until the host is to be tried again, and forgets what was read of it; false when it is given up. */
  async waitFor({ reader, observer, name }: HostWalk, error: ConnectionLost): Promise<boolean> {
    const wait = RECONNECT_AFTER_MS[this.#lost]
    if (wait === undefined) return false
    this.#lost += 1
    reader.forget()
    observer.note(name, `${error.message} Connecting again in ${wait / 1000} s (try ${this.#lost} of ${RECONNECT_AFTER_MS.length}).`)
    await new Promise(resolve => setTimeout(resolve, wait))
    return true
  }
}
