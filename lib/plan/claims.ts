import { PlaybookError } from '../errors.ts'
import type { Claims } from '../playbook/module.ts'

/** What the tasks of a playbook claim, in their order. */
export interface TaskClaims {
  task: string
  claims: Claims
}

/**
 * Errors for pairs of tasks that give the same thing to two owners: each run would take it from one
 * of them, or fail halfway. A new claim of an owner, even an empty one, replaces the earlier one.
 */
export function contraryClaims(all: readonly TaskClaims[]): PlaybookError[] {
  const holders = new Map<string, { task: string; owner: string }>()
  return all.flatMap(({ task, claims: { owner, things } }) => {
    for (const [thing, holder] of holders) if (holder.owner === owner) holders.delete(thing)
    return things.flatMap(thing => {
      const holder = holders.get(thing)
      holders.set(thing, { task, owner })
      return holder ? [new PlaybookError(`It gives ${thing} to ${owner}, but the earlier task "${holder.task}" gives it to ${holder.owner}.`, { task, hint: 'Choose another number for one of them, or set nonUnique: true in both.' })] : []
    })
  })
}
