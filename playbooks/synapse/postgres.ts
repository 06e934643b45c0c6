import type { Play } from '../../lib/index.ts'
import { postgresDatabase } from '../../modules/postgres-database.ts'
import { postgresUser } from '../../modules/postgres-user.ts'
import { systemd } from '../../modules/systemd.ts'

/**
 * PostgreSQL of Debian 12 with one role and its database, in the encoding and locale that Synapse
 * requires.
 */
export function postgres({ task }: Play, { role, database }: { role: string; database: string }): void {
  task('PostgreSQL runs', systemd({ unit: 'postgresql@15-main', state: 'started' }), { tags: ['postgres'] })
  task('PostgreSQL starts at boot', systemd({ unit: 'postgresql', state: 'started', enabled: true }), { tags: ['postgres'] })
  task('Role of Synapse', postgresUser({ name: role, login: true, superuser: false, createdb: false, createrole: false }), { tags: ['postgres'] })
  task('Database of Synapse', postgresDatabase({ name: database, owner: role, encoding: 'UTF8', collate: 'C', ctype: 'C', template: 'template0' }), { tags: ['postgres'] })
}
