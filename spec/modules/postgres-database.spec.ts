import { expect } from 'chai'
import { apt } from '../../modules/apt.ts'
import { postgresDatabase } from '../../modules/postgres-database.ts'
import { postgresUser } from '../../modules/postgres-user.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { diffs, errorOf, type SpecHost } from '../helpers/module-host.ts'
import { emptyCluster, postgresHost, postgresHostName, sql, sqlScript } from '../helpers/postgres-host.ts'

type Arguments = Parameters<typeof postgresDatabase>[0]

describe('postgres-database', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await postgresHost()
    await emptyCluster()
    await sql('create role "owner.one"; create role "ansible.db.user2";')
  })

  /** Runs it in check mode, for real and again; the diff of what changed, '' for nothing. */
  async function changes(args: Arguments): Promise<string> {
    const call = () => postgresDatabase(args)
    const check = await host.check(call())
    const applied = await host.apply(call())
    expect(diffs(check)).to.equal(diffs(applied))
    const again = await host.apply(call())
    expect(again.status, diffs(again)).to.equal('ok')
    return diffs(applied)
  }
  const failure = async (args: Arguments) => errorOf(await host.run(postgresDatabase(args)))
  const field = (column: string, name: string) => sql(`select ${column} from pg_database d where datname = '${name}'`)

  fourRounds({
    host: postgresHostName,
    name: '[database 1, database 2] a database with an owner, a limit and a comment',
    task: () => postgresDatabase({ name: 'rounds', owner: 'owner.one', encoding: 'utf-8', collate: 'C', ctype: 'C.UTF-8', connectionLimit: 0, comment: 'it\'s' }),
    drift: sqlScript(`alter database rounds owner to "ansible.db.user2"; alter database rounds connection limit 100; comment on database rounds is 'other'`),
    proof: sqlScript(`select xmin, ctid, d.* from pg_database d where datname = 'rounds'`),
    holds: sqlScript(`select oid, pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit, shobj_description(oid, 'pg_database') from pg_database where datname = 'rounds'`),
    repaired: ['owner: ansible.db.user2 → owner.one', 'connectionLimit: 100 → 0', 'comment: other → it\'s'],
  })

  it('[database 1] is dropped, and then absent', async () => {
    await sql('create database gone')
    expect(await changes({ name: 'gone', state: 'absent' })).to.contain('present → absent')
    expect(await changes({ name: 'gone', state: 'absent' })).to.equal('')
  })

  it('[database 2] the owner can be changed, and stays if not given; a database is never recreated', async () => {
    await changes({ name: 'owned', owner: 'owner.one' })
    const oid = await field('oid', 'owned')
    expect(await changes({ name: 'owned' })).to.equal('')
    expect(await changes({ name: 'owned', owner: 'ansible.db.user2' })).to.contain('owner: owner.one → ansible.db.user2')
    expect(await field('oid', 'owned')).to.equal(oid)
  })

  it('[database 4] encodings and locales are the same in any spelling; a different one is refused, and nothing is dropped', async () => {
    await changes({ name: 'spelt', encoding: 'UTF-8', collate: 'C.utf8', ctype: 'C.UTF-8' })
    expect(await field('datcollate', 'spelt')).to.equal('C.utf8')
    for (const encoding of ['UTF8', 'utf8', 'unicode']) expect(await changes({ name: 'spelt', encoding, collate: 'C.UTF-8', ctype: 'C.utf8' })).to.equal('')
    expect(await failure({ name: 'spelt', encoding: 'SQL_ASCII', collate: 'C' })).to.contain('has encoding UTF8, collate C.utf8 but should have encoding SQL_ASCII, collate C.').and.to.contain('restore the dump')
    expect(errorOf(await host.check(postgresDatabase({ name: 'spelt', collate: 'C' })))).to.contain('should have collate C')
    expect(postgresDatabase({ name: 'spelt', encoding: 'utf-9' }).issues[0]?.message).to.contain('character set')
  })

  it('[database 4] an ICU locale is the same with _ and -', async () => {
    expect(await changes({ name: 'icu', icuLocale: 'es_ES', encoding: 'UTF8' })).to.contain('provider: (none) → icu')
    expect(await changes({ name: 'icu', icuLocale: 'es-ES', provider: 'icu' })).to.equal('')
    expect(await failure({ name: 'icu', provider: 'libc' })).to.contain('has provider icu but should have provider libc')
    expect(postgresDatabase({ name: 'icu', provider: 'libc', icuLocale: 'es' }).issues).to.have.length(1)
  })

  it('[database 5] a limit of 0 is a limit, and -1 means unlimited', async () => {
    await changes({ name: 'limited', connectionLimit: 0 })
    expect(await field('datconnlimit', 'limited')).to.equal('0')
    expect(await changes({ name: 'limited' })).to.equal('')
    for (const connectionLimit of [100, 0, -1]) {
      expect(await changes({ name: 'limited', connectionLimit })).to.contain(`→ ${connectionLimit}`)
      expect(await field('datconnlimit', 'limited')).to.equal(String(connectionLimit))
    }
  })

  it('[database 6] a comment is set, kept and removed', async () => {
    await changes({ name: 'noted', comment: 'a "note"; --' })
    expect(await changes({ name: 'noted' })).to.equal('')
    expect(await changes({ name: 'noted', comment: '' })).to.contain('comment: a "note"; -- → (none)')
    expect(await sql(`select shobj_description(oid, 'pg_database') is null from pg_database where datname = 'noted'`)).to.equal('t')
  })

  it('[database 6] is moved to another tablespace; --check moves nothing', async () => {
    await host.sh('install -d -o postgres -g postgres -m 700 /srv/space')
    await sql(`create tablespace space location '/srv/space'`)
    await changes({ name: 'moved' })
    await host.check(postgresDatabase({ name: 'moved', tablespace: 'space' }))
    const place = () => sql(`select spcname from pg_tablespace s join pg_database d on s.oid = dattablespace where datname = 'moved'`)
    expect(await place()).to.equal('pg_default')
    expect(await changes({ name: 'moved', tablespace: 'space' })).to.contain('tablespace: pg_default → space')
    expect(await place()).to.equal('space')
  })

  it('is a template, or closed, when asked', async () => {
    expect(await changes({ name: 'closed', isTemplate: true, allowConnections: false })).to.contain('isTemplate')
    expect(await changes({ name: 'copied', template: 'closed' })).to.contain('absent → present')
    expect(await failure({ name: 'closed', state: 'absent' })).to.contain('cannot drop a template database')
    expect(await changes({ name: 'closed', isTemplate: false, allowConnections: true })).to.contain('allowConnections: false → true')
  })

  it('[database 8] is not dropped while sessions are open unless forced, and a template in use is not copied; in PostgreSQL\'s words', async () => {
    await changes({ name: 'busy' })
    await host.sh(`cd /; setsid runuser -u postgres -- psql -X -d busy -c 'select pg_sleep(60)' </dev/null >/dev/null 2>&1 &`)
    while (await sql(`select count(*) from pg_stat_activity where datname = 'busy'`) === '0') await new Promise(resolve => setTimeout(resolve, 50))
    expect(await failure({ name: 'copy', template: 'busy' })).to.contain('source database "busy" is being accessed by other users')
    expect(await failure({ name: 'busy', state: 'absent' })).to.contain('database "busy" is being accessed by other users').and.to.contain('force: true')
    expect(await changes({ name: 'busy', state: 'absent', force: true })).to.contain('present → absent')
  })

  it('[database 9] any name is kept literally, with its case, and never executed', async () => {
    const names = ['db.name"; --', `x'; drop database owned; --`, 'D-Upper', 'a|b', 'a=b', 'postgresql://x', '\\c owned', ':v', 'dätenbank $$']
    for (const state of ['present', 'absent'] as const) {
      const calls = () => names.map(name => postgresDatabase({ name, state, comment: name }))
      const check = await host.check(calls())
      const applied = await host.apply(calls())
      expect(diffs(check)).to.equal(diffs(applied))
      expect(applied.tasks.map(({ status }) => status)).to.deep.equal(names.map(() => 'change'))
      const again = await host.apply(calls())
      expect([again.status, again.roundTrips], diffs(again)).to.deep.equal(['ok', 1])
    }
    expect(await field('count(*)', 'owned')).to.equal('1')
    expect(postgresDatabase({ name: 'ä'.repeat(32) }).issues[0]?.message).to.contain('63 bytes')
  })

  it('[database 10, fault 65] is renamed, and shown as renamed, if only the former one exists; both, and the same name, are errors', async () => {
    await changes({ name: 'former', comment: 'moved along' })
    const oid = await field('oid', 'former')
    await host.check(postgresDatabase({ name: 'latter', renamedFrom: 'former' }))
    expect(await field('oid', 'former')).to.equal(oid)
    expect(await changes({ name: 'latter', renamedFrom: 'former', owner: 'owner.one' })).to.contain('name: former → latter').and.not.to.contain('absent')
    expect(await field('oid', 'latter')).to.equal(oid)
    expect(await field('pg_get_userbyid(datdba)', 'latter')).to.equal('owner.one')
    expect(await changes({ name: 'latter', renamedFrom: 'former' })).to.equal('')
    await changes({ name: 'former' })
    expect(await failure({ name: 'latter', renamedFrom: 'former' })).to.contain('There are both a database latter and a database former')
    expect(postgresDatabase({ name: 'a', renamedFrom: 'a' }).issues[0]?.message).to.contain('another name')
    expect(await changes({ name: 'fresh', renamedFrom: 'never there' })).to.contain('absent → present')
  })

  it('a missing owner or template is an error that names it, in check mode too, and nothing is made', async () => {
    for (const check of [true, false]) {
      expect(errorOf(await host.run(postgresDatabase({ name: 'ownerless', owner: 'nobody' }), { check }))).to.contain('The role nobody does not exist')
      expect(errorOf(await host.run(postgresDatabase({ name: 'ownerless', template: 'nothing' }), { check }))).to.contain('There is no database nothing to copy')
    }
    expect(await field('count(*)', 'ownerless')).to.equal('0')
    const all = () => [postgresUser({ name: 'somebody' }), postgresDatabase({ name: 'model' }), postgresDatabase({ name: 'owned by somebody', owner: 'somebody', template: 'model' })]
    for (const run of [await host.check(all()), await host.run(all())]) expect(run.tasks.map(({ status }) => status), errorOf(run)).to.deep.equal(['change', 'change', 'change'])
    const again = await host.run(all())
    expect([again.status, again.roundTrips]).to.deep.equal(['ok', 1])
  })

  it('a server that does not run is an error in psql\'s words; without psql, which nothing brings, a check fails as a run would', async () => {
    await host.sh('systemctl stop postgresql@15-main')
    try {
      expect(errorOf(await host.check(postgresDatabase({ name: 'any' })))).to.contain('.s.PGSQL.5432')
      await host.sh('for p in /usr/bin/psql /usr/lib/postgresql/15/bin/psql; do mv $p $p.away; done')
      try {
        expect(errorOf(await host.check(postgresDatabase({ name: 'any' })))).to.contain('This needs psql, which is not on the host, and no earlier task installs it.')
      } finally {
        await host.sh('for p in /usr/bin/psql /usr/lib/postgresql/15/bin/psql; do mv $p.away $p; done')
      }
    } finally {
      await host.sh('systemctl start postgresql@15-main')
    }
  })
})

