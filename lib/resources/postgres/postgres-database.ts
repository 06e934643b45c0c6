import { z } from 'zod'
import { icuLocaleName, localeName } from './locale.ts'
import { apply } from '../../shell/script.ts'
import { differences } from '../../state/compare.ts'
import type { Resource, Writing } from '../../state/resource.ts'
import { needsPostgres, parseRows, readSql, runSql, sqlInput, sqlLiteral, sqlLiterals, sqlName, superuser } from './psql.ts'

/** A database by name, with what matters only when it is created or dropped. */
export interface DatabaseKey {
  name: string
  template?: string
  /** The spelling of locales for a new database; the state has the canonical one. */
  spelt?: { collate?: string; ctype?: string; icuLocale?: string }
  /** The database to rename to this one, if this one does not exist. */
  renamedFrom?: string
  /** The current state of that database. */
  former?: DatabaseState
  /** Drop it even if sessions are open. */
  force?: boolean
}

const text = z.string().optional()
const schema = z.object({
  owner: text, encoding: text, collate: text, ctype: text, provider: text, icuLocale: text, tablespace: text, comment: text,
  connectionLimit: z.int().optional(), isTemplate: z.boolean().optional(), allowConnections: z.boolean().optional(),
})

/**
 * The kind that stands for the unknown contents of a new database, for tasks that read what is in
 * it.
 */
export const withContents = 'postgres-contents' as const

type DatabaseDesired = z.infer<typeof schema>

const row = z.object({
  name: z.string(), owner: z.string(), encoding: z.string(), collate: z.string(), ctype: z.string(), provider: z.string(),
  icuLocale: z.string(), tablespace: z.string(), comment: z.string(), connectionLimit: z.number(), isTemplate: z.boolean(), allowConnections: z.boolean(),
})

/** `provider` is libc, icu or builtin; `icuLocale` is empty without ICU. */
export type DatabaseState = Readonly<Omit<z.infer<typeof row>, 'name'>>

const hint = 'It has open sessions. Set force: true to end them.'

/**
 * A PostgreSQL database. Encoding, locale and provider are fixed when it is created. Columns that
 * only later versions have are read as JSON, in which a missing one is null. Sources: PostgreSQL
 * documentation, pg_database, CREATE DATABASE, ALTER DATABASE, DROP DATABASE.
 */
export const postgresDatabaseResource: Resource<DatabaseKey, DatabaseState, DatabaseDesired> = {
  kind: 'postgres-database',
  schema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      user: superuser,
      script: readSql(`select coalesce(json_agg(r), '[]') from (
select datname as name, pg_get_userbyid(datdba) as owner, pg_encoding_to_char(encoding) as encoding, coalesce(datcollate, '') as collate, coalesce(datctype, '') as ctype,
case to_jsonb(d)->>'datlocprovider' when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end as provider,
coalesce(to_jsonb(d)->>'daticulocale', to_jsonb(d)->>'datlocale', '') as "icuLocale",
(select spcname from pg_tablespace s where s.oid = dattablespace) as tablespace, coalesce(shobj_description(d.oid, 'pg_database'), '') as comment,
datconnlimit as "connectionLimit", datistemplate as "isTemplate", datallowconn as "allowConnections"
from pg_database d where datname in (${sqlLiterals([...new Set(names)])})) r`),
      parse(output) {
        const found = new Map(parseRows(output).map(value => row.parse(value)).map(({ name, ...state }) => [name, {
          ...state, collate: localeName(state.collate), ctype: localeName(state.ctype), icuLocale: icuLocaleName(state.icuLocale),
        }]))
        return names.map(name => found.get(name) ?? null)
      },
    }
  },
  apply(key, current, desired) {
    if (desired === null) return drop(key)
    return { user: superuser, script: runSql, stdin: sqlInput(current ? alterations(key.name, current, desired) : creation(key, desired)) }
  },
  compare({ name, renamedFrom, former = null }, current, desired) {
    if (current !== null || desired === null || renamedFrom === undefined) return differences(current, desired)
    return [{ field: 'name', current: renamedFrom, desired: name }, ...differences(former ?? {}, desired)]
  },
  forecast: {
    needs: () => needsPostgres,
    sideEffects: ({ name, template, renamedFrom }, desired, current) => [
      ...(renamedFrom === undefined || desired === null ? [] : [{ kind: 'postgres-database' as const, identity: renamedFrom, state: null }]),
      // template0 is the only template that is known to contain nothing but PostgreSQL's own
      // objects.
      ...(current || desired === null || (renamedFrom === undefined && template === 'template0') ? [] : [{ kind: withContents, identity: name, state: {} }]),
    ],
  },
}

