import { requestsOf } from '../plan/prefetch.ts'
import type { HostPlay } from '../playbook/playbook.ts'
import type { AnyTask } from '../playbook/task.ts'
import type { Request } from '../state/resource.ts'
import type { HostWalk } from '../walk/host-walk.ts'

/** The tasks to be planned together: at most the window, and only up to the next flush. */
export function tasksUpToFlush(steps: HostPlay['steps'], window: number): AnyTask[] {
  const tasks: AnyTask[] = []
  for (const step of steps) {
    if ('flush' in step || tasks.length >= window) break
    tasks.push(step.task)
  }
  return tasks
}

/**
 * What the next `ahead` tasks read when they were last planned, or the next pending handler, so that
 * it is read in the frame of the change before them.
 */
export function requestsAfter({ asked, play: { handlers } }: HostWalk, steps: HostPlay['steps'], pending: ReadonlySet<string>, ahead: number): Request[] {
  const following: AnyTask[] = []
  for (const step of steps) {
    if (following.length >= ahead) break
    if ('task' in step) following.push(step.task)
    else if (pending.size > 0) break
  }
  if (following.length < ahead) {
    const next = handlers.find(({ name }) => pending.has(name))
    if (next) following.push(next.task)
  }
  return requestsOf(asked, following)
}
