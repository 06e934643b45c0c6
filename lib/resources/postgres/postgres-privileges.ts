import { z } from 'zod'
import type { Resource } from '../../state/resource.ts'
import { hasNoPsql, maintenance, needsPostgres, notAnswered, readSqlIn, runSqlIn, sqlInput, sqlLiteral, sqlLiterals, sqlName, superuser } from './psql.ts'

/** What privileges are on. `tables`, `sequences` and `functions`: all that a schema has now. `default…`: those that a role will make. */
export const privilegeTargets = ['database', 'schema', 'table', 'sequence', 'tables', 'sequences', 'functions', 'default-tables', 'default-sequences', 'default-functions'] as const

export interface PrivilegesKey {
  /** The database that the object is in, or is. */
  database: string
  /** A role; `public` is everyone. */
  role: string
  on: (typeof privilegeTargets)[number]
  /** Of all but a database. For `default-…`, left out: in any schema. */
  schema?: string
  /** Of a table or a sequence. */
  name?: string
  /** For `default-…`: the role that will make the objects. */
  maker?: string
}

/**
 * Privileges of each object by its name, in the order of the alphabet, as in `SELECT, UPDATE`; with an asterisk those it may pass on. `SELECT of
 * columns` is had on some columns of a table, beyond what is had on all of it.
 */
export interface PrivilegesState {
  readonly [field: string]: { readonly [object: string]: string | null }
  privileges: { readonly [object: string]: string | null }
}

const schema = z.object({ privileges: z.record(z.string(), z.string()) })
const answer = z.array(z.object({ object: z.string(), privileges: z.array(z.string()) })).nullable()

/** Letters by which acldefault() and pg_default_acl know a kind of object, and its word in GRANT. */
const kinds = {
  database: { acl: 'd', word: 'DATABASE' }, schema: { acl: 'n', word: 'SCHEMA' },
  table: { acl: 'r', word: 'TABLE' }, sequence: { acl: 's', word: 'SEQUENCE' }, function: { acl: 'f', word: 'ROUTINE' },
} as const

function kindOf(on: PrivilegesKey['on']): keyof typeof kinds {
  const one = on.replace(/^default-/, '')
  return one === 'database' || one === 'schema' ? one : one.startsWith('table') ? 'table' : one.startsWith('sequence') ? 'sequence' : 'function'
}

/** Whether a target is all objects of a schema, which may be none. */
export function isPlural(on: PrivilegesKey['on']): boolean {
  return on === 'tables' || on === 'sequences' || on === 'functions'
}

/** How the state names the one object of a key that is about one. */
export function objectOf({ on, database, schema: space = '', name = '', maker = '' }: PrivilegesKey): string {
  if (on.startsWith('default-')) return `made by ${maker}`
  return on === 'database' ? database : on === 'schema' ? space : name
}

/** Gives rows (object, acl): one for each object that the key is about; none where it is not there. */
function objects(key: PrivilegesKey): string {
  const { database, on, schema: space = '', name, maker = '' } = key
  const kind = kindOf(on)
  const { acl } = kinds[kind]
  const inSchema = `= (select oid from pg_namespace where nspname = ${sqlLiteral(space)})`
  if (on.startsWith('default-')) {
    // Of a schema alone there are only additions; of all schemas, the stored ones replace what is built in.
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

/** Privileges on columns that go beyond what the role has on the table itself, in which they would come to nothing. Source: pg_attribute.attacl. */
function ofColumns(key: PrivilegesKey): string {
  const role = grantee(key)
  return `select c.privilege_type || ' of columns' || case when bool_or(c.is_grantable) then '*' else '' end from pg_attribute cross join aclexplode(attacl) c where attrelid = "table" and not attisdropped and c.grantee = ${role} group by c.privilege_type
having not exists (select from aclexplode(acl) t where t.grantee = ${role} and t.privilege_type = c.privilege_type and (t.is_grantable or not bool_or(c.is_grantable)))`
}

/**
 * The privileges that a role has been given on objects of a database: those by way of other roles and of `public` are not among them.
 * null where the database, the schema or the object is not there. Sources: PostgreSQL documentation, 5.7 Privileges, GRANT, REVOKE,
 * ALTER DEFAULT PRIVILEGES, aclexplode().
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
    // What is still to come has no privileges for anybody but its owner and, by PostgreSQL's own rules, for everyone.
    mayComeWithPackage: ({ role }, desired) => role === 'public' || Object.values(desired?.privileges ?? {}).includes(''),
    mayChangeWith: ({ database }, { kind, name, before, after }) => kind === 'postgres-database' && name === database && before !== null && (after === null || (after.owner !== undefined && after.owner !== before.owner)),
    needs: () => needsPostgres,
  },
}

/** Questions in one query: a function of PostgreSQL takes 100 arguments, and with the longest names a query of so many fits into one of a program (128 KiB). */
const MOST_ASKED = 80

function inParts(keys: readonly PrivilegesKey[]): PrivilegesKey[][] {
  return Array.from({ length: Math.ceil(keys.length / MOST_ASKED) }, (_, index) => keys.slice(index * MOST_ASKED, (index + 1) * MOST_ASKED))
}

function stateOf(rows: z.infer<typeof answer> | undefined): PrivilegesState | null {
  return rows ? { privileges: Object.fromEntries(rows.map(({ object, privileges }) => [object, privileges.join(', ')])) } : null
}

/** The database to be connected to: a database's own privileges are the whole cluster's to know, and nobody may be let into it. */
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

/** Takes privileges on columns away, each as who granted it; column by column, since whoever granted no more may not speak of the whole table. */
function revokeColumns(key: PrivilegesKey, object: string, rest: string, privileges: readonly string[]): string {
  return `select format('SET LOCAL ROLE %I', pg_get_userbyid(c.grantor)), 'REVOKE ' || c.privilege_type || ' (' || quote_ident(attname) || ')' || ${sqlLiteral(rest)}, 'RESET ROLE' from (${objects(key)}) o join pg_attribute on attrelid = "table" and not attisdropped cross join aclexplode(attacl) c where object = ${sqlLiteral(object)} and c.grantee = ${grantee(key)} and c.privilege_type in (${sqlLiterals(privileges)})\n\\gexec\n`
}

/** A superuser revokes as the owner of the object does: what somebody else has granted, is left. That is revoked as who granted it, by psql's gexec. */
function asOthers(key: PrivilegesKey, object: string, statement: string, privileges: readonly string[], which: string): string {
  const names = sqlLiterals(privileges.map(privilege => privilege.replace('*', '')))
  return `select distinct format('SET LOCAL ROLE %I', pg_get_userbyid(grantor)), ${sqlLiteral(statement)}, 'RESET ROLE' from (${objects(key)}) o cross join aclexplode(acl) where object = ${sqlLiteral(object)} and grantee = ${grantee(key)} and privilege_type in (${names})${which}\n\\gexec\n`
}

function target({ on, database, schema: space = '' }: PrivilegesKey, object: string): string {
  const kind = kindOf(on)
  if (on.startsWith('default-')) return `${kinds[kind].word}S`
  if (kind === 'database') return `DATABASE ${sqlName(database)}`
  if (kind === 'schema') return `SCHEMA ${sqlName(space)}`
  // The server quoted a function's name itself, together with the types of its arguments.
  return `${kinds[kind].word} ${sqlName(space)}.${kind === 'function' ? object : sqlName(object)}`
}
