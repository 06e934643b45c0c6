import type { TaskPlan } from '../plan/plan-task.ts'
import type { AnyTask } from '../playbook/task.ts'
import { showDifferences } from '../report/diff.ts'
import type { Change } from '../report/report.ts'

/** The changes of a plan as the report shows them. */
export function changesOf({ wants }: TaskPlan): Change[] {
  return wants.flatMap(({ want: { resource, key }, identity, differences: list, current }) =>
    list.length > 0 && resource.event?.effect !== 'wait' ? [{ resource: identity, diff: showDifferences(list, current, { edited: resource.madeFrom?.(key) !== undefined }) }] : [])
}

/** The changes of a task whose `checkMode` is true: it shows what it would do, and never does it. */
export function neverApplied(changes: readonly Change[]): Change[] {
  return changes.map(change => ({ ...change, reason: 'the task is never applied (checkMode: true)' }))
}

/** What a report says of a failure, where the playbook says that it is to be ignored. */
export function ignored({ options }: AnyTask): { ignored?: true } {
  return options.ignoreErrors ? { ignored: true } : {}
}
