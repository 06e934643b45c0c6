import { PlaybookError } from '../../errors.ts'
import type { HostView } from '../../playbook/module.ts'
import { postgresRoleResource } from './postgres-role.ts'

/**
 * Which of these roles do not exist; none in check mode if they may exist by then. Reads all in one
 * tick.
 */
export async function missingRoles(host: HostView, names: readonly string[]): Promise<string[]> {
  const states = await Promise.all(names.map(name => host.current(postgresRoleResource, { name })))
  return host.anythingPending() ? [] : names.filter((_, index) => states[index] === null)
}

/** The error for a role that is needed but missing. */
export function noSuchRole(name: string): PlaybookError {
  return new PlaybookError(`The role ${name} does not exist.`, { hint: name.toLowerCase() === 'public' ? `For all roles together, write role: 'public' in lower case.` : 'Create it in an earlier task (postgres-user).' })
}
