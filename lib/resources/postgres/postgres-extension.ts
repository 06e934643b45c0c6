import { z } from 'zod'
import type { Resource } from '../../state/resource.ts'
import { withContents } from './postgres-database.ts'
import { hasNoPsql, needsPostgres, notAnswered, readSqlIn, runSqlIn, sqlInput, sqlLiteral, sqlLiterals, sqlName, superuser } from './psql.ts'

export interface ExtensionKey {
  database: string
  name: string
  /** Also create what it needs, or drop what needs it. */
  cascade?: boolean
}

/**
 * The kind that stands for the extensions that are created or dropped along with one; which ones is
 * not known here.
 */
const alongWithOthers = 'postgres-extensions' as const

const schema = z.object({ version: z.string().optional(), schema: z.string().optional() })
const row = z.object({ name: z.string(), version: z.string(), schema: z.string() })

/** `schema` is the one that its objects are in. */
export type ExtensionState = Readonly<Omit<z.infer<typeof row>, 'name'>>

/**
 * An extension in a PostgreSQL database. Sources: PostgreSQL documentation, pg_extension, CREATE
 * EXTENSION, ALTER EXTENSION.
 */
export const postgresExtensionResource: Resource<ExtensionKey, ExtensionState, z.infer<typeof schema>> = {
  kind: 'postgres-extension',
  schema,
  identify: ({ database, name }) => `${name} in ${database}`,
  read(keys) {
    const databases = [...new Set(keys.map(({ database }) => database))]
    return {
      user: superuser,
      script: readSqlIn(databases.map(database => {
        const names = keys.filter(key => key.database === database).map(({ name }) => name)
        return { database, query: `select coalesce(json_agg(json_build_object('name', extname, 'version', extversion, 'schema', (select nspname from pg_namespace n where n.oid = extnamespace))), '[]') from pg_extension where extname in (${sqlLiterals(names)})` }
      })),
      parse(output) {
        if (hasNoPsql(output)) return keys.map(() => null)
        const lines = output.stdout.toString().split('\n')
        const answers = new Map(databases.map((database, index) => [database, z.union([z.array(row), z.null(), z.literal(false)]).parse(JSON.parse(lines[index] || 'false'))]))
        return keys.map(({ database, name }) => {
          const answered = answers.get(database)
          if (answered === false) return notAnswered(output)
          const found = answered?.find(extension => extension.name === name)
          return found ? { version: found.version, schema: found.schema } : null
        })
      },
    }
  },
  apply(key, current, desired) {
    return { user: superuser, script: runSqlIn(key.database), stdin: sqlInput(statements(key, current, desired), { transaction: true }) }
  },
  forecast: {
    mayChangeWith: ({ database }, { kind, name, after }, current) => name === database && (after === null
      ? kind === 'postgres-database' || (kind === alongWithOthers && current !== null)
      : (kind === withContents || kind === alongWithOthers) && current === null),
    sideEffects: ({ database, cascade }, desired) => (cascade ? [{ kind: alongWithOthers, identity: database, state: desired && {} }] : []),
    needs: () => needsPostgres,
  },
}

function statements({ name, cascade }: ExtensionKey, current: ExtensionState | null, desired: z.infer<typeof schema> | null): string[] {
  const extension = sqlName(name)
  const all = cascade ? ' CASCADE' : ''
  if (desired === null) return [`DROP EXTENSION ${extension}${all}`]
  const { version, schema: space } = desired
  if (!current) return [`CREATE EXTENSION ${extension}${space === undefined ? '' : ` SCHEMA ${sqlName(space)}`}${version === undefined ? '' : ` VERSION ${sqlLiteral(version)}`}${all}`]
  return [
    ...(version === undefined || version === current.version ? [] : [`ALTER EXTENSION ${extension} UPDATE TO ${sqlLiteral(version)}`]),
    ...(space === undefined || space === current.schema ? [] : [`ALTER EXTENSION ${extension} SET SCHEMA ${sqlName(space)}`]),
  ]
}
