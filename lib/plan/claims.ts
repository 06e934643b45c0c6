import { PlaybookError } from '../errors.ts'
import type { Claims } from '../playbook/module.ts'

/** What the tasks of a playbook claim, in their order. */
export interface TaskClaims {
  task: string
  claims: Claims
}

/**
 * Where two tasks give one thing to two owners: each run would take it from one, or fail half way. An owner who claims anew, or nothing, has
 * let go what he had.
 */
export function contraryClaims(all: readonly TaskClaims[]): PlaybookError[] {
  const holders = new Map<string, { task: string; owner: string }>()
  return all.flatMap(({ task, claims: { owner, things } }) => {
    for (const [thing, holder] of holders) if (holder.owner === owner) holders.delete(thing)
    return things.flatMap(thing => {
      const holder = holders.get(thing)
      holders.set(thing, { task, owner })
      return holder ? [new PlaybookError(`It gives ${thing} to ${owner}, and the task "${holder.task}" before it to ${holder.owner}.`, { task, hint: 'Choose another number for one of them, or set nonUnique: true in both.' })] : []
    })
  })
}
