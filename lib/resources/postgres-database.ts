import { z } from 'zod'
import type { Resource } from '../state/resource.ts'
import { parseRows, readSql, runSql, sqlLiteral, sqlName, superuser } from './psql.ts'

const schema = z.object({ owner: z.string().optional(), encoding: z.string().optional(), collate: z.string().optional(), ctype: z.string().optional() })

const row = z.object({ name: z.string(), owner: z.string(), encoding: z.string(), collate: z.string(), ctype: z.string() })

export interface DatabaseState {
  readonly [field: string]: string
  owner: string
  encoding: string
  collate: string
  ctype: string
}

/** A database of PostgreSQL. Encoding and locale are given at its creation, for ever. Source: PostgreSQL documentation, pg_database, CREATE DATABASE. */
export const postgresDatabase: Resource<{ name: string; template?: string }, DatabaseState, z.infer<typeof schema>> = {
  kind: 'postgres-database',
  schema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      user: superuser,
      script: readSql(`select coalesce(json_agg(d), '[]') from (select datname as name, pg_get_userbyid(datdba) as owner, pg_encoding_to_char(encoding) as encoding, datcollate as collate, datctype as ctype from pg_database where datname in (${names.map(sqlLiteral).join(', ')})) d`),
      parse(output) {
        const found = new Map(parseRows(output).map(value => row.parse(value)).map(({ name, ...state }) => [name, state]))
        return names.map(name => found.get(name) ?? null)
      },
    }
  },
  apply(key, current, desired) {
    return { user: superuser, script: runSql, stdin: Buffer.from(statements(key, current, desired).map(statement => `${statement};\n`).join('')) }
  },
}

function statements({ name, template }: { name: string; template?: string }, current: DatabaseState | null, desired: z.infer<typeof schema> | null): string[] {
  if (desired === null) return [`DROP DATABASE ${sqlName(name)}`]
  if (current) return desired.owner === undefined ? [] : [`ALTER DATABASE ${sqlName(name)} OWNER TO ${sqlName(desired.owner)}`]
  const options = [
    desired.owner === undefined ? '' : `OWNER ${sqlName(desired.owner)}`,
    desired.encoding === undefined ? '' : `ENCODING ${sqlLiteral(desired.encoding)}`,
    desired.collate === undefined ? '' : `LC_COLLATE ${sqlLiteral(desired.collate)}`,
    desired.ctype === undefined ? '' : `LC_CTYPE ${sqlLiteral(desired.ctype)}`,
    template === undefined ? '' : `TEMPLATE ${sqlName(template)}`,
  ]
  return [`CREATE DATABASE ${sqlName(name)} ${options.filter(Boolean).join(' ')}`]
}
