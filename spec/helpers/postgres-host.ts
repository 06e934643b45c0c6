import { quote } from '../../lib/text/quote.ts'
import { apt } from '../../modules/apt.ts'
import { dropHost, labHost, type SpecHost } from './module-host.ts'

/** The lab host that all specs about PostgreSQL share. */
export const postgresHostName = 'spec-pg'

let ready: Promise<SpecHost> | undefined

/** That host, with PostgreSQL of Debian running on it. */
export function postgresHost(): Promise<SpecHost> {
  return ready ??= labHost(postgresHostName).then(async host => {
    await host.apply(apt({ packages: ['postgresql'] }))
    return host
  })
}

/** A shell script that runs SQL as postgres, with one value per line. */
export function sqlScript(sql: string, { database = 'postgres', options = '' } = {}): string {
  return `cd / && PGDATABASE=${quote(database)} PGOPTIONS='${options}' PGCLIENTENCODING=UTF8 runuser -u postgres -- psql -XAtq -v ON_ERROR_STOP=1 -f - <<'END_OF_SQL'\n${sql}\nEND_OF_SQL`
}

/** Runs SQL on the host as postgres and returns its output. */
export async function sql(statements: string, options?: { database?: string; options?: string }): Promise<string> {
  return (await (await postgresHost()).sh(sqlScript(statements, options))).trim()
}

/** Drops every database, role and tablespace that another spec, or a run of this one, left. */
export async function emptyCluster(): Promise<void> {
  const made = "rolname !~ '^pg_' and rolname <> 'postgres'"
  await sql(["select format('alter database %I is_template false', datname) from pg_database where datname not in ('postgres', 'template0', 'template1') \\gexec",
    "select format('drop database %I with (force)', datname) from pg_database where datname not in ('postgres', 'template0', 'template1') \\gexec",
    "select format('drop tablespace %I', spcname) from pg_tablespace where spcname !~ '^pg_' \\gexec",
    `select format('drop owned by %I', rolname) from pg_roles where ${made} \\gexec`, `select format('drop role %I', rolname) from pg_roles where ${made} \\gexec`].join('\n'))
}

after(() => dropHost(postgresHostName))
