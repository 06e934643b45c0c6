import type { TaskReport } from '../report/report.ts'
import type { Session } from '../shell/session.ts'
import type { HostWalk } from './host-walk.ts'
import { clearLeftovers, parseLeftovers, type Leftover } from '../shell/temporary.ts'

/** Reports the cleanup after an interrupted run, in a run or a check, as a task of its own. */
export function tidyUpReport(leftovers: readonly Leftover[], durationMs = 0): TaskReport {
  const changes = leftovers.map(({ name, what }) => ({ resource: `temporary[${name}]`, diff: `${what}: present → absent` }))
  return { name: 'Clean up after an interrupted run', module: 'stead', status: 'change', changes, durationMs }
}

/**
 * Cleans up what interrupted runs left on the host; undefined where they left nothing. Earlier
 * reads are repeated.
 */
export async function tidyUp(session: Session, { reader }: HostWalk): Promise<TaskReport | undefined> {
  const startedAt = performance.now()
  const [output] = await session.apply([{ script: clearLeftovers }])
  const taken = output ? parseLeftovers(output) : []
  if (taken.length === 0) return undefined
  reader.forget()
  return tidyUpReport(taken, performance.now() - startedAt)
}
