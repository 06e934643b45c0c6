import { CertainError } from '../errors.ts'
import type { PlannedWant } from '../plan/plan-task.ts'
import { needResource } from '../resources/commands/need.ts'
import type { Reader } from '../state/reader.ts'
import type { Overlay } from './overlay.ts'

/**
 * Looks for the programs that a change needs. Returns why it is not certain that they will be
 * there, or undefined.
 *
 * @throws CertainError if one is missing and no earlier task installs it.
 */
export async function doubtOfNeeds({ want: { resource, key, desired }, identity, current, differences }: PlannedWant, reader: Reader, overlay: Overlay): Promise<string | undefined> {
  const needs = differences.length > 0 ? (resource.forecast?.needs?.(key, current, desired) ?? []) : []
  const found = await Promise.all(needs.map(each => reader.current(needResource, each)))
  for (const [index, { program, packages }] of needs.entries()) {
    if (found[index] || overlay.bringsPackage(packages)) continue
    if (overlay.anythingPending || overlay.mayMake(program)) return `it needs ${program}, and it is not known whether the tasks above install that`
    throw new CertainError(`This needs ${program}, which is not on the host, and no earlier task installs it.`, { resource: identity, hint: `Install it in an earlier task: apt({ packages: ['${packages[0] ?? program}'] }).` })
  }
  return undefined
}
