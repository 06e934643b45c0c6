import type { Play } from '../../../lib/index.ts'
import { postgresDatabase } from '../../../modules/postgres-database.ts'
import { postgresExtension } from '../../../modules/postgres-extension.ts'
import { postgresGrant } from '../../../modules/postgres-grant.ts'
import { postgresUser } from '../../../modules/postgres-user.ts'
import { systemd } from '../../../modules/systemd.ts'

/** PostgreSQL with a database that the application owns, and a role that may only read. */
export function database({ task }: Play): void {
  task('PostgreSQL runs', systemd({ unit: 'postgresql@15-main', state: 'started' }))
  task('PostgreSQL starts at boot', systemd({ unit: 'postgresql', state: 'started', enabled: true }))
  task('Role of the application', postgresUser({ name: 'notes', createdb: false, comment: 'The application' }))
  task('Role of reports', postgresUser({ name: 'reports', connectionLimit: 5, config: { statement_timeout: '30s' } }))
  task('Database', postgresDatabase({ name: 'notes', owner: 'notes', encoding: 'UTF8', comment: 'All notes' }))
  task('Search for similar words', postgresExtension({ database: 'notes', name: 'pg_trgm' }))
  task('Reports read what the application will make', postgresGrant({ role: 'reports', database: 'notes', on: 'default-tables', madeBy: 'notes', privileges: ['SELECT'] }))
}
