import { z } from 'zod'
import { defineModule, PlaybookError, want } from '../lib/resource.ts'
import { connectionLimit, postgresName, postgresText } from '../lib/resources/postgres/arguments.ts'
import { encodingName } from '../lib/resources/postgres/encoding.ts'
import { icuLocaleName, localeName } from '../lib/resources/postgres/locale.ts'
import { missingRoles, noSuchRole } from '../lib/resources/postgres/needed-role.ts'
import { postgresDatabaseResource as databaseResource, type DatabaseState } from '../lib/resources/postgres/postgres-database.ts'

const locale = postgresText.min(1, 'must be a locale, as in \'C.UTF-8\'').optional()

const args = z.strictObject({
  /** Name of the database; its case, and whatever else is in it, is kept. */
  name: postgresName,
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Role that owns it. @default as it is, postgres for a new one */
  owner: postgresName.optional(),
  /** Character set, however spelt: 'UTF8', 'utf-8'. Given when it is made, and for ever. @default the template's */
  encoding: postgresText.transform((given, context) => encodingName(given) ?? context.addIssue({ code: 'custom', message: 'must be a character set of PostgreSQL, as in \'UTF8\'' }) ?? given).optional(),
  /** Order of texts. Given when it is made, and for ever. @default the template's */
  collate: locale,
  /** Classes of characters. Given when it is made, and for ever. @default the template's */
  ctype: locale,
  /** Whose locales it uses, from PostgreSQL 15 on. Given when it is made, and for ever. @default the template's */
  provider: z.enum(['libc', 'icu'], 'must be \'libc\' or \'icu\'').optional(),
  /** Locale of ICU, as in 'de-DE'; implies the provider 'icu'. @default the template's */
  icuLocale: locale,
  /** Database that a new one is a copy of. @default 'template0' where encoding or a locale is given (others allow no other one), else 'template1' */
  template: postgresName.optional(),
  /** Connections at the same time; 0 is none, -1 no limit. @default as it is, -1 for a new one */
  connectionLimit: connectionLimit.optional(),
  /** '' takes the comment away. @default as it is */
  comment: postgresText.optional(),
  /** Where its files are. To move them, nobody may be connected. @default as it is */
  tablespace: postgresName.optional(),
  /** Whether whoever may make databases may copy it; PostgreSQL does not drop a template. @default as it is, false for a new one */
  isTemplate: z.boolean('must be true or false').optional(),
  /** false: nobody can connect. @default as it is, true for a new one */
  allowConnections: z.boolean('must be true or false').optional(),
  /** The name it had: where this one is not there and that one is, it is renamed. */
  renamedFrom: postgresName.optional(),
  /** With 'absent': sessions that are open in it are ended. Left out, they keep it. @default false */
  force: z.boolean('must be true or false').default(false),
}).refine(({ name, renamedFrom }) => name !== renamedFrom, { path: ['renamedFrom'], message: 'must be another name than name' })
  .refine(({ provider, icuLocale }) => provider !== 'libc' || icuLocale === undefined, { path: ['icuLocale'], message: 'must not be given with the provider \'libc\'' })

/** Decided when a database is made. */
const fixed = ['encoding', 'collate', 'ctype', 'provider', 'icuLocale'] as const

/**
 * A database of PostgreSQL. Owner, tablespace, limits and comment can change; encoding and locale cannot, and are an error when they
 * differ: nothing is ever dropped to be made anew. stead works as the host's user postgres, over the socket.
 *
 * Of Ansible's postgresql_db there are not: `lc_collate`, `lc_ctype`, `conn_limit` (here `collate`, `ctype`, `connectionLimit`),
 * `state: dump` and `restore` with `target…` and `dump_extra_args` (no states), `state: rename` (`renamedFrom`), `trust_input` (all names are
 * quoted), `maintenance_db`, `session_role`, and the `login_…` and `ssl_…` arguments.
 * Sources: PostgreSQL documentation, CREATE DATABASE, ALTER DATABASE, DROP DATABASE.
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
    if (template !== undefined && !current && !former && !copied && !host.anythingPending()) throw new PlaybookError(`There is no database ${template} to be copied.`, { hint: 'Make it in an earlier task (postgres-database).' })
    const needsEmpty = fixed.some(field => desired[field] !== undefined)
    const key = { name, template: template ?? (needsEmpty ? 'template0' : undefined), spelt: { collate, ctype, icuLocale }, ...(former ? { renamedFrom, former } : {}) }
    return { wants: [want(databaseResource, key, desired)] }
  },
})

function refuseChange(name: string, current: DatabaseState | null, desired: Partial<DatabaseState>): void {
  const differing = current ? fixed.filter(field => desired[field] !== undefined && desired[field] !== current[field]) : []
  if (!current || differing.length === 0) return
  const told = (state: Partial<DatabaseState>) => differing.map(field => `${field} ${state[field] || '(none)'}`).join(', ')
  throw new PlaybookError(`The database ${name} has ${told(current)}, and is to have ${told(desired)}.`, {
    hint: 'That is decided when a database is made. Dump it, drop it, let stead make it anew, and restore the dump.',
  })
}
