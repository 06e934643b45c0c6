import { z } from 'zod'
import type { Resource } from '../../state/resource.ts'
import { hasNoPsql, maintenance, needsPostgres, notAnswered, readSqlIn, runSqlIn, sqlInput, sqlLiteral, sqlLiterals, sqlName, superuser } from './psql.ts'

/**
 * What privileges apply to. `tables`, `sequences` and `functions`: all in a schema now. `default…`:
 * those that a role will create.
 */
export const privilegeTargets = ['database', 'schema', 'table', 'sequence', 'tables', 'sequences', 'functions', 'default-tables', 'default-sequences', 'default-functions'] as const

export interface PrivilegesKey {
  /** The database that the object is in, or the object itself. */
  database: string
  /** A role; `public` means everyone. */
  role: string
  on: (typeof privilegeTargets)[number]
  /** Required except for a database. For `default-…`, omitted: any schema. */
  schema?: string
  /** The name of a table or a sequence. */
  name?: string
  /** For `default-…`: the role that will create the objects. */
  maker?: string
}

/**
 * Privileges by name of the object, sorted, as in `SELECT, UPDATE`; an asterisk marks those with
 * grant option. `SELECT of columns` is held on some columns of a table, in addition to those on the
 * whole table.
 */
export interface PrivilegesState {
  readonly [field: string]: { readonly [object: string]: string | null }
  privileges: { readonly [object: string]: string | null }
}

const schema = z.object({ privileges: z.record(z.string(), z.string()) })
const answer = z.array(z.object({ object: z.string(), privileges: z.array(z.string()) })).nullable()

/** The letter for a kind of object in acldefault() and pg_default_acl, and its word in GRANT. */
const kinds = {
  database: { acl: 'd', word: 'DATABASE' }, schema: { acl: 'n', word: 'SCHEMA' },
  table: { acl: 'r', word: 'TABLE' }, sequence: { acl: 's', word: 'SEQUENCE' }, function: { acl: 'f', word: 'ROUTINE' },
} as const

function kindOf(on: PrivilegesKey['on']): keyof typeof kinds {
  const one = on.replace(/^default-/, '')
  return one === 'database' || one === 'schema' ? one : one.startsWith('table') ? 'table' : one.startsWith('sequence') ? 'sequence' : 'function'
}

/** Whether a target means all objects of a schema; there may be none. */
export function isPlural(on: PrivilegesKey['on']): boolean {
  return on === 'tables' || on === 'sequences' || on === 'functions'
}

/** The name in the state for the object of a key with a single object. */
export function objectOf({ on, database, schema: space = '', name = '', maker = '' }: PrivilegesKey): string {
  if (on.startsWith('default-')) return `made by ${maker}`
  return on === 'database' ? database : on === 'schema' ? space : name
}

/** A query for rows (object, acl): one for each object of the key; none if it does not exist. */
function objects(key: PrivilegesKey): string {
  const { database, on, schema: space = '', name, maker = '' } = key
  const kind = kindOf(on)
  const { acl } = kinds[kind]
  const inSchema = `= (select oid from pg_namespace where nspname = ${sqlLiteral(space)})`
  if (on.startsWith('default-')) {
    // For one schema, the stored privileges are additions; for all schemas, they replace the
    // built-in ones.
    const builtIn = space === '' ? `acldefault('${acl}', r.oid)` : 'null'
    const where = space === '' ? '= 0' : inSchema
    const there = space === '' ? '' : `and exists (select from pg_namespace where nspname = ${sqlLiteral(space)})`
    return `select ${sqlLiteral(objectOf(key))} as object, coalesce((select defaclacl from pg_default_acl where defaclrole = r.oid and defaclobjtype = '${acl === 's' ? 'S' : acl}' and defaclnamespace ${where}), ${builtIn}) as acl from pg_roles r where rolname = ${sqlLiteral(maker)} ${there}`
  }
  if (kind === 'database') return `select datname::text as object, coalesce(datacl, acldefault('d', datdba)) as acl from pg_database where datname = ${sqlLiteral(database)}`
  if (kind === 'schema') return `select nspname::text as object, coalesce(nspacl, acldefault('n', nspowner)) as acl from pg_namespace where nspname = ${sqlLiteral(space)}`
  if (kind === 'function') return `select format('%I(%s)', proname, oidvectortypes(proargtypes)) as object, coalesce(proacl, acldefault('f', proowner)) as acl from pg_proc where pronamespace ${inSchema}`
  const one = name === undefined ? '' : `and relname = ${sqlLiteral(name)}`
  return `select relname::text as object, coalesce(relacl, acldefault('${acl}', relowner)) as acl, oid as "table" from pg_class where relkind in (${kind === 'sequence' ? `'S'` : `'r','p','v','m','f'`}) and relnamespace ${inSchema} ${one}`
}

