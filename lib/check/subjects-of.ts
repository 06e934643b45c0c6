import type { Request } from '../state/resource.ts'

/** Kinds that are looked up for the sake of others, such as the owner of a file. */
const lookedUp = ['user', 'group', 'account-number']

/**
 * Picks the requests that a task is about. Directories above another requested path are not among
 * them, and users and groups only if nothing else was requested.
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
