import { expect } from 'chai'
import { postgresDatabase } from '../../modules/postgres-database.ts'
import { postgresExtension } from '../../modules/postgres-extension.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { diffs, errorOf } from '../helpers/module-host.ts'
import { emptyCluster, postgresHost, postgresHostName, sql, sqlScript } from '../helpers/postgres-host.ts'

describe('postgres-extension', function () {
  this.timeout(240_000)
  before(async () => {
    await postgresHost()
    await emptyCluster()
    await sql('create database "db=x"')
    await sql('create schema place', { database: 'db=x' })
  })

  fourRounds({
    host: postgresHostName,
    name: 'an extension of a given version in a given schema',
    task: () => postgresExtension({ database: 'db=x', name: 'pg_trgm', version: '1.6', schema: 'place' }),
    drift: sqlScript('alter extension pg_trgm set schema public', { database: 'db=x' }),
    proof: sqlScript('select xmin, e.* from pg_extension e', { database: 'db=x' }),
    repaired: ['schema: public → place'],
  })

  it('[fault 60] if it or its requirements are not available, that is reported before anything is done, in a check too', async () => {
    const host = await postgresHost()
    const refused: [Parameters<typeof postgresExtension>[0], string][] = [
      [{ database: 'db=x', name: 'no "such' }, 'PostgreSQL on this host has no extension no "such'],
      [{ database: 'db=x', name: 'pg_trgm', version: '9.9' }, 'has no version 9.9 of the extension pg_trgm, but 1.'],
      [{ database: 'db=x', name: 'earthdistance' }, 'The extension earthdistance requires cube, which is not in the database db=x'],
    ]
    for (const [args, message] of refused) for (const report of [await host.check(postgresExtension(args)), await host.run(postgresExtension(args))]) expect(errorOf(report)).to.contain(message)
    const both = () => [postgresExtension({ database: 'db=x', name: 'cube' }), postgresExtension({ database: 'db=x', name: 'earthdistance' })]
    expect((await host.check(both())).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change'])
    expect((await host.apply(postgresExtension({ database: 'db=x', name: 'earthdistance', cascade: true }))).status).to.equal('change')
    await sql('drop extension cube cascade', { database: 'db=x' })
  })

  it('is dropped; what needs it is only with cascade, and PostgreSQL says so', async () => {
    const host = await postgresHost()
    await host.apply(postgresExtension({ database: 'db=x', name: 'pg_trgm', schema: 'place' }))
    await sql('create table words(w text); create index on words using gin (w place.gin_trgm_ops);', { database: 'db=x' })
    expect(errorOf(await host.run(postgresExtension({ database: 'db=x', name: 'pg_trgm', state: 'absent' })))).to.contain('other objects depend on it')
    const gone = () => postgresExtension({ database: 'db=x', name: 'pg_trgm', state: 'absent', cascade: true })
    expect((await host.apply(gone())).status).to.equal('change')
    expect((await host.apply(gone())).status).to.equal('ok')
  })

  it('a database that will be created is fine; one that never will be is an error, in check mode too', async () => {
    const host = await postgresHost()
    const calls = () => [postgresDatabase({ name: 'later', template: 'template0' }), postgresExtension({ database: 'later', name: 'pg_trgm' })]
    for (const run of [await host.check(calls()), await host.apply(calls())]) expect(run.tasks.map(({ status }) => status), errorOf(run)).to.deep.equal(['change', 'change'])
    const again = await host.apply(calls())
    expect([again.status, again.roundTrips]).to.deep.equal(['ok', 1])
    for (const check of [true, false]) expect(errorOf(await host.run(postgresExtension({ database: 'none', name: 'pg_trgm' }), { check }))).to.contain('There is no database none')
    expect((await host.run(postgresExtension({ database: 'none', name: 'pg_trgm', state: 'absent' }))).status).to.equal('ok')
  })

  it('that may come with a copied or renamed database, or with another extension, is not foretold for certain', async () => {
    const host = await postgresHost()
    await sql('create database model; create database "old name"; create database cascading')
    for (const database of ['model', 'old name']) await sql('create extension pg_trgm', { database })
    const calls = () => [
      postgresDatabase({ name: 'copied', template: 'model' }), postgresExtension({ database: 'copied', name: 'pg_trgm' }),
      postgresDatabase({ name: 'new name', renamedFrom: 'old name' }), postgresExtension({ database: 'new name', name: 'pg_trgm' }),
      postgresExtension({ database: 'cascading', name: 'earthdistance', cascade: true }), postgresExtension({ database: 'cascading', name: 'cube' }),
    ]
    const check = await host.check(calls())
    expect(check.tasks.map(({ status }) => status), errorOf(check)).to.deep.equal(['change', 'may-change', 'change', 'may-change', 'change', 'may-change'])
    const applied = await host.apply(calls())
    expect(applied.tasks.map(({ status }) => status)).to.deep.equal(['change', 'ok', 'change', 'ok', 'change', 'ok'])
    const gone = () => [postgresExtension({ database: 'cascading', name: 'cube', state: 'absent', cascade: true }), postgresExtension({ database: 'cascading', name: 'earthdistance' })]
    expect((await host.check(gone())).tasks.map(({ status }) => status)).to.deep.equal(['change', 'may-change'])
  })

  it('is brought to the version that is asked for, in check mode to none', async () => {
    const host = await postgresHost()
    await sql('create extension hstore version \'1.7\'', { database: 'db=x' })
    const version = () => sql("select extversion from pg_extension where extname = 'hstore'", { database: 'db=x' })
    await host.check(postgresExtension({ database: 'db=x', name: 'hstore', version: '1.8' }))
    expect(await version()).to.equal('1.7')
    expect(diffs(await host.apply(postgresExtension({ database: 'db=x', name: 'hstore', version: '1.8' })))).to.contain('version: 1.7 → 1.8')
    expect(await version()).to.equal('1.8')
    expect((await host.apply(postgresExtension({ database: 'db=x', name: 'hstore' }))).status).to.equal('ok')
  })
})