const grantee = ({ role }: PrivilegesKey) => (role === 'public' ? '0' : `(select oid from pg_roles where rolname = ${sqlLiteral(role)})`)

function query(key: PrivilegesKey): string {
  const role = grantee(key)
  const own = `select privilege_type || case when bool_or(is_grantable) then '*' else '' end as privilege from aclexplode(acl) where grantee = ${role} group by privilege_type`
  const all = hasColumns(key) ? `${own} union ${ofColumns(key)}` : own
  const found = `(select json_agg(json_build_object('object', object, 'privileges', array(select privilege from (${all}) p order by 1)) order by object) from (${objects(key)}) o)`
  return isPlural(key.on) ? `coalesce(${found}, (select '[]'::json from pg_namespace where nspname = ${sqlLiteral(key.schema ?? '')}))` : found
}

function hasColumns({ on }: PrivilegesKey): boolean {
  return on === 'table' || on === 'tables'
}

/**
 * Privileges on columns that the role does not have on the whole table anyway. Source:
 * pg_attribute.attacl.
 */
function ofColumns(key: PrivilegesKey): string {
  const role = grantee(key)
  return `select c.privilege_type || ' of columns' || case when bool_or(c.is_grantable) then '*' else '' end from pg_attribute cross join aclexplode(attacl) c where attrelid = "table" and not attisdropped and c.grantee = ${role} group by c.privilege_type
having not exists (select from aclexplode(acl) t where t.grantee = ${role} and t.privilege_type = c.privilege_type and (t.is_grantable or not bool_or(c.is_grantable)))`
}

/**
 * The privileges granted directly to a role on objects of a database, not those through other roles
 * or `public`. null if the database, the schema or the object does not exist. Sources: PostgreSQL
 * documentation, 5.7 Privileges, GRANT, REVOKE, ALTER DEFAULT PRIVILEGES, aclexplode().
 */
export const postgresPrivilegesResource: Resource<PrivilegesKey, PrivilegesState, z.infer<typeof schema>> = {
  kind: 'postgres-privileges',
  schema,
  identify: ({ database, role, on, schema: space, name, maker }) =>
    [`${role} on ${on}`, [on === 'database' ? database : undefined, space, name].filter(part => part !== undefined).join('.'), maker && `made by ${maker}`, on === 'database' ? '' : `in ${database}`].filter(Boolean).join(' '),
  read(keys) {
    const asked = [...new Set(keys.map(home))].flatMap(database => inParts(keys.filter(key => home(key) === database)).map(part => ({ database, part })))
    return {
      user: superuser,
      script: readSqlIn(asked.map(({ database, part }) => ({ database, query: `select json_build_array(${part.map(query).join(', ')})` }))),
      parse(output) {
        if (hasNoPsql(output)) return keys.map(() => null)
        const lines = output.stdout.toString().split('\n')
        const states = new Map(asked.flatMap(({ part }, index) => {
          const answered = z.union([z.array(answer), z.null(), z.literal(false)]).parse(JSON.parse(lines[index] || 'false'))
          return part.map((key, place) => [key, answered === false ? notAnswered(output) : stateOf(answered?.[place])] as const)
        }))
        return keys.map(key => states.get(key) ?? null)
      },
    }
  },
  apply(key, current, desired) {
    const statements = Object.entries(desired?.privileges ?? {}).flatMap(([object, wanted]) => changes(key, object, list(current?.privileges[object] ?? ''), list(wanted)))
    return { user: superuser, script: runSqlIn(home(key)), stdin: sqlInput(statements, { transaction: true }) }
  },
  forecast: {
    // New objects have privileges only for their owner and, by PostgreSQL's own defaults, for
    // everyone.
    mayComeWithPackage: ({ role }, desired) => role === 'public' || Object.values(desired?.privileges ?? {}).includes(''),
    mayChangeWith: ({ database }, { kind, name, before, after }) => kind === 'postgres-database' && name === database && before !== null && (after === null || (after.owner !== undefined && after.owner !== before.owner)),
    needs: () => needsPostgres,
  },
}

/**
 * The most keys in one query: a PostgreSQL function takes 100 arguments, and even with the longest
 * names this many fit into one argument of a program (128 KiB).
 */
const MAX_KEYS = 80

function inParts(keys: readonly PrivilegesKey[]): PrivilegesKey[][] {
  return Array.from({ length: Math.ceil(keys.length / MAX_KEYS) }, (_, index) => keys.slice(index * MAX_KEYS, (index + 1) * MAX_KEYS))
}