/** The server waits a few seconds for sessions to end, and then refuses. */
function drop({ name, force }: DatabaseKey): Writing {
  const script = apply`if e=$({ ${runSql}; } 2>&1); then exit 0; fi; printf '%s\n' "$e" >&2; case $e in *'other user'*|*'other session'*) echo ${hint} >&2; esac; exit 1`
  return { user: superuser, script, stdin: sqlInput([`DROP DATABASE ${sqlName(name)}${force ? ' WITH (FORCE)' : ''}`]) }
}

function creation({ name, template, spelt = {}, renamedFrom }: DatabaseKey, desired: DatabaseDesired): string[] {
  const { owner, encoding, provider, tablespace, ...later } = desired
  if (renamedFrom !== undefined) return [`ALTER DATABASE ${sqlName(renamedFrom)} RENAME TO ${sqlName(name)}`, ...alterations(name, null, desired)]
  const options = [
    owner === undefined ? '' : `OWNER ${sqlName(owner)}`,
    template === undefined ? '' : `TEMPLATE ${sqlName(template)}`,
    encoding === undefined ? '' : `ENCODING ${sqlLiteral(encoding)}`,
    spelt.collate === undefined ? '' : `LC_COLLATE ${sqlLiteral(spelt.collate)}`,
    spelt.ctype === undefined ? '' : `LC_CTYPE ${sqlLiteral(spelt.ctype)}`,
    provider === undefined ? '' : `LOCALE_PROVIDER ${sqlName(provider)}`,
    spelt.icuLocale === undefined ? '' : `ICU_LOCALE ${sqlLiteral(spelt.icuLocale)}`,
    tablespace === undefined ? '' : `TABLESPACE ${sqlName(tablespace)}`,
  ].filter(Boolean)
  return [`CREATE DATABASE ${sqlName(name)} ${options.join(' ')}`, ...alterations(name, null, later)]
}

/**
 * Separate statements, since SET TABLESPACE cannot run in a transaction. The one that closes the
 * database to sessions comes last.
 */
function alterations(name: string, current: DatabaseState | null, desired: DatabaseDesired): string[] {
  const alter = <Field extends 'owner' | 'tablespace' | 'connectionLimit' | 'isTemplate' | 'allowConnections' | 'comment'>(field: Field, statement: (value: NonNullable<DatabaseDesired[Field]>) => string) => {
    const value = desired[field]
    return value === undefined || value === null || value === current?.[field] ? [] : [statement(value)]
  }
  const database = sqlName(name)
  return [
    ...alter('owner', owner => `ALTER DATABASE ${database} OWNER TO ${sqlName(owner)}`),
    ...alter('tablespace', tablespace => `ALTER DATABASE ${database} SET TABLESPACE ${sqlName(tablespace)}`),
    ...alter('comment', comment => `COMMENT ON DATABASE ${database} IS ${sqlLiteral(comment)}`),
    ...alter('connectionLimit', limit => `ALTER DATABASE ${database} CONNECTION LIMIT ${limit}`),
    ...alter('isTemplate', is => `ALTER DATABASE ${database} IS_TEMPLATE ${is}`),
    ...alter('allowConnections', allow => `ALTER DATABASE ${database} ALLOW_CONNECTIONS ${allow}`),
  ]
}
