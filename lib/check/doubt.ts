import type { PlannedWant, TaskPlan } from '../plan/plan-task.ts'
import type { Overlay } from './overlay.ts'

/** Why what is foretold of a want is not certain; undefined when it is. */
export function doubtOf({ want: { resource, key, desired }, identity, current, differences }: PlannedWant, plan: TaskPlan, overlay: Overlay): string | undefined {
  const request = { resource, key }
  const unsure = overlay.unsureOf(request)
  if (unsure !== undefined) return unsure
  const mayComeAlong = resource.forecast?.mayComeWithPackage?.(key, desired, overlay) ?? resource.forecast === undefined
  if (current === null && overlay.anythingPending && mayComeAlong) return `it may come with ${overlay.comesWith}`
  if (overlay.isEdited(request) && (resource.madeFrom?.(key) !== 'its own' || differences.some(({ field }) => field !== 'content'))) return 'what is there is known in part only until the tasks above are applied'
  if (current !== null && overlay.isPartial(request) && differences.some(({ field, current: now }) => field !== undefined && now === undefined)) return 'how it will be made by a task above is known only after applying'
  if (overlay.mayDisturb(request, current, desired)) return 'it also covers what tasks above will make'
  if (resource.forecast === undefined && !overlay.untouched) return `${resource.kind} does not say whether what the tasks above change makes a difference to it`
  return ofUnknown(plan, identity, current === null)
}

/** A missing thing is made whatever a result turns out to be, unless its name is made of it, or the task may be left out. */
function ofUnknown({ unknown, placeholders, conditional }: TaskPlan, identity: string, missing: boolean): string | undefined {
  if (unknown.size === 0) return undefined
  const named = placeholders.some(text => identity.includes(text))
  return missing && !named && !conditional ? undefined : `it depends on the result of "${[...unknown].join('", "')}", known only after applying`
}
