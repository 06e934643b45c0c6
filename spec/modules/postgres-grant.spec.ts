import { expect } from 'chai'
import { postgresDatabase } from '../../modules/postgres-database.ts'
import { postgresGrant } from '../../modules/postgres-grant.ts'
import { postgresUser } from '../../modules/postgres-user.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { diffs, errorOf, type SpecHost } from '../helpers/module-host.ts'
import { emptyCluster, postgresHost, postgresHostName, sql, sqlScript } from '../helpers/postgres-host.ts'

type Arguments = Parameters<typeof postgresGrant>[0]
const app = { database: 'app', role: 'reader' }

describe('postgres-grant', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await postgresHost()
    await emptyCluster()
    await sql('create role reader; create role maker; create database app;')
    await sql('create schema "S.x"; create table "S.x".one(i int); create table "S.x"."Two|2"(i int); create sequence "S.x".counter; create function "S.x"."f("(i numeric(4,2), j text) returns int language sql as \'select 1\'; create schema empty; create schema more; create sequence more.one; create sequence more.two;', { database: 'app' })
  })

  /** Runs it in check mode, for real and again; the diff of what changed, '' for nothing. */
  async function changes(args: Arguments): Promise<string> {
    const call = () => postgresGrant(args)
    const check = await host.check(call())
    const applied = await host.apply(call())
    expect(diffs(check)).to.equal(diffs(applied))
    const again = await host.apply(call())
    expect(again.status, diffs(again)).to.equal('ok')
    return diffs(applied)
  }

  fourRounds({
    host: postgresHostName,
    name: 'privileges on all tables of a schema',
    prepare: sqlScript('revoke all on all tables in schema "S.x" from reader', { database: 'app' }),
    task: () => postgresGrant({ ...app, on: 'tables', schema: 'S.x', privileges: ['select', 'INSERT'] }),
    drift: sqlScript('revoke insert on "S.x".one from reader; grant delete on "S.x"."Two|2" to reader; create table if not exists "S.x".three(i int)', { database: 'app' }),
    proof: sqlScript(`select xmin, ctid, relname, relacl from pg_class where relnamespace = '"S.x"'::regnamespace order by 3`, { database: 'app' }),
    repaired: ['privileges.one: SELECT → INSERT, SELECT', 'privileges.Two|2: DELETE, INSERT, SELECT → INSERT, SELECT', 'privileges.three: (none) → INSERT, SELECT'],
  })

  it('gives and takes privileges on each kind of object', async () => {
    const places: { place: Omit<Arguments, 'privileges'>; privileges: string[]; hasAll?: boolean }[] = [
      { place: { ...app, on: 'database' }, privileges: ['CONNECT', 'temp'] },
      { place: { ...app, on: 'schema', schema: 'S.x' }, privileges: ['USAGE', 'CREATE'], hasAll: true },
      { place: { ...app, on: 'table', schema: 'S.x', name: 'Two|2' }, privileges: ['UPDATE'] },
      { place: { ...app, on: 'sequence', schema: 'S.x', name: 'counter' }, privileges: ['USAGE'] },
      { place: { ...app, on: 'sequences', schema: 'more' }, privileges: ['SELECT'] },
      { place: { ...app, on: 'functions', schema: 'S.x' }, privileges: ['EXECUTE'], hasAll: true },
      { place: { ...app, on: 'default-tables', madeBy: 'maker' }, privileges: ['SELECT'] },
      { place: { ...app, on: 'default-tables', madeBy: 'maker', schema: 'S.x' }, privileges: ['SELECT', 'UPDATE'] },
      { place: { ...app, on: 'default-sequences', madeBy: 'maker', schema: 'S.x' }, privileges: ['USAGE'] },
      { place: { ...app, on: 'default-functions', madeBy: 'maker' }, privileges: ['EXECUTE'], hasAll: true },
    ]
    /** One run for all of them; what changed of each. */
    const each = async (given: (place: (typeof places)[number]) => Pick<Arguments, 'privileges' | 'grantOption'>) => {
      const calls = () => places.map(one => postgresGrant({ ...one.place, ...given(one) }))
      const check = await host.check(calls())
      const applied = await host.apply(calls())
      expect(diffs(check)).to.equal(diffs(applied))
      const again = await host.apply(calls())
      expect(again.status, diffs(again)).to.equal('ok')
      return applied.tasks.map(({ changes }, index) => [JSON.stringify(places[index]?.place), changes.map(({ diff }) => diff).join('\n')] as const)
    }
    for (const [told, diff] of await each(({ privileges }) => ({ privileges }))) expect(diff, told).not.to.equal('')
    for (const [told, diff] of await each(({ privileges }) => ({ privileges, grantOption: true }))) expect(diff, told).to.contain('*')
    for (const [told, diff] of await each(({ privileges }) => ({ privileges }))) expect(diff, told).to.contain('* →')
    for (const [index, [told, diff]] of (await each(() => ({ privileges: 'all' }))).entries()) expect(diff !== '', told).to.equal(!places[index]?.hasAll)
    for (const [told, diff] of await each(() => ({ privileges: [] }))) expect(diff, told).to.contain('→ (none)')
  })

  it('takes from everyone what PostgreSQL gives everyone', async () => {
    expect(await changes({ role: 'public', database: 'app', on: 'database', privileges: ['CONNECT'] })).to.contain('CONNECT, TEMPORARY → CONNECT')
    expect(await changes({ role: 'public', database: 'app', on: 'functions', schema: 'S.x', privileges: [] })).to.contain('EXECUTE → (none)')
    expect(await changes({ role: 'public', database: 'app', on: 'default-functions', madeBy: 'maker', privileges: [] })).to.contain('EXECUTE → (none)')
  })

  it('an empty schema has nothing to be granted, and that is ok', async () => expect(await changes({ ...app, on: 'tables', schema: 'empty', privileges: ['SELECT'] })).to.equal(''))

  it('a missing object, role or database is an error that names it', async () => {
    const failure = async (args: Arguments) => errorOf(await host.run(postgresGrant(args)))
    expect(await failure({ ...app, on: 'table', schema: 'S.x', name: 'none', privileges: ['SELECT'] })).to.contain('table S.x none, in the database app')
    expect(await failure({ role: 'reader', database: 'none', on: 'schema', schema: 'public', privileges: ['USAGE'] })).to.contain('in the database none')
    const nobody = { role: 'nobody', database: 'app', on: 'database' } as const
    expect(await failure({ ...nobody, privileges: ['CONNECT'] })).to.contain('The role nobody does not exist')
    expect(errorOf(await host.check(postgresGrant({ ...nobody, privileges: ['CONNECT'] }))), 'a check').to.contain('The role nobody does not exist')
    expect(await changes({ ...nobody, privileges: [] }), 'nothing to be taken away').to.equal('')
  })

  it('privileges granted by others are revoked too, whoever has passed them on', async () => {
    await sql('create role passing; create role "Second, ""one"""')
    await sql(`create table passed(i int); grant select, insert on passed to passing, "Second, ""one""" with grant option; grant select on passed to reader;
      set role passing; grant select, insert on passed to reader; set role "Second, ""one"""; grant select on passed to reader with grant option;`, { database: 'app' })
    const passed = { ...app, on: 'table', schema: 'public', name: 'passed' } as const
    expect(await changes({ ...passed, privileges: ['SELECT', 'INSERT'] })).to.contain('SELECT* →')
    expect(await changes({ ...passed, privileges: ['INSERT'] })).to.contain('INSERT, SELECT → INSERT')
    expect(await changes({ ...passed, privileges: [] })).to.contain('INSERT → (none)')
  })

  it('[fault 45] privileges on single columns are revoked too, whoever granted them, unless the whole table covers them', async () => {
    await sql('create role "column, granter"')
    await sql(`create table "of,cols"("a "" ,b" int, c int); grant select ("a "" ,b", c), update (c) on "of,cols" to reader; grant insert (c) on "of,cols" to "column, granter" with grant option;
      set role "column, granter"; grant insert (c) on "of,cols" to reader;`, { database: 'app' })
    const columns = { ...app, on: 'table', schema: 'public', name: 'of,cols' } as const
    const left = () => sql(`select count(*) from pg_attribute cross join aclexplode(attacl) where attrelid = '"of,cols"'::regclass and grantee = 'reader'::regrole`, { database: 'app' })
    expect(await changes({ ...columns, privileges: ['SELECT'] })).to.contain('INSERT of columns, SELECT of columns, UPDATE of columns → SELECT')
    expect(await left()).to.equal('0')
    await sql('grant select (c) on "of,cols" to reader', { database: 'app' })
    expect(await changes({ ...columns, privileges: ['SELECT'] }), 'the whole table covers it').to.equal('')
    await sql('grant select (c) on "of,cols" to reader with grant option', { database: 'app' })
    expect(await changes({ ...columns, privileges: ['SELECT'] })).to.contain('SELECT, SELECT of columns* → SELECT')
    await sql('grant update (c) on "of,cols" to reader, public', { database: 'app' })
    expect(await changes({ ...app, on: 'tables', schema: 'public', privileges: [] })).to.contain('SELECT, UPDATE of columns → (none)')
    expect(await left()).to.equal('0')
    expect(await changes({ ...columns, role: 'public', privileges: [] })).to.contain('UPDATE of columns → (none)')
  })

  it('any number of grants is asked for in one round trip', async () => {
    await sql('do $$ begin for i in 1..170 loop execute format(\'create table many_%s(i int)\', i); end loop; end $$', { database: 'app' })
    const calls = () => Array.from({ length: 170 }, (_, index) => postgresGrant({ ...app, on: 'table', schema: 'public', name: `many_${index + 1}`, privileges: index === 130 ? ['UPDATE'] : [] }))
    const applied = await host.run(calls())
    expect([applied.status, diffs(applied)], errorOf(applied)).to.deep.equal(['change', 'postgres-privileges[reader on table public.many_131 in app]\nprivileges.many_131: (none) → UPDATE'])
    const again = await host.run(calls())
    expect([again.status, again.roundTrips]).to.deep.equal(['ok', 1])
  })

  it('--check says that it may change where the database is still to be made', async () => {
    const calls = () => [postgresUser({ name: 'late' }), postgresDatabase({ name: 'late' }), postgresGrant({ role: 'late', database: 'late', on: 'schema', schema: 'public', privileges: ['CREATE', 'USAGE'] })]
    expect((await host.check(calls())).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change', 'may-change'])
    expect((await host.apply(calls())).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change', 'change'])
    const again = await host.apply(calls())
    expect([again.status, again.roundTrips]).to.deep.equal(['ok', 1])
  })

  it('says which arguments belong together, and which privileges there are', () => {
    const issues = (args: Arguments) => postgresGrant(args).issues.map(({ argument }) => argument)
    expect(issues({ ...app, on: 'schema', privileges: [] })).to.deep.equal(['schema'])
    expect(issues({ ...app, on: 'database', schema: 'public', name: 'x', madeBy: 'x', privileges: [] })).to.deep.equal(['schema', 'name', 'madeBy'])
    expect(issues({ ...app, on: 'default-tables', privileges: [] })).to.deep.equal(['madeBy'])
    expect(postgresGrant({ ...app, on: 'database', privileges: ['SELECT'] }).issues[0]?.message).to.contain('CONNECT, CREATE, TEMPORARY').and.to.contain('no SELECT on a database')
  })
})
