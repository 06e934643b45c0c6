import type { Request } from '../state/resource.ts'

/** Kinds that are looked up for the sake of others, as the owner of a file. */
const lookedUp = ['user', 'group', 'account-number']

/**
 * Of what a task asked for, that which it is about: not the directories above a path that it asked for too, and not users and groups where
 * it asked for something else.
 */
export function subjectsOf(requests: readonly Request[]): Request[] {
  const names = requests.map(({ resource, key }) => resource.identify(key))
  const others = requests.some(({ resource }) => !lookedUp.includes(resource.kind))
  return requests.filter(({ resource, key }) => {
    const name = resource.identify(key)
    if (lookedUp.includes(resource.kind)) return !others
    return !names.some(other => other !== name && other.startsWith(`${name}/`))
  })
}
