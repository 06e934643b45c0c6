import type { PlannedWant, TaskPlan } from '../plan/plan-task.ts'
import type { Overlay } from './overlay.ts'

/** Why the forecast of a want is not certain; undefined if it is. */
export function doubtOf({ want: { resource, key, desired }, identity, current, differences }: PlannedWant, plan: TaskPlan, overlay: Overlay): string | undefined {
  const request = { resource, key }
  const unsure = overlay.unsureOf(request)
  if (unsure !== undefined) return unsure
  const mayComeAlong = resource.forecast?.mayComeWithPackage?.(key, desired, overlay) ?? resource.forecast === undefined
  if (current === null && overlay.anythingPending && mayComeAlong) return `it may come with ${overlay.comesWith}`
  if (overlay.isEdited(request) && (resource.madeFrom?.(key) !== 'its own' || differences.some(({ field }) => field !== 'content'))) return 'its current content is known only in part until the tasks above are applied'
  if (current !== null && overlay.isPartial(request) && differences.some(({ field, current: now }) => field !== undefined && now === undefined)) return 'a task above creates it, and how is known only after applying'
  if (overlay.mayAffect(request, current, desired)) return 'it also covers what tasks above will create'
  if (resource.forecast === undefined && !overlay.untouched) return `${resource.kind} does not say whether the changes above affect it`
  return ofUnknown(plan, identity, current === null)
}

/**
 * Something missing is created whatever a result turns out to be, unless the result is part of its
 * name, or the task may be skipped.
 */
function ofUnknown({ unknown, placeholders, conditional }: TaskPlan, identity: string, missing: boolean): string | undefined {
  if (unknown.size === 0) return undefined
  const named = placeholders.some(text => identity.includes(text))
  return missing && !named && !conditional ? undefined : `it depends on the result of "${[...unknown].join('", "')}", which is known only after applying`
}
