import { z } from 'zod'
import { defineModule, PlaybookError, want } from '../lib/resource.ts'
import { connectionLimit, postgresName, postgresText } from '../lib/resources/postgres/arguments.ts'
import { encodingName } from '../lib/resources/postgres/encoding.ts'
import { icuLocaleName, localeName } from '../lib/resources/postgres/locale.ts'
import { missingRoles, noSuchRole } from '../lib/resources/postgres/needed-role.ts'
import { postgresDatabaseResource as databaseResource, type DatabaseState } from '../lib/resources/postgres/postgres-database.ts'

const locale = postgresText.min(1, 'must be a locale, as in \'C.UTF-8\'').optional()

const args = z.strictObject({
  /** Name of the database, taken literally, including its case. */
  name: postgresName,
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** The role that owns it. @default as it is, postgres for a new one */
  owner: postgresName.optional(),
  /**
   * Character set, in any spelling: 'UTF8', 'utf-8'. Fixed when the database is created.
   * @default the template's
   */
  encoding: postgresText.transform((given, context) => encodingName(given) ?? context.addIssue({ code: 'custom', message: 'must be a character set of PostgreSQL, as in \'UTF8\'' }) ?? given).optional(),
  /** Collation. Fixed when the database is created. @default the template's */
  collate: locale,
  /** Character classification. Fixed when the database is created. @default the template's */
  ctype: locale,
  /**
   * Locale provider, from PostgreSQL 15 on. Fixed when the database is created.
   * @default the template's
   */
  provider: z.enum(['libc', 'icu'], 'must be \'libc\' or \'icu\'').optional(),
  /** Locale of ICU, as in 'de-DE'; implies the provider 'icu'. @default the template's */
  icuLocale: locale,
  /**
   * The database that a new one is copied from.
   * @default 'template0' where encoding or a locale is given (other templates do not allow
   * another), else 'template1'
   */
  template: postgresName.optional(),
  /** Maximum number of connections; 0 is none, -1 unlimited. @default as it is, -1 for a new one */
  connectionLimit: connectionLimit.optional(),
  /** '' removes the comment. @default as it is */
  comment: postgresText.optional(),
  /** Tablespace of its files. Moving them requires that nobody is connected. @default as it is */
  tablespace: postgresName.optional(),
  /**
   * Allow everybody who can create databases to copy it; PostgreSQL does not drop a template.
   * @default as it is, false for a new one
   */
  isTemplate: z.boolean('must be true or false').optional(),
  /** false: nobody can connect. @default as it is, true for a new one */
  allowConnections: z.boolean('must be true or false').optional(),
  /** Its former name: where `name` does not exist and this does, the database is renamed. */
  renamedFrom: postgresName.optional(),
  /**
   * With 'absent': end open sessions. Otherwise open sessions prevent the removal.
   * @default false
   */
  force: z.boolean('must be true or false').default(false),
}).refine(({ name, renamedFrom }) => name !== renamedFrom, { path: ['renamedFrom'], message: 'must be another name than name' })
  .refine(({ provider, icuLocale }) => provider !== 'libc' || icuLocale === undefined, { path: ['icuLocale'], message: 'must not be given with the provider \'libc\'' })

/** Fixed when a database is created. */
const fixed = ['encoding', 'collate', 'ctype', 'provider', 'icuLocale'] as const

/**
 * A database of PostgreSQL. Owner, tablespace, limits and comment can change; encoding and locale
 * cannot, and a difference is an error: stead never drops a database to recreate it. stead connects
 * as the host's user postgres, over the socket.
 *
 * Not supported from Ansible's `postgresql_db`: `lc_collate`, `lc_ctype`, `conn_limit` (here
 * `collate`, `ctype`, `connectionLimit`), `state: dump` and `restore` with `target…` and
 * `dump_extra_args` (not states), `state: rename` (`renamedFrom`), `trust_input` (all names are
 * quoted), `maintenance_db`, `session_role`, and the `login_…` and `ssl_…` arguments. Sources:
 * PostgreSQL documentation, CREATE DATABASE, ALTER DATABASE, DROP DATABASE.
 *
 * @example
 * apt({ packages: ['postgresql'] })
 * postgresUser({ name: 'app' })
 * postgresDatabase({ name: 'app', owner: 'app', encoding: 'UTF8', collate: 'C', ctype: 'C' })
 */
export const postgresDatabase = defineModule({
  name: 'postgres-database',
  args,
  async plan({ name, state, template, renamedFrom, force, ...given }, host) {
    if (state === 'absent') return { wants: [want(databaseResource, { name, force }, null)] }
    const { collate, ctype, icuLocale } = given
    const desired = {
      ...given, provider: icuLocale === undefined ? given.provider : 'icu', collate: collate && localeName(collate), ctype: ctype && localeName(ctype), icuLocale: icuLocale && icuLocaleName(icuLocale),
    }
    const find = (other: string | undefined) => (other === undefined ? null : host.current(databaseResource, { name: other }))
    const [current, former, copied, missing] = await Promise.all([find(name), find(renamedFrom), find(template), missingRoles(host, given.owner === undefined ? [] : [given.owner])])
    if (current && former) throw new PlaybookError(`There are both a database ${name} and a database ${renamedFrom} that it should be renamed from.`, { hint: 'Drop or rename one of them by hand.' })
    refuseChange(name, current ?? former, desired)
    if (missing[0] !== undefined) throw noSuchRole(missing[0])
    if (template !== undefined && !current && !former && !copied && !host.anythingPending()) throw new PlaybookError(`There is no database ${template} to copy.`, { hint: 'Create it in an earlier task (postgres-database).' })
    const needsEmpty = fixed.some(field => desired[field] !== undefined)
    const key = { name, template: template ?? (needsEmpty ? 'template0' : undefined), spelt: { collate, ctype, icuLocale }, ...(former ? { renamedFrom, former } : {}) }
    return { wants: [want(databaseResource, key, desired)] }
  },
})

function refuseChange(name: string, current: DatabaseState | null, desired: Partial<DatabaseState>): void {
  const differing = current ? fixed.filter(field => desired[field] !== undefined && desired[field] !== current[field]) : []
  if (!current || differing.length === 0) return
  const told = (state: Partial<DatabaseState>) => differing.map(field => `${field} ${state[field] || '(none)'}`).join(', ')
  throw new PlaybookError(`The database ${name} has ${told(current)} but should have ${told(desired)}.`, {
    hint: 'This is fixed when a database is created. Dump it, drop it, let stead create it again, and restore the dump.',
  })
}
