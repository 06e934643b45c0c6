import { setTimeout as sleep } from 'node:timers/promises'
import { NotReachable, type Connect, type Connection } from './transport.ts'

/**
 * Seconds to keep trying a host, attempts and pauses together, unless the inventory says otherwise:
 * enough for a reboot.
 */
export const CONNECT_TIMEOUT_SECONDS = 60

/** The first pause after a failed attempt, doubled up to the longest (milliseconds). */
const FIRST_PAUSE_MS = 500
const LAST_PAUSE_MS = 16_000

/**
 * Connects, and retries while the host is unreachable: it may be booting. A host that refuses (its
 * key, ours, the user) is tried once.
 *
 * @param isOver whether the connection is no longer wanted.
 * @throws ConnectError of the last attempt.
 */
export async function connectPatiently(
  connect: Connect, { withinSeconds = CONNECT_TIMEOUT_SECONDS, note, isOver }: { withinSeconds?: number; note: (message: string) => void; isOver: () => boolean },
): Promise<Connection> {
  const until = Date.now() + withinSeconds * 1000
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
    try {
      return await connect(Math.max(until - Date.now(), 1))
    } catch (error) {
      if (!(error instanceof NotReachable) || isOver() || Date.now() + pause > until) throw error
      note(`${error.message} Trying again in ${pause / 1000} s, until ${new Date(until).toTimeString().slice(0, 8)}.`)
      await sleep(pause)
    }
  }
}
