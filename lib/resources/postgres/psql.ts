import { ReadError } from '../../errors.ts'
import { apply, read, readLines, type ApplyScript, type ReadScript } from '../../shell/script.ts'
import type { Need } from '../../state/forecast.ts'
import type { Output } from '../../shell/output.ts'

/** The user of the host who is PostgreSQL's superuser, by Debian's `local all postgres peer`. */
export const superuser = 'postgres'

/** EX_UNAVAILABLE of sysexits.h: psql is not on the host. */
const NO_PSQL = 69

/** Every write needs a server, whose Debian packages also bring psql. */
export const needsPostgres: readonly Need[] = [{ program: 'psql', test: read`ls /usr/lib/postgresql/*/bin/psql || command -v psql`, packages: ['postgresql'] }]

/** The database in which statements run that do not belong to one. */
export const maintenance = 'postgres'

/**
 * Quotes a string for SQL, with `E''` if it contains a backslash, as quote_literal() does.
 * Source: PostgreSQL documentation, 4.1.2 Constants.
 *
 * @throws RangeError for NUL, which PostgreSQL text cannot contain.
 * @example sqlLiteral("it's") // "'it''s'"
 */
export function sqlLiteral(text: string): string {
  if (text.includes('\0')) throw new RangeError('PostgreSQL text must not contain NUL.')
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return text.includes('\\') ? ` E${quoted}` : quoted
}

/**
 * Quotes a name for SQL, whatever is in it. Source: PostgreSQL documentation, 4.1.1 Identifiers.
 * @example sqlName('a"b') // '"a""b"'
 */
export function sqlName(name: string): string {
  if (name.includes('\0')) throw new RangeError('A PostgreSQL name must not contain NUL.')
  return `"${name.replaceAll('"', '""')}"`
}

/** A list of literals for `in (…)`; never empty. */
export function sqlLiterals(texts: readonly string[]): string {
  return texts.map(sqlLiteral).join(', ')
}

/**
 * Calls psql independently of the host's configuration. The database is set in the environment: `-d
 * a=b` would be read as connection parameters.
 */
function psql(database: string, options: string, program = read`psql`): ReadScript {
  return read`PGDATABASE=${database} PGCLIENTENCODING=UTF8 PGOPTIONS=${options} ${program} -XAtq -v ON_ERROR_STOP=1`
}

const readOnly = '-c default_transaction_read_only=on -c standard_conforming_strings=on -c datestyle=ISO'

/**
 * Finds the program `$q` that {@link ask} runs: Debian's /usr/bin/psql is a wrapper in Perl that
 * takes ten times as long as the program itself. Like the wrapper, it finds a single cluster on any
 * port.
 */
const findPsql = read`for q in /usr/lib/postgresql/*/bin/psql; do :; done; [ -x "$q" ] || q=$(command -v psql) || exit ${NO_PSQL}
s=/var/run/postgresql/.s.PGSQL.; p=; [ -S "\${s}5432" ] || for f in "$s"*[0-9]; do [ -S "$f" ] && p="$p \${f#"$s"}"; done; case $p in ' '*' '*|'') ;; *) export PGPORT="\${p# }";; esac`

/**
 * Lists the clusters that initdb(1) left half made, with fewer than the three databases of a new
 * one. That explains why PostgreSQL does not answer.
 */
const listHalfMade = read`for d in /var/lib/postgresql/*/*/base; do set -- "$d"/[0-9]*; [ $# -gt 2 ] || [ ! -d "$d" ] || echo "half made: \${d%/base}" >&2; done`

/** psql in a session that cannot write. */
const ask = (database: string): ReadScript => psql(database, readOnly, read`"$q"`)

/** Runs one query, whose answer is a JSON value, in a session that cannot write. */
export function readSql(query: string): ReadScript {
  return read`${findPsql}; ${ask(maintenance)} -c ${query} || { c=$?; ${listHalfMade}; exit $c; }`
}

/** One query in one database. */
export interface DatabaseQuery {
  database: string
  query: string
}

/**
 * Runs one query in each database, independently. Each answer is a line of JSON: `null` if the
 * database does not exist, `false` if the query failed.
 */
export function readSqlIn(queries: readonly DatabaseQuery[]): ReadScript {
  const asked = queries.map(({ database, query }) => {
    const found = read`${ask(maintenance)} -c ${`select 1 from pg_database where datname = ${sqlLiteral(database)}`}`
    return read`${ask(database)} -c ${query} || if f=$(${found}) && [ -z "$f" ]; then echo null; else echo false; ${listHalfMade}; fi`
  })
  return readLines([findPsql, ...asked])
}

/** Runs statements from standard input, so that they never appear in a command line. */
export function runSqlIn(database: string): ApplyScript {
  return apply`${psql(database, '-c standard_conforming_strings=on')} -f - >&2`
}

/** Runs statements that do not belong to a database. */
export const runSql: ApplyScript = runSqlIn(maintenance)

/** Encodes statements for standard input, on request as one transaction. */
export function sqlInput(statements: readonly string[], { transaction = false } = {}): Buffer {
  const all = transaction ? ['BEGIN', ...statements, 'COMMIT'] : statements
  return Buffer.from(all.map(statement => `${statement};\n`).join(''))
}

/** Whether the answer came from a host without PostgreSQL. */
export function hasNoPsql({ exitCode }: Output): boolean {
  return exitCode === NO_PSQL
}

/** The error for a query that PostgreSQL did not answer, in its own words. */
export function notAnswered({ stderr, exitCode }: Output): ReadError {
  const [, directory] = /^half made: (.*)$/m.exec(stderr) ?? []
  const [version = '', name = ''] = directory?.split('/').slice(-2) ?? []
  const hint = directory === undefined ? 'Is it running? systemctl status postgresql'
    : `The cluster in ${directory} is only half made: initdb was interrupted, and it never contained data. If you agree: rm -r ${directory} /etc/postgresql/${version}/${name}; pg_createcluster ${version} ${name} --start`
  return new ReadError('Could not query PostgreSQL.', { stderr: stderr.replace(/^half made: .*\n?/gm, ''), exitCode, hint })
}

/** The rows of {@link readSql}; none if PostgreSQL is not installed. */
export function parseRows(output: Output): unknown[] {
  if (hasNoPsql(output)) return []
  if (output.exitCode !== 0) throw notAnswered(output)
  const rows: unknown = JSON.parse(output.stdout.toString())
  if (!Array.isArray(rows)) throw new ReadError('PostgreSQL did not answer with a list.')
  return rows
}
