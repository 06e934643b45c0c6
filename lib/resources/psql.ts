import { ReadError } from '../errors.ts'
import { apply, read, type ApplyScript, type ReadScript } from '../shell/script.ts'
import type { Output } from '../state/resource.ts'

/** The user of the host that PostgreSQL's own superuser is, by Debian's `local all postgres peer`. */
export const superuser = 'postgres'

/** EX_UNAVAILABLE of sysexits.h: there is no psql on this host. */
const NO_PSQL = 69

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

/** Asks one query, whose answer is one JSON value, in a session that cannot write. */
export function readSql(query: string): ReadScript {
  // Debian's /usr/bin/psql is a wrapper in Perl that takes ten times as long as the program itself.
  return read`for q in /usr/lib/postgresql/*/bin/psql; do :; done; [ -x "$q" ] || q=$(command -v psql) || exit ${NO_PSQL}
PGOPTIONS='-c default_transaction_read_only=on' "$q" -XAtq -v ON_ERROR_STOP=1 -d postgres -c ${query}`
}

/** Runs statements that come by standard input: none of them is ever in a command line. */
export const runSql: ApplyScript = apply`psql -XAtq -v ON_ERROR_STOP=1 -d postgres -f - >&2`

/** The rows of {@link readSql}; none where PostgreSQL is not installed. */
export function parseRows({ stdout, stderr, exitCode }: Output): unknown[] {
  if (exitCode === NO_PSQL) return []
  if (exitCode !== 0) throw new ReadError('PostgreSQL could not be asked.', { stderr, exitCode, hint: 'Is it running? systemctl status postgresql' })
  const rows: unknown = JSON.parse(stdout.toString())
  if (!Array.isArray(rows)) throw new ReadError('PostgreSQL gave an answer that is no list.')
  return rows
}
