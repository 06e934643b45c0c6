import { expect } from 'chai'
import fc from 'fast-check'
import { postgresRoleResource } from '../../lib/resources/postgres/postgres-role.ts'
import { sqlLiteral, sqlName } from '../../lib/resources/postgres/psql.ts'
import { postgresDatabase } from '../../modules/postgres-database.ts'
import { postgresExtension } from '../../modules/postgres-extension.ts'
import { postgresGrant } from '../../modules/postgres-grant.ts'
import { postgresUser } from '../../modules/postgres-user.ts'
import { errorOf, diffs } from '../helpers/module-host.ts'
import { emptyCluster, postgresHost, sql } from '../helpers/postgres-host.ts'

const character = fc.oneof(
  fc.constantFrom("'", '"', '\\', '$', '$$', ':', ':x', ':\'x\'', '|', ';', '--', '/*', '\n', '\r', '\t', '`', '%', '%s', '\\!', '\\q\n', '\u0001', 'é', '\u{1F600}', "E'", '(', '.'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter(text => text !== '\0' && !/\p{Surrogate}/u.test(text)),
)
const anyText = fc.array(character, { maxLength: 12 }).map(parts => parts.join(''))
const anyName = anyText.filter(name => name !== '' && Buffer.byteLength(name) <= 63 && !name.startsWith('pg_'))

describe('SQL', () => {
  before(async function () {
    this.timeout(240_000)
    await emptyCluster()
  })

  it('any text comes back from the server as it was (property)', async () => {
    const texts = fc.sample(anyText, { numRuns: 300, seed: 4 })
    const lines = await sql(texts.map(text => `select encode(convert_to(${sqlLiteral(text)}, 'UTF8'), 'hex') || '.';`).join('\n'))
    expect(lines.split('\n')).to.deep.equal(texts.map(text => `${Buffer.from(text).toString('hex')}.`))
    const backslashes = await sql(texts.map(text => `select encode(convert_to(${sqlLiteral(text)}, 'UTF8'), 'hex') || '.';`).join('\n'), { options: '-c standard_conforming_strings=off' })
    expect(backslashes).to.equal(lines)
  }).timeout(180_000)

  it('any name is created and read back as it was (property)', async () => {
    const names = [...new Set(fc.sample(anyName, { numRuns: 200, seed: 5 }))]
    const made = await sql(['begin;', ...names.map(name => `create schema ${sqlName(name)};`), "select json_agg(nspname) from pg_namespace where nspname !~ '^(pg_|information_schema$|public$)';", 'rollback;'].join('\n'))
    const found: unknown = JSON.parse(made)
    expect(found).to.have.members(names)
  }).timeout(180_000)

  it('[role 14] a role with any name is created, reads back correctly, and is dropped (property)', async () => {
    const host = await postgresHost()
    const names = ['a|b', 'D-Upper', 'with.dot', `x"; drop role postgres; --`, '\\q', ...new Set(fc.sample(anyName.filter(name => !/^(none|public)$/.test(name)), { numRuns: 25, seed: 6 }))]
    const calls = (state: 'present' | 'absent') => names.map(name => postgresUser({ name, state, ...(state === 'present' ? { comment: `of ${name}` } : {}) }))
    const made = await host.run(calls('present'))
    expect(errorOf(made)).to.equal(undefined)
    const again = await host.run(calls('present'))
    expect(again.status, diffs(again)).to.equal('ok')
    expect(again.roundTrips).to.equal(1)
    const dropped = await host.run(calls('absent'))
    expect(errorOf(dropped)).to.equal(undefined)
    expect(await sql("select count(*) from pg_roles where rolname !~ '^pg_' and rolname <> 'postgres'")).to.equal('0')
  }).timeout(240_000)

  it('names and texts that are SQL, commands of psql or variables to it, and 63 bytes long, are names and texts in every module', async () => {
    const host = await postgresHost()
    const hostile = [`it's "x"; drop role postgres; --`, "\\gexec", "a\n\\gexec\n\\! touch /run/spec-hostile\n", ":'HOME' :x :\"USER\"", '$$ $1 %I %s {}', '-d a=b host=/tmp', 'é\u{1F600}'.padEnd(59, 'x'), 'E\'\\\'']
    for (const name of hostile) expect(Buffer.byteLength(name), name).to.be.at.most(63)
    const other = (name: string) => hostile[(hostile.indexOf(name) + 1) % hostile.length] ?? ''
    const calls = () => [
      ...hostile.map(name => postgresUser({ name, comment: name, config: { 'my.setting': name, search_path: [name, 'public'] }, password: name, connectionLimit: 3 })),
      postgresUser({ name: 'member', memberOf: hostile }),
      ...hostile.flatMap(name => [
        postgresDatabase({ name, owner: name, comment: name }),
        postgresGrant({ role: other(name), database: name, on: 'database', privileges: 'all', grantOption: true }),
        postgresGrant({ role: other(name), database: name, on: 'default-tables', madeBy: name, privileges: ['SELECT'] }),
      ]),
    ]
    const applied = await host.run(calls())
    expect(errorOf(applied)).to.equal(undefined)
    for (const name of hostile) await sql(`create schema ${sqlName(name)}; create table ${sqlName(name)}.${sqlName(name)}(${sqlName(name)} int); grant insert (${sqlName(name)}) on ${sqlName(name)}.${sqlName(name)} to ${sqlName(other(name))};
      create function ${sqlName(name)}.${sqlName(name)}() returns int language sql as 'select 1';`, { database: name })
    const below = () => hostile.flatMap(name => [
      postgresExtension({ database: name, name: 'pg_trgm', schema: name }),
      postgresGrant({ role: other(name), database: name, on: 'schema', schema: name, privileges: ['USAGE'] }),
      postgresGrant({ role: other(name), database: name, on: 'table', schema: name, name, privileges: ['SELECT'] }),
      postgresGrant({ role: other(name), database: name, on: 'functions', schema: name, privileges: ['EXECUTE'] }),
    ])
    expect(errorOf(await host.run(below()))).to.equal(undefined)
    const again = await host.run([...calls(), ...below()])
    expect([again.status, diffs(again)]).to.deep.equal(['ok', ''])
    expect((await host.trySh('[ -e /run/spec-hostile ]')).exitCode).to.equal(1)
    await emptyCluster()
  }).timeout(180_000)

  it('a name of more than 63 bytes, an empty one, a NUL and half of a character are argument errors in every module', () => {
    for (const name of ['', 'x'.repeat(64), 'é'.repeat(32), 'a\0b', 'a\ud800']) {
      const calls = [postgresUser({ name }), postgresUser({ name: 'a', memberOf: [name] }), postgresDatabase({ name }), postgresDatabase({ name: 'a', owner: name }), postgresExtension({ database: name, name: 'x' }),
        postgresExtension({ database: 'a', name }), postgresExtension({ database: 'a', name: 'x', schema: name }), postgresGrant({ role: name, database: 'a', on: 'database', privileges: [] }),
        postgresGrant({ role: 'a', database: 'a', on: 'table', schema: 'a', name, privileges: [] }), postgresGrant({ role: 'a', database: 'a', on: 'default-tables', madeBy: name, privileges: [] })]
      for (const [index, call] of calls.entries()) expect(call.issues.length, `${index} ${JSON.stringify(name)}`).to.equal(1)
    }
    for (const text of ['a\0b', 'a\ud800']) {
      const calls = [postgresUser({ name: 'a', comment: text }), postgresUser({ name: 'a', config: { work_mem: text } }), postgresUser({ name: 'a', password: text }), postgresUser({ name: 'a', validUntil: text }), postgresDatabase({ name: 'a', comment: text }),
        postgresExtension({ database: 'a', name: 'x', version: text })]
      for (const [index, call] of calls.entries()) expect(call.issues.length, `${index} ${JSON.stringify(text)}`).to.equal(1)
    }
  })

  it('no NUL is quoted', () => {
    expect(() => sqlLiteral('a\0')).to.throw(RangeError)
    expect(() => sqlName('a\0')).to.throw(RangeError)
  })

  it('a role is read as absent where psql said that it is not installed, and an error where it could not answer', () => {
    const reading = postgresRoleResource.read([{ name: 'a' }, { name: 'b' }])
    expect(reading.parse({ stdout: Buffer.alloc(0), stderr: '', exitCode: 69 })).to.deep.equal([null, null])
    expect(() => reading.parse({ stdout: Buffer.alloc(0), stderr: 'no socket', exitCode: 2 })).to.throw('Could not query')
  })
})
