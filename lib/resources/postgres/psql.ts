import { ReadError } from '../../errors.ts'
import { apply, read, readLines, type ApplyScript, type ReadScript } from '../../shell/script.ts'
import type { Need } from '../../state/forecast.ts'
import type { Output } from '../../shell/output.ts'

/** The user of the host that PostgreSQL's own superuser is, by Debian's `local all postgres peer`. */
export const superuser = 'postgres'

/** EX_UNAVAILABLE of sysexits.h: there is no psql on this host. */
const NO_PSQL = 69

/** A check wants a server for whatever is written: Debian's packages of that name bring psql as well. */
export const needsPostgres: readonly Need[] = [{ program: 'psql', test: read`ls /usr/lib/postgresql/*/bin/psql || command -v psql`, packages: ['postgresql'] }]

/** Where statements run that belong to no database. */
export const maintenance = 'postgres'

/**
 * Quotes a string for SQL: with `E''` where it holds a backslash, as quote_literal() does.
 * Source: PostgreSQL documentation, 4.1.2 Constants.
 *
 * @throws RangeError for a NUL, which no text of PostgreSQL can hold.
 * @example sqlLiteral("it's") // "'it''s'"
 */
export function sqlLiteral(text: string): string {
  if (text.includes('\0')) throw new RangeError('A text of PostgreSQL must not hold a NUL.')
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return text.includes('\\') ? ` E${quoted}` : quoted
}

/** Quotes a name for SQL, whatever is in it. Source: PostgreSQL documentation, 4.1.1 Identifiers. @example sqlName('a"b') // '"a""b"' */
export function sqlName(name: string): string {
  if (name.includes('\0')) throw new RangeError('A name of PostgreSQL must not hold a NUL.')
  return `"${name.replaceAll('"', '""')}"`
}

/** A list of literals for `in (…)`; never empty. */
export function sqlLiterals(texts: readonly string[]): string {
  return texts.map(sqlLiteral).join(', ')
}

/** What of a session must not depend on the host. The database goes by the environment: `-d a=b` would be read as connection parameters. */
function psql(database: string, options: string, program = read`psql`): ReadScript {
  return read`PGDATABASE=${database} PGCLIENTENCODING=UTF8 PGOPTIONS=${options} ${program} -XAtq -v ON_ERROR_STOP=1`
}

const readOnly = '-c default_transaction_read_only=on -c standard_conforming_strings=on -c datestyle=ISO'

/**
 * Finds the program `$q` that {@link ask} runs: Debian's /usr/bin/psql is a wrapper in Perl that takes ten times as long as the program itself. Like the
 * wrapper, it finds the one cluster that there is on whatever port.
 */
const findPsql = read`for q in /usr/lib/postgresql/*/bin/psql; do :; done; [ -x "$q" ] || q=$(command -v psql) || exit ${NO_PSQL}
s=/var/run/postgresql/.s.PGSQL.; p=; [ -S "\${s}5432" ] || for f in "$s"*[0-9]; do [ -S "$f" ] && p="$p \${f#"$s"}"; done; case $p in ' '*' '*|'') ;; *) export PGPORT="\${p# }";; esac`

/** Says which clusters initdb(1) left half made: with fewer than the three databases of a new one. Where PostgreSQL did not answer, that is why. */
const tellHalfMade = read`for d in /var/lib/postgresql/*/*/base; do set -- "$d"/[0-9]*; [ $# -gt 2 ] || [ ! -d "$d" ] || echo "half made: \${d%/base}" >&2; done`

/** psql in a session that cannot write. */
const ask = (database: string): ReadScript => psql(database, readOnly, read`"$q"`)

/** Asks one query, whose answer is one JSON value, in a session that cannot write. */
export function readSql(query: string): ReadScript {
  return read`${findPsql}; ${ask(maintenance)} -c ${query} || { c=$?; ${tellHalfMade}; exit $c; }`
}

/** One query in one database. */
export interface DatabaseQuery {
  database: string
  query: string
}

/**
 * Asks one query in each database, each on its own: the answer of each is a line of JSON, `null` where there is no such database,
 * and `false` where it could not be asked.
 */
export function readSqlIn(queries: readonly DatabaseQuery[]): ReadScript {
  const asked = queries.map(({ database, query }) => {
    const found = read`${ask(maintenance)} -c ${`select 1 from pg_database where datname = ${sqlLiteral(database)}`}`
    return read`${ask(database)} -c ${query} || if f=$(${found}) && [ -z "$f" ]; then echo null; else echo false; ${tellHalfMade}; fi`
  })
  return readLines([findPsql, ...asked])
}

/** Runs statements that come by standard input: none of them is ever in a command line. */
export function runSqlIn(database: string): ApplyScript {
  return apply`${psql(database, '-c standard_conforming_strings=on')} -f - >&2`
}

/** Runs statements that belong to no database. */
export const runSql: ApplyScript = runSqlIn(maintenance)

/** Statements as they are run; those of one transaction all or none. */
export function sqlInput(statements: readonly string[], { transaction = false } = {}): Buffer {
  const all = transaction ? ['BEGIN', ...statements, 'COMMIT'] : statements
  return Buffer.from(all.map(statement => `${statement};\n`).join(''))
}

/** Whether the answer came from a host without PostgreSQL. */
export function hasNoPsql({ exitCode }: Output): boolean {
  return exitCode === NO_PSQL
}

/** The error of a question that PostgreSQL did not answer, in its own words. */
export function notAnswered({ stderr, exitCode }: Output): ReadError {
  const [, directory] = /^half made: (.*)$/m.exec(stderr) ?? []
  const [version = '', name = ''] = directory?.split('/').slice(-2) ?? []
  const hint = directory === undefined ? 'Is it running? systemctl status postgresql'
    : `The cluster in ${directory} was only half made: initdb was cut off, and nothing was ever in it. Unless you know better: rm -r ${directory} /etc/postgresql/${version}/${name}; pg_createcluster ${version} ${name} --start`
  return new ReadError('PostgreSQL could not be asked.', { stderr: stderr.replace(/^half made: .*\n?/gm, ''), exitCode, hint })
}

/** The rows of {@link readSql}; none where PostgreSQL is not installed. */
export function parseRows(output: Output): unknown[] {
  if (hasNoPsql(output)) return []
  if (output.exitCode !== 0) throw notAnswered(output)
  const rows: unknown = JSON.parse(output.stdout.toString())
  if (!Array.isArray(rows)) throw new ReadError('PostgreSQL did not answer with a list.')
  return rows
}
