import { z } from 'zod'
import { defineModule, PlaybookError, want, type HostView } from '../lib/resource.ts'
import { postgresName, postgresText } from '../lib/resources/postgres/arguments.ts'
import { postgresAvailableResource } from '../lib/resources/postgres/postgres-available.ts'
import { postgresDatabaseResource } from '../lib/resources/postgres/postgres-database.ts'
import { postgresExtensionResource as extension } from '../lib/resources/postgres/postgres-extension.ts'

const args = z.strictObject({
  /** Its database. */
  database: postgresName,
  /** Name of the extension, as in 'pg_trgm'. Its package must be installed. */
  name: postgresName,
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** @default as it is, the newest available for a new one */
  version: postgresText.min(1, 'must be a version, as in \'1.6\'').optional(),
  /**
   * Schema for its objects.
   * @default as it is; for a new one what the extension requires, else public
   */
  schema: postgresName.optional(),
  /**
   * With 'present', also create the extensions that it requires; with 'absent', also drop
   * everything that depends on it.
   * @default false
   */
  cascade: z.boolean('must be true or false').default(false),
})

/**
 * An extension in a database of PostgreSQL.
 *
 * Not supported from Ansible's `postgresql_ext`: `version: latest` (name the version),
 * `trust_input`, `comment`, `session_role`, and the `login_…` and `ssl_…` arguments. Sources:
 * PostgreSQL documentation, CREATE EXTENSION, ALTER EXTENSION, DROP EXTENSION.
 *
 * @example
 * apt({ packages: ['postgresql'] })
 * postgresDatabase({ name: 'app' })
 * postgresExtension({ database: 'app', name: 'pg_trgm' })
 */
export const postgresExtension = defineModule({
  name: 'postgres-extension',
  args,
  async plan({ database, name, state, cascade, ...desired }, host) {
    const key = { database, name, cascade }
    if (state === 'absent') return { wants: [want(extension, key, null)] }
    const [there, current] = await Promise.all([host.current(postgresDatabaseResource, { name: database }), host.current(extension, key)])
    if (!there && !host.packagesPending()) throw new PlaybookError(`There is no database ${database}.`, { hint: 'Create it in an earlier task (postgres-database).' })
    const comes = current === null ? desired.version : desired.version === current.version ? undefined : desired.version
    if ((current === null || comes !== undefined) && !host.anythingPending()) await refuseUnavailable(host, { database, name, cascade, version: comes })
    return { wants: [want(extension, key, desired)] }
  },
})

/**
 * Finds early what the server would refuse only at CREATE EXTENSION. An earlier task may create
 * what it requires.
 */
async function refuseUnavailable(host: HostView, { database, name, cascade, version }: { database: string; name: string; cascade: boolean; version: string | undefined }): Promise<void> {
  const available = await host.current(postgresAvailableResource, { name })
  if (!available) throw new PlaybookError(`PostgreSQL on this host has no extension ${name}.`, { hint: 'Install its package in an earlier task (apt); select name from pg_available_extensions lists what is available.' })
  const required = available.requires[version ?? available.defaultVersion]
  if (required === undefined) throw new PlaybookError(`PostgreSQL on this host has no version ${version ?? available.defaultVersion} of the extension ${name}, but ${Object.keys(available.requires).sort().join(', ')}.`)
  const names = required.split(' ').filter(Boolean)
  const states = await Promise.all(names.map(async other => (await host.current(extension, { database, name: other })) ?? (cascade ? await host.current(postgresAvailableResource, { name: other }) : null)))
  const missing = names.filter((_, index) => states[index] === null)
  if (missing.length) throw new PlaybookError(`The extension ${name} requires ${missing.join(', ')}, which ${missing.length > 1 ? 'are' : 'is'} not ${cascade ? 'available' : `in the database ${database}`}.`, { hint: cascade ? 'Install their packages (apt).' : 'Create it in an earlier task, or set cascade: true.' })
}
