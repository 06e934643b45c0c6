import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { hasNoPsql, notAnswered, parseRows, readSql, readSqlIn, runSqlIn, sqlInput, sqlLiteral, sqlLiterals, sqlName } from '../../../../lib/resources/postgres/psql.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

/** Runs a script that finds the program given as its psql, or none. */
const withPsql = (script: string, program: string | undefined, input = '') => inTemporaryDirectory(async directory => {
  if (program !== undefined) writeFileSync(path.join(directory, 'psql'), `#!/bin/sh\n${program}\n`, { mode: 0o755 })
  const PATH = program === undefined ? directory : `${directory}:/usr/bin:/bin`
  const { stdout, status } = spawnSync('/bin/sh', ['-c', script.replace('/usr/lib/postgresql/', '/nonexistent/')], { input, encoding: 'utf8', env: { PATH } })
  return { stdout, status }
})

describe('psql', () => {
  it('quotes texts so that nothing in them is SQL', () => {
    expect(sqlLiteral("it's")).to.equal("'it''s'")
    expect(sqlLiteral("'; DROP DATABASE x; --")).to.equal("'''; DROP DATABASE x; --'")
    expect(sqlLiteral("back\\slash'")).to.equal(" E'back\\\\slash'''")
    expect(sqlLiterals(['a', "b'"])).to.equal(`'a', 'b'''`)
    expect(() => sqlLiteral('a\0b')).to.throw(RangeError)
  })

  it('quotes names, whatever is in them', () => {
    expect(sqlName('a"b; --')).to.equal('"a""b; --"')
    expect(() => sqlName('a\0b')).to.throw(RangeError)
  })

  it('reads in a session that cannot write', async () => {
    expect(await withPsql(readSql('select 1').text, 'echo "$PGDATABASE $PGOPTIONS"')).to.have.property('stdout').that.matches(/^postgres -c default_transaction_read_only=on /)
  })

  it('queries each database separately, and distinguishes one that does not exist from one that does not answer', async () => {
    const program = `for s; do :; done; case "$PGDATABASE $s" in "it's select 2") echo 7;; "postgres select 1 from pg_database where datname = 'closed'") echo 1;; "postgres "*) ;; *) exit 2;; esac`
    const queries = ["it's", 'closed', 'gone'].map(database => ({ database, query: 'select 2' }))
    expect(await withPsql(readSqlIn(queries).text, program)).to.deep.equal({ stdout: '7\nfalse\nnull\n', status: 0 })
  })

  it('runs statements from its standard input alone, those of a transaction between BEGIN and COMMIT', async () => {
    const input = sqlInput(['SELECT 1', 'SELECT 2'], { transaction: true }).toString()
    expect(input).to.equal('BEGIN;\nSELECT 1;\nSELECT 2;\nCOMMIT;\n')
    expect(sqlInput(['SELECT 1']).toString()).to.equal('SELECT 1;\n')
    expect(await withPsql(`{ ${runSqlIn("a=b'c").text}; } 2>&1`, 'echo "[$PGDATABASE] $*"; cat', input)).to.deep.equal({ stdout: `[a=b'c] -XAtq -v ON_ERROR_STOP=1 -f -\n${input}`, status: 0 })
  })

  it('takes a host without psql for one without roles, and a server that is down for an error', async () => {
    const { status, stdout } = await withPsql(readSql('select 1').text, undefined)
    const none = { stdout: Buffer.from(stdout), stderr: '', exitCode: status ?? 255 }
    expect([hasNoPsql(none), parseRows(none)]).to.deep.equal([true, []])
    const down = { stdout: Buffer.alloc(0), stderr: 'connection refused', exitCode: 2 }
    expect([hasNoPsql(down), notAnswered(down).message]).to.deep.equal([false, 'Could not query PostgreSQL.'])
    expect(() => parseRows(down)).to.throw('Could not query PostgreSQL.')
  })

  it('refuses an answer that is not a list', () => {
    expect(() => parseRows({ stdout: Buffer.from('{}'), stderr: '', exitCode: 0 })).to.throw('did not answer with a list')
  })
})
