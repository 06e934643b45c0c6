import { z } from 'zod'
import { defineModule, PlaybookError, postgresDatabase, postgresExtension as extension, postgresName, postgresText, want } from '../lib/index.ts'

const args = z.strictObject({
  /** The database it is in. */
  database: postgresName,
  /** Name of the extension, as in 'pg_trgm'. The package that brings it has to be installed. */
  name: postgresName,
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** @default as it is, the newest that is installed for a new one */
  version: postgresText.min(1, 'must be a version, as in \'1.6\'').optional(),
  /** Schema for its objects. @default as it is, for a new one what the extension says or else public */
  schema: postgresName.optional(),
  /** With 'present', make also the extensions that it needs; with 'absent', drop also whatever needs it. @default false */
  cascade: z.boolean('must be true or false').default(false),
})

/**
 * An extension in a database of PostgreSQL.
 *
 * Of Ansible's postgresql_ext there are not: `version: latest` (name the version), `trust_input`, `comment`,
 * `session_role`, and the `login_…` and `ssl_…` arguments.
 * Sources: PostgreSQL documentation, CREATE EXTENSION, ALTER EXTENSION, DROP EXTENSION.
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
    const [there] = await Promise.all([host.current(postgresDatabase, { name: database }), host.current(extension, key)])
    if (!there && !host.mayCome()) throw new PlaybookError(`There is no database ${database}.`, { hint: 'Make it by a task before this one (postgres-database).' })
    return { wants: [want(extension, key, desired)] }
  },
})
