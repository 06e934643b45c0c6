import { posix } from 'node:path'
import type { PlannedWant, TaskPlan } from '../plan/plan-task.ts'
import type { AnyTask } from '../playbook/task.ts'
import { Content } from '../state/content.ts'
import { isBelow, overlap } from '../text/overlap.ts'

/** A task and its plan. */
export interface PlannedTask {
  task: AnyTask
  plan: TaskPlan
}

/**
 * How many tasks travel in one frame, and how many bytes they may write: Ctrl-C, and the report of
 * the first of them, wait for the whole frame.
 */
export const MOST_TASKS = 64
const MOST_BYTES = 1_000_000

/** Kinds that only say who owns a file. What stands alone does not change them. */
const accounts = new Set<string>(['user', 'group', 'account-number'])

/**
 * The tasks right after one that can be applied in its frame, of those that are planned by now.
 *
 * @param plans the tasks after it in order, each with its plan once that is complete.
 */
export async function companyOf(first: PlannedTask, plans: readonly { task: AnyTask; ready?: TaskPlan }[]): Promise<PlannedTask[]> {
  if (!qualifies(first)) return []
  // Plans that were made from the same answers are complete one tick later.
  await new Promise(resolve => setImmediate(resolve))
  const following: PlannedTask[] = []
  for (const { task, ready } of plans) {
    if (!ready) break
    following.push({ task, plan: ready })
  }
  return following.slice(0, together([first, ...following]) - 1)
}

/**
 * How many of the tasks, from the first one on, can be applied in one frame with the same result as
 * one after the other. Only files and directories qualify, and only if their plans looked at
 * nothing but themselves, what is above them, and accounts; none may be at, below or above another.
 * So an earlier task of the frame cannot make the plan of a later one out of date.
 */
function together([first, ...following]: readonly [PlannedTask, ...PlannedTask[]]): number {
  const taken = placesOf(first.plan)
  let bytes = bytesOf(first.plan)
  let count = 1
  for (const next of following) {
    bytes += bytesOf(next.plan)
    if (count === MOST_TASKS || bytes > MOST_BYTES || !qualifies(next)) break
    const places = placesOf(next.plan)
    if (places.some(place => taken.some(other => overlap(place, other)))) break
    taken.push(...places)
    count += 1
  }
  return count
}

/** Whether everything that a task writes stands alone, and nothing else went into its plan. */
function qualifies({ task: { body, options }, plan: { skipped, wants, seen } }: PlannedTask): boolean {
  const { ignoreErrors, checkMode, become, timeoutSeconds, when } = options
  if (skipped || typeof body === 'function' || ignoreErrors || checkMode !== undefined || become !== undefined || timeoutSeconds !== undefined || when) return false
  const paths = wants.map(identityOf)
  return wants.length > 0 && wants.every(standsAlone)
    && seen.every(({ request: { resource, key } }) => accounts.has(resource.kind) || (resource.kind === 'file' && paths.some(path => path === resource.identify(key) || isBelow(path, resource.identify(key)))))
}

function standsAlone({ want: { resource, key, desired }, current }: PlannedWant): boolean {
  return resource.standsAlone?.(key, current, desired) ?? false
}

function identityOf({ want: { resource, key } }: PlannedWant): string {
  return resource.identify(key)
}

/** Where a plan writes, without links on the way: two paths may lead to one file. */
function placesOf({ wants, seen }: TaskPlan): string[] {
  const known = new Map(seen.flatMap(({ request: { resource, key }, state }) => (state === null ? [] : [[resource.identify(key), state.real]])))
  const real = (path: string): string => {
    const found = known.get(path)
    return typeof found === 'string' ? found : known.has(path) || posix.dirname(path) === path ? path : posix.join(real(posix.dirname(path)), posix.basename(path))
  }
  return wants.map(planned => real(identityOf(planned)))
}

function bytesOf({ wants }: TaskPlan): number {
  return wants.flatMap(({ want: { desired } }) => Object.values(desired ?? {})).reduce<number>((sum, value) => sum + (value instanceof Content ? value.size : 0), 0)
}
