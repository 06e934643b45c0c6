import { z } from 'zod'
import { passwordContent } from './scram.ts'
import { isListSetting, parseNames, settingText } from './setting.ts'
import { Content } from '../../state/content.ts'
import type { Resource } from '../../state/resource.ts'
import { needsPostgres, parseRows, readSql, runSql, sqlInput, sqlLiteral, sqlLiterals, sqlName, superuser } from './psql.ts'

const attributeNames = ['login', 'superuser', 'createdb', 'createrole', 'inherit', 'replication', 'bypassrls'] as const

const flag = z.boolean().optional()
const schema = z.object({
  login: flag, superuser: flag, createdb: flag, createrole: flag, inherit: flag, replication: flag, bypassrls: flag,
  password: z.custom<Content>(value => value instanceof Content).nullable().optional(),
  validUntil: z.string().optional(),
  connectionLimit: z.int().optional(),
  comment: z.string().optional(),
  config: z.record(z.string(), z.string().nullable()).optional(),
  memberOf: z.array(z.string()).optional(),
})

type RoleDesired = z.infer<typeof schema>

const row = z.object({
  name: z.string(), login: z.boolean(), superuser: z.boolean(), createdb: z.boolean(), createrole: z.boolean(),
  inherit: z.boolean(), replication: z.boolean(), bypassrls: z.boolean(),
  password: z.string().nullable(), validUntil: z.string().nullable(), connectionLimit: z.number(), comment: z.string(),
  config: z.array(z.string()), memberOf: z.array(z.string()),
})

type Attributes = Readonly<Record<(typeof attributeNames)[number], boolean>>

export type RoleState = Attributes & {
  /** The stored hash; never shown. */
  readonly password: Content | null
  /** A time in UTC or `infinity`; null: never set. */
  readonly validUntil: string | null
  /** -1: no limit. */
  readonly connectionLimit: number
  readonly comment: string
  /** Settings by name in lower case, without those for single databases. */
  readonly config: Readonly<Record<string, string | null>>
  /** Roles that it is a direct member of, sorted. */
  readonly memberOf: readonly string[]
}

/** SQL for a time in the form used for comparison, independent of the session's time zone. */
export const timeInUtc = (time: string): string => `case when isfinite(${time}) then (${time} at time zone 'UTC')::text || '+00' else ${time}::text end`

/**
 * A PostgreSQL role, with everything that belongs to it in the whole cluster. For privileges on
 * objects see postgres-privileges.ts. Sources: PostgreSQL documentation, pg_authid,
 * pg_auth_members, pg_db_role_setting, CREATE ROLE, ALTER ROLE.
 */
export const postgresRoleResource: Resource<{ name: string }, RoleState, RoleDesired> = {
  kind: 'postgres-role',
  schema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      user: superuser,
      script: readSql(`select coalesce(json_agg(r), '[]') from (
select rolname as name, rolcanlogin as login, rolsuper as superuser, rolcreatedb as createdb, rolcreaterole as createrole,
rolinherit as inherit, rolreplication as replication, rolbypassrls as bypassrls, rolpassword as password,
${timeInUtc('rolvaliduntil')} as "validUntil", rolconnlimit as "connectionLimit",
coalesce(shobj_description(a.oid, 'pg_authid'), '') as comment,
coalesce((select setconfig from pg_db_role_setting where setrole = a.oid and setdatabase = 0), '{}') as config,
array(select distinct pg_get_userbyid(roleid)::text from pg_auth_members where member = a.oid) as "memberOf"
from pg_authid a where rolname in (${sqlLiterals(names)})) r`),
      parse(output) {
        const found = new Map(parseRows(output).map(value => row.parse(value)).map(({ name, ...found }) => [name, stateOf(found)]))
        return names.map(name => found.get(name) ?? null)
      },
    }
  },
  apply({ name }, current, desired) {
    if (desired === null) return { user: superuser, script: runSql, stdin: sqlInput([`DROP ROLE ${sqlName(name)}`]) }
    return { user: superuser, script: runSql, stdin: sqlInput(statements(sqlName(name), current, desired), { transaction: true }) }
  },
  forecast: {
    needs: () => needsPostgres,
  },
}

