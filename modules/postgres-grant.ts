import { z } from 'zod'
import { defineModule, PlaybookError, want } from '../lib/resource.ts'
import { postgresName } from '../lib/resources/postgres/arguments.ts'
import { missingRoles, noSuchRole } from '../lib/resources/postgres/needed-role.ts'
import { isPlural, objectOf, postgresPrivilegesResource, privilegeTargets } from '../lib/resources/postgres/postgres-privileges.ts'

type Target = (typeof privilegeTargets)[number]

/**
 * Privileges by the kind of object. Source: PostgreSQL documentation, 5.7 Privileges, table 5.2.
 */
const known = {
  database: ['CONNECT', 'CREATE', 'TEMPORARY'],
  schema: ['CREATE', 'USAGE'],
  table: ['DELETE', 'INSERT', 'REFERENCES', 'SELECT', 'TRIGGER', 'TRUNCATE', 'UPDATE'],
  sequence: ['SELECT', 'UPDATE', 'USAGE'],
  function: ['EXECUTE'],
} as const

function privilegesOf(on: Target): readonly string[] {
  const one = on.replace(/^default-/, '').replace(/s$/, '')
  if (one === 'database' || one === 'schema' || one === 'table' || one === 'sequence') return known[one]
  return known.function
}

const args = z.strictObject({
  /** The role that gets them, or 'public' for everyone. */
  role: postgresName,
  /** The database, or the database of the object. */
  database: postgresName,
  /**
   * What the privileges are on. 'tables', 'sequences' and 'functions' are all that the schema has
   * now; 'default-tables' and the like are those that the role `madeBy` will create.
   */
  on: z.enum(privilegeTargets, `must be one of ${privilegeTargets.map(target => `'${target}'`).join(', ')}`),
  /** The schema; for everything but a database. Omitted for 'default-…', it is any schema. */
  schema: postgresName.optional(),
  /** Name of the table, view or sequence. */
  name: postgresName.optional(),
  /** For 'default-…': the role that will create the objects. */
  madeBy: postgresName.optional(),
  /**
   * Exactly the privileges that the role should have; [] revokes all, 'all' is every privilege of
   * PostgreSQL 15. Case-insensitive.
   */
  privileges: z.union([z.literal('all'), z.array(z.string().transform(given => (/^temp$/i.test(given) ? 'TEMPORARY' : given.toUpperCase())))], 'must be a list of privileges, as in [\'SELECT\'], or \'all\''),
  /** Whether the role may pass them on (WITH GRANT OPTION). @default false */
  grantOption: z.boolean('must be true or false').default(false),
}).superRefine(({ on, schema, name, madeBy, privileges }, context) => {
  const issue = (argument: string, message: string) => context.addIssue({ code: 'custom', path: [argument], message })
  const byDefault = on.startsWith('default-')
  const single = on === 'table' || on === 'sequence'
  if (schema === undefined && on !== 'database' && !byDefault) issue('schema', `must be given with on: '${on}'`)
  if (schema !== undefined && on === 'database') issue('schema', 'must not be given with on: \'database\'')
  if ((name === undefined) === single) issue('name', single ? `must be given with on: '${on}'` : 'must be given with on: \'table\' or \'sequence\' alone')
  if ((madeBy === undefined) === byDefault) issue('madeBy', byDefault ? `must be given with on: '${on}'` : 'must be given with on: \'default-…\' alone')
  const allowed = privilegesOf(on)
  const wrong = privileges === 'all' ? [] : privileges.filter(privilege => !allowed.includes(privilege))
  if (wrong.length) issue('privileges', `must be of ${allowed.join(', ')}; there is no ${wrong.join(', ')} on a ${on.replace(/^default-/, '').replace(/s$/, '')}`)
})

/**
 * Privileges of a role on a database, a schema, tables, sequences or functions, given directly:
 * what it has through other roles and 'public' is ignored. `privileges` is the complete set, so
 * there is no `state`.
 *
 * Not supported from Ansible's `postgresql_privs`: privileges on one function (those on all of a
 * schema are), on languages, types, tablespaces, parameters and foreign servers; several roles or
 * objects in one call (a `for` loop does that); `type: group` (`memberOf` of postgres-user);
 * `fail_on_role` (the task's `ignoreErrors`); `trust_input`, `session_role`, and the `login_…` and
 * `ssl_…` arguments. Sources: PostgreSQL documentation, GRANT, REVOKE, ALTER DEFAULT PRIVILEGES.
 *
 * @example
 * apt({ packages: ['postgresql'] })
 * postgresUser({ name: 'reader' })
 * postgresDatabase({ name: 'app' })
 * postgresGrant({ role: 'reader', database: 'app', on: 'tables', schema: 'public', privileges: ['SELECT'] })
 * postgresGrant({ role: 'reader', database: 'app', on: 'default-tables', madeBy: 'postgres', privileges: ['SELECT'] })
 */
export const postgresGrant = defineModule({
  name: 'postgres-grant',
  args,
  async plan({ privileges, grantOption, madeBy, ...place }, host) {
    const key = { ...place, maker: madeBy }
    const [current, missing] = await Promise.all([host.current(postgresPrivilegesResource, key), missingRoles(host, place.role === 'public' ? [] : [place.role])])
    const where = [place.on, place.schema, place.name, madeBy].filter(part => part !== undefined).join(' ')
    // In check mode the object, or PostgreSQL itself, may come with a pending installation: it has
    // no privileges yet.
    if (!current && (isPlural(place.on) || !host.packagesPending())) throw new PlaybookError(`There is nothing to grant on: ${where}, in the database ${place.database}.`, { hint: 'An earlier task must create it.' })
    const wanted = [...new Set(privileges === 'all' ? privilegesOf(place.on) : privileges)].sort().map(privilege => `${privilege}${grantOption ? '*' : ''}`).join(', ')
    const objects = current && isPlural(place.on) ? Object.keys(current.privileges) : [objectOf(key)]
    // A role that does not exist has no privileges to revoke.
    if (wanted !== '' && objects.length > 0 && missing[0] !== undefined) throw noSuchRole(missing[0])
    return { wants: [want(postgresPrivilegesResource, key, { privileges: Object.fromEntries(objects.map(object => [object, wanted])) })] }
  },
})
