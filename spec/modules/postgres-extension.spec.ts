import { expect } from 'chai'
import { postgresExtension } from '../../modules/postgres-extension.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { errorOf } from '../helpers/module-host.ts'
import { emptyCluster, postgresHost, postgresHostName, sql, sqlScript } from '../helpers/postgres-host.ts'

describe('postgres-extension', function () {
  this.timeout(120_000)
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

  it('is dropped; what needs it is only with cascade, and PostgreSQL says so', async () => {
    const host = await postgresHost()
    await host.apply(postgresExtension({ database: 'db=x', name: 'pg_trgm', schema: 'place' }))
    await sql('create table words(w text); create index on words using gin (w place.gin_trgm_ops);', { database: 'db=x' })
    expect(errorOf(await host.run(postgresExtension({ database: 'db=x', name: 'pg_trgm', state: 'absent' })))).to.contain('other objects depend on it')
    const gone = () => postgresExtension({ database: 'db=x', name: 'pg_trgm', state: 'absent', cascade: true })
    expect((await host.apply(gone())).status).to.equal('change')
    expect((await host.apply(gone())).status).to.equal('ok')
  })

  it('one that is not installed on the host is an error in PostgreSQL\'s words', async () => {
    expect(errorOf(await (await postgresHost()).run(postgresExtension({ database: 'db=x', name: 'no_such' })))).to.contain('extension "no_such" is not available')
  })
})
