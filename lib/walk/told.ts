import type { TaskPlan } from '../plan/plan-task.ts'
import type { AnyTask } from '../playbook/task.ts'
import { showDifferences } from '../report/diff.ts'
import type { Change } from '../report/report.ts'

/** The changes of a plan as the report shows them. */
export function changesOf({ wants }: TaskPlan): Change[] {
  return wants.flatMap(({ want: { resource, key }, identity, differences: list, current }) =>
    list.length > 0 && resource.event?.effect !== 'wait' ? [{ resource: identity, diff: showDifferences(list, current, { edited: resource.madeFrom?.(key) !== undefined }) }] : [])
}

/** The changes of a task with `checkMode: true`, which are shown and never applied. */
export function neverApplied(changes: readonly Change[]): Change[] {
  return changes.map(change => ({ ...change, reason: 'the task is never applied (checkMode: true)' }))
}

/** What a report says about a failure that the playbook ignores. */
export function ignored({ options }: AnyTask): { ignored?: true } {
  return options.ignoreErrors ? { ignored: true } : {}
}