function stateOf({ password, config, memberOf, ...fields }: Omit<z.infer<typeof row>, 'name'>): RoleState {
  const settings = config.map(setting => {
    const [name = '', ...value] = setting.split('=')
    return [name.toLowerCase(), settingText(name.toLowerCase(), value.join('='))] as const
  })
  return {
    ...fields,
    password: password === null ? null : passwordContent(password),
    config: Object.fromEntries(settings),
    memberOf: memberOf.sort(),
  }
}

function statements(role: string, current: RoleState | null, desired: RoleDesired): string[] {
  const options = optionsOf(current, desired)
  const made = current ? (options.length ? [`ALTER ROLE ${role} ${options.join(' ')}`] : []) : [`CREATE ROLE ${role} ${options.join(' ')}`]
  const comment = desired.comment !== undefined && desired.comment !== (current?.comment ?? '') ? [`COMMENT ON ROLE ${role} IS ${sqlLiteral(desired.comment)}`] : []
  return [...made, ...comment, ...settings(role, current, desired), ...memberships(role, current, desired), ...password(role, current, desired)]
}

function optionsOf(current: RoleState | null, desired: RoleDesired): string[] {
  const flags = attributeNames.flatMap(attribute => {
    const value = desired[attribute]
    return value === undefined || value === current?.[attribute] ? [] : [`${value ? '' : 'NO'}${attribute.toUpperCase()}`]
  })
  const { connectionLimit, validUntil } = desired
  const limit = connectionLimit === undefined || connectionLimit === current?.connectionLimit ? [] : [`CONNECTION LIMIT ${connectionLimit}`]
  const until = validUntil === undefined || validUntil === current?.validUntil ? [] : [`VALID UNTIL ${sqlLiteral(validUntil)}`]
  return [...flags, ...limit, ...until]
}

/** A list of names is passed name by name: as one text, it would be stored as a single name. */
function settings(role: string, current: RoleState | null, { config = {} }: RoleDesired): string[] {
  return Object.entries(config).flatMap(([name, value]) => {
    if (value === (current?.config[name] ?? null)) return []
    const setting = name.split('.').map(sqlName).join('.')
    if (value === null) return [`ALTER ROLE ${role} RESET ${setting}`]
    return [`ALTER ROLE ${role} SET ${setting} = ${sqlLiterals(isListSetting(name) ? parseNames(value) : [value])}`]
  })
}

function memberships(role: string, current: RoleState | null, { memberOf }: RoleDesired): string[] {
  if (memberOf === undefined) return []
  const now = current?.memberOf ?? []
  const granted = memberOf.filter(other => !now.includes(other)).map(other => `GRANT ${sqlName(other)} TO ${role}`)
  return [...granted, ...now.filter(other => !memberOf.includes(other)).map(other => `REVOKE ${sqlName(other)} FROM ${role}`)]
}

/**
 * Comes last in its transaction: its settings keep the hash out of the server's log and statistics,
 * and would hide later statements too.
 */
function password(role: string, current: RoleState | null, desired: RoleDesired): string[] {
  if (desired.password === undefined || (desired.password === null && !current?.password)) return []
  if (desired.password === null) return [`ALTER ROLE ${role} PASSWORD NULL`]
  if (current?.password && desired.password.equals(current.password)) return []
  const quiet = { log_statement: 'none', log_min_duration_statement: '-1', log_min_duration_sample: '-1', log_transaction_sample_rate: '0', log_min_error_statement: 'panic', 'pg_stat_statements.track_utility': 'off' }
  return [
    ...Object.entries(quiet).map(([name, value]) => `SET LOCAL ${name} = ${sqlLiteral(value)}`),
    `ALTER ROLE ${role} PASSWORD ${sqlLiteral(desired.password.bytes?.toString() ?? '')}`,
  ]
}