function stateOf(rows: z.infer<typeof answer> | undefined): PrivilegesState | null {
  return rows ? { privileges: Object.fromEntries(rows.map(({ object, privileges }) => [object, privileges.join(', ')])) } : null
}

/**
 * The database to connect to. A database's own privileges are visible from any database, and it may
 * not accept connections.
 */
function home({ on, database }: PrivilegesKey): string {
  return on === 'database' ? maintenance : database
}

function list(privileges: string): string[] {
  return privileges === '' ? [] : privileges.split(', ')
}

function changes(key: PrivilegesKey, object: string, all: readonly string[], wanted: readonly string[]): string[] {
  const now = all.filter(privilege => !privilege.includes(COLUMNS))
  const onColumns = all.filter(privilege => privilege.includes(COLUMNS)).map(privilege => privilege.replace(COLUMNS, '').replace('*', ''))
  const given = wanted.filter(privilege => !now.includes(privilege))
  const revoked = now.filter(privilege => !wanted.some(other => other.replace('*', '') === privilege.replace('*', '')))
  const passedOn = now.filter(privilege => privilege.endsWith('*') && wanted.includes(privilege.slice(0, -1)))
  const role = key.role === 'public' ? 'PUBLIC' : sqlName(key.role)
  const words = (privileges: readonly string[]) => privileges.map(privilege => privilege.replace('*', '')).join(', ')
  const place = `ON ${target(key, object)}`
  const prefix = key.on.startsWith('default-') ? `ALTER DEFAULT PRIVILEGES FOR ROLE ${sqlName(key.maker ?? '')} ${key.schema === undefined ? '' : `IN SCHEMA ${sqlName(key.schema)} `}` : ''
  const grants = [given.filter(privilege => !privilege.endsWith('*') && !passedOn.includes(`${privilege}*`)), given.filter(privilege => privilege.endsWith('*'))]
  const revoke = (what: string, privileges: readonly string[], which = '') => {
    if (privileges.length === 0) return []
    const statement = `${prefix}REVOKE ${what}${words(privileges)} ${place} FROM ${role}`
    return prefix === '' ? [statement, asOthers(key, object, statement, privileges, which)] : [statement]
  }
  return [
    ...(onColumns.length ? [revokeColumns(key, object, ` ${place} FROM ${role}`, onColumns)] : []),
    ...revoke('', revoked),
    ...revoke('GRANT OPTION FOR ', passedOn, ' and is_grantable'),
    ...grants.flatMap((privileges, index) => (privileges.length ? [`${prefix}GRANT ${words(privileges)} ${place} TO ${role}${index === 1 ? ' WITH GRANT OPTION' : ''}`] : [])),
  ]
}

const COLUMNS = ' of columns'

/**
 * Revokes privileges on columns as the role that granted them; column by column, since that role
 * may have no rights on the whole table.
 */
function revokeColumns(key: PrivilegesKey, object: string, rest: string, privileges: readonly string[]): string {
  return `select format('SET LOCAL ROLE %I', pg_get_userbyid(c.grantor)), 'REVOKE ' || c.privilege_type || ' (' || quote_ident(attname) || ')' || ${sqlLiteral(rest)}, 'RESET ROLE' from (${objects(key)}) o join pg_attribute on attrelid = "table" and not attisdropped cross join aclexplode(attacl) c where object = ${sqlLiteral(object)} and c.grantee = ${grantee(key)} and c.privilege_type in (${sqlLiterals(privileges)})\n\\gexec\n`
}

/**
 * A superuser revokes like the owner of the object, which leaves what other roles have granted.
 * That is revoked as the role that granted it, with psql's gexec.
 */
function asOthers(key: PrivilegesKey, object: string, statement: string, privileges: readonly string[], which: string): string {
  const names = sqlLiterals(privileges.map(privilege => privilege.replace('*', '')))
  return `select distinct format('SET LOCAL ROLE %I', pg_get_userbyid(grantor)), ${sqlLiteral(statement)}, 'RESET ROLE' from (${objects(key)}) o cross join aclexplode(acl) where object = ${sqlLiteral(object)} and grantee = ${grantee(key)} and privilege_type in (${names})${which}\n\\gexec\n`
}

function target({ on, database, schema: space = '' }: PrivilegesKey, object: string): string {
  const kind = kindOf(on)
  if (on.startsWith('default-')) return `${kinds[kind].word}S`
  if (kind === 'database') return `DATABASE ${sqlName(database)}`
  if (kind === 'schema') return `SCHEMA ${sqlName(space)}`
  // The server has quoted a function's name, together with the types of its arguments.
  return `${kinds[kind].word} ${sqlName(space)}.${kind === 'function' ? object : sqlName(object)}`
}
