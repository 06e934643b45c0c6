import { z } from 'zod'
import type { Resource } from '../state/resource.ts'
import { parseRows, readSql, runSql, sqlLiteral, sqlName, superuser } from './psql.ts'

const attributeNames = ['login', 'superuser', 'createdb', 'createrole', 'inherit', 'replication', 'bypassrls'] as const

const flag = z.boolean().optional()
const schema = z.object({ login: flag, superuser: flag, createdb: flag, createrole: flag, inherit: flag, replication: flag, bypassrls: flag })

const row = z.object({
  name: z.string(), login: z.boolean(), superuser: z.boolean(), createdb: z.boolean(), createrole: z.boolean(),
  inherit: z.boolean(), replication: z.boolean(), bypassrls: z.boolean(),
})

type RoleState = Readonly<Record<(typeof attributeNames)[number], boolean>>

/** A role of PostgreSQL with its attributes. Source: PostgreSQL documentation, pg_roles, CREATE ROLE, ALTER ROLE. */
export const postgresRole: Resource<{ name: string }, RoleState, z.infer<typeof schema>> = {
  kind: 'postgres-role',
  schema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      user: superuser,
      script: readSql(`select coalesce(json_agg(r), '[]') from (select rolname as name, rolcanlogin as login, rolsuper as superuser, rolcreatedb as createdb, rolcreaterole as createrole, rolinherit as inherit, rolreplication as replication, rolbypassrls as bypassrls from pg_roles where rolname in (${names.map(sqlLiteral).join(', ')})) r`),
      parse(output) {
        const found = new Map(parseRows(output).map(value => row.parse(value)).map(({ name, ...state }) => [name, state]))
        return names.map(name => found.get(name) ?? null)
      },
    }
  },
  apply({ name }, current, desired) {
    if (desired === null) return { user: superuser, script: runSql, stdin: Buffer.from(`DROP ROLE ${sqlName(name)};\n`) }
    const options = attributeNames.flatMap(attribute => {
      const value = desired[attribute]
      return value === undefined || value === current?.[attribute] ? [] : [`${value ? '' : 'NO'}${attribute.toUpperCase()}`]
    })
    return { user: superuser, script: runSql, stdin: Buffer.from(`${current ? 'ALTER' : 'CREATE'} ROLE ${sqlName(name)} ${options.join(' ')};\n`) }
  },
}