// By itself and last: roles and databases of other specs are gone with the old cluster.
describe('a cluster of PostgreSQL', function () {
  this.timeout(240_000)

  it('[fault 68] a cluster that is half made since its package was interrupted is reported with what to do, and created again by the next run', async () => {
    const host = await postgresHost()
    await host.sh(`systemctl stop postgresql@15-main; pg_dropcluster 15 main; runuser -u postgres -- /usr/lib/postgresql/15/bin/initdb -D /var/lib/postgresql/15/main >/dev/null; rm -r /var/lib/postgresql/15/main/base/[45] /etc/postgresql/15/main 2>/dev/null
      sed -i -e '/^Package: postgresql-15$/,/^$/s/^Status: .*/Status: install ok half-configured/' -e '/^Package: postgresql$/,/^$/s/^Status: .*/Status: install ok unpacked/' /var/lib/dpkg/status`)
    const error = errorOf(await host.check(postgresDatabase({ name: 'app' })))
    expect(error).to.contain('Could not query PostgreSQL').and.contain('The cluster in /var/lib/postgresql/15/main is only half made').and.contain('pg_createcluster 15 main --start')
    expect((await host.apply(apt({ packages: ['postgresql'] }))).status).to.equal('change')
    expect(host.notes.join('\n')).to.contain('/var/lib/postgresql/15/main was only half made')
    expect((await host.apply(postgresDatabase({ name: 'app' }))).status).to.equal('change')
    expect(await sql("select count(*) from pg_database where datname in ('postgres', 'template0', 'template1', 'app')")).to.equal('4')
  })
})
