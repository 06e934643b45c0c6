import { PlaybookError } from '../../errors.ts'
import type { HostView } from '../../playbook/module.ts'
import { postgresRoleResource } from './postgres-role.ts'

/** Which of these roles there are not; none in check mode where they may be there by then. Asks for all in one tick. */
export async function missingRoles(host: HostView, names: readonly string[]): Promise<string[]> {
  const states = await Promise.all(names.map(name => host.current(postgresRoleResource, { name })))
  return host.anythingPending() ? [] : names.filter((_, index) => states[index] === null)
}

/** What is said of a role that something needs. */
export function noSuchRole(name: string): PlaybookError {
  return new PlaybookError(`There is no role ${name}.`, { hint: name.toLowerCase() === 'public' ? `All roles together are role: 'public', in lower case.` : 'Create it in an earlier task (postgres-user).' })
}
