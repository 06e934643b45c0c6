import { expect } from 'chai'
import { systemd } from '../../modules/systemd.ts'
import { postgresUser } from '../../modules/postgres-user.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, diffs, errorOf, type SpecHost } from '../helpers/module-host.ts'
import { emptyCluster, postgresHost, postgresHostName, sql, sqlScript } from '../helpers/postgres-host.ts'

const hard = `päss'w"o\\rd$$%s`
/** Everything of a role that a write would touch, with the transaction that wrote it last. */
const rows = (role: string) => sqlScript(`select a.xmin, a.ctid, a.* from pg_authid a where rolname = '${role}'; select s.xmin, s.* from pg_db_role_setting s where setrole = '${role}'::regrole; select m.xmin, m.* from pg_auth_members m where member = '${role}'::regrole;`)
/** The same without what is random or counts. */
const holds = (role: string) => sqlScript(`select rolname, rolcanlogin, rolcreatedb, rolconnlimit, rolvaliduntil, rolpassword is null, shobj_description(oid, 'pg_authid') from pg_authid where rolname = '${role}'; select setconfig from pg_db_role_setting where setrole = '${role}'::regrole; select roleid::regrole from pg_auth_members where member = '${role}'::regrole order by 1;`)

type Arguments = Parameters<typeof postgresUser>[0]

describe('postgres-user', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await postgresHost()
    await emptyCluster()
  })

  /** Runs it in check mode, for real and again; true when it changed. What was foretold came about, and the second run had nothing to do. */
  async function changes(args: Arguments): Promise<boolean> {
    const call = () => postgresUser(args)
    const check = await host.check(call())
    const applied = await host.apply(call())
    expect(changed(check)).to.deep.equal(changed(applied))
    const again = await host.apply(call())
    expect(again.status, diffs(again)).to.equal('ok')
    return applied.status === 'change'
  }
  const field = (column: string, role: string) => sql(`select ${column} from pg_authid where rolname = '${role}'`)
  /** Logs in over TCP, where pg_hba.conf asks for scram-sha-256. */
  const login = (role: string, password: string) => host.sh(`IFS= read -r PGPASSWORD; export PGPASSWORD; PGCLIENTENCODING=UTF8 psql -XAtq -h 127.0.0.1 -U ${role} -d postgres -c 'select current_user'`, Buffer.from(`${password}\n`))

  fourRounds({
    host: postgresHostName,
    name: '[role 7] a role with everything it can have',
    prepare: `${sqlScript('drop role if exists rounds; drop role if exists parent_a; drop role if exists parent_b; create role parent_a; create role parent_b;')}`,
    task: () => postgresUser({
      name: 'rounds', password: hard, createdb: true, connectionLimit: 0, validUntil: 'Jan 31 2030', comment: 'it\'s', memberOf: ['parent_b', 'parent_a'],
      config: { search_path: 'a,b', work_mem: '16MB' },
    }),
    drift: sqlScript(`alter role rounds nocreatedb connection limit 7 password 'other'; alter role rounds set search_path = 'a,b'; alter role rounds set work_mem = '8MB'; revoke parent_a from rounds; comment on role rounds is 'x'; alter role rounds valid until 'infinity'`),
    proof: rows('rounds'),
    holds: holds('rounds'),
    repaired: ['createdb: false → true', 'connectionLimit: 7 → 0', 'password: <secret> (differs)', 'config.search_path: "a,b" → a, b', 'config.work_mem: 8MB → 16MB', 'memberOf: parent_b → parent_a, parent_b', 'comment: x → it\'s', 'validUntil: infinity → 2030-01-31 00:00:00+00'],
  })

  it('[role 6, role 12] a password with every quote is ok at the second run, on a server that allows no write', async () => {
    await host.apply(postgresUser({ name: 'hard', password: hard }))
    await sql(`alter system set default_transaction_read_only = on; select pg_reload_conf();`)
    try {
      let refused = ''
      for (let tries = 0; tries < 20 && !refused.includes('read-only'); tries += 1) refused = await sql('create role never; drop role never;').then(() => '', String)
      expect(refused).to.contain('read-only transaction')
      const before = await host.sh(rows('hard'))
      const again = await host.run(postgresUser({ name: 'hard', password: hard }))
      expect(errorOf(again)).to.equal(undefined)
      expect(again.status, diffs(again)).to.equal('ok')
      expect(await host.sh(rows('hard'))).to.equal(before)
      const refusedWrite = await host.run(postgresUser({ name: 'hard', comment: 'new' }))
      expect(errorOf(refusedWrite), 'PostgreSQL\'s own words').to.contain('read-only transaction')
    } finally {
      await sql('alter system reset default_transaction_read_only; select pg_reload_conf();')
    }
    expect(await login('hard', hard)).to.equal('hard\n')
    expect(await login('hard', 'wrong').then(() => 'let in', String)).to.contain('password authentication failed')
  })

  it('[role 14] neither a password nor its verifier is in a log of PostgreSQL, in ps or in a report', async () => {
    await sql(`alter system set log_statement = 'all'; alter system set log_min_duration_statement = 0; select pg_reload_conf();`)
    await host.sh(`rm -f /tmp/ps.log /tmp/stop; touch /tmp/ps.log; setsid sh -c 'i=0; while [ ! -e /tmp/stop ] && [ $i -lt 3000 ]; do i=$((i+1)); cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | grep -a -o -e psql -e p..ss -e SCRAM-SHA-256.4096 | sort -u; done >>/tmp/ps.log' >/dev/null 2>&1 &`)
    try {
      const reports = [
        await host.check(postgresUser({ name: 'logged', password: hard })), await host.run(postgresUser({ name: 'logged', password: hard })),
        await host.run(postgresUser({ name: 'logged', password: `${hard}2`, comment: 'is logged' })), await host.run(postgresUser({ name: 'logged', password: `${hard}2` })),
        await host.run(postgresUser({ name: 'logged', password: '' })), await host.run(postgresUser({ name: 'logged', password: hard, config: { no_such: 1 } })),
      ]
      expect(reports.map(({ status }) => status)).to.deep.equal(['change', 'change', 'change', 'ok', 'change', 'failed'])
      const told = JSON.stringify(reports)
      expect(told).to.contain('password: <secret> (differs)').and.to.contain('password: <secret> → (none)')
      for (const secret of [hard, JSON.stringify(hard).slice(1, -1), 'SCRAM-SHA-256', 'sha256']) expect(told).not.to.contain(secret)
    } finally {
      await host.sh('touch /tmp/stop')
      await sql('alter system reset log_statement; alter system reset log_min_duration_statement; select pg_reload_conf();')
    }
    const log = await host.sh('cat /var/log/postgresql/*.log')
    expect(log).to.contain('COMMENT ON ROLE "logged"')
    const ps = await host.sh('sort -u /tmp/ps.log')
    expect(ps).to.contain('psql')
    for (const text of [log, ps]) for (const secret of ['päss', `'w"o`, hard]) expect(text).not.to.contain(secret)
    expect(log.split('\n').filter(line => line.includes('"logged"') && line.includes('SCRAM'))).to.deep.equal([])
    expect(ps).not.to.contain('SCRAM-SHA-256$4096')
  })

  it('[role 3] an md5 hash is stored as given, and replaced if the password is given', async () => {
    await sql(`set password_encryption = 'md5'; create role old login password 'secret of old'`)
    const md5 = await field('rolpassword', 'old')
    expect(md5).to.match(/^md5/)
    expect(await changes({ name: 'old', password: md5 })).to.equal(false)
    expect(await changes({ name: 'old', password: 'secret of old' })).to.equal(true)
    expect(await field('rolpassword', 'old')).to.match(/^SCRAM-SHA-256\$4096:/)
    expect(await login('old', 'secret of old')).to.equal('old\n')
    expect(await changes({ name: 'old', password: md5 })).to.equal(true)
    expect(await field('rolpassword', 'old')).to.equal(md5)
  })

  it('[role 2, role 4] verifiers are stored as given, invalid hashes are refused, an empty password means none', async () => {
    await sql(`create role ix login password 'IX'`)
    expect(await changes({ name: 'ix', password: 'I\u00ADX' })).to.equal(false)
    expect(await login('ix', 'I\u00ADX')).to.equal('ix\n')
    const verifier = await field('rolpassword', 'ix')
    expect(await changes({ name: 'ix', password: verifier })).to.equal(false)
    expect(postgresUser({ name: 'ix', password: 'SCRAM-SHA-256$bad' }).issues[0]?.message).to.match(/^starts like a hash/)
    expect(postgresUser({ name: 'ix', password: `md5${'0'.repeat(31)}` }).issues).to.have.length(1)
    expect(await changes({ name: 'ix', password: '' })).to.equal(true)
    expect(await field('rolpassword is null', 'ix')).to.equal('t')
    expect(await changes({ name: 'ix', password: 'a new one for ix', updatePassword: 'on-create' })).to.equal(false)
  })

  it('[role 6] changing one attribute leaves the others as they are, LOGIN too; an unknown one is an argument error', async () => {
    await sql('create role flags createdb noinherit nologin connection limit 3')
    expect(await changes({ name: 'flags', createrole: true })).to.equal(true)
    expect(await field('rolcanlogin, rolcreatedb, rolinherit, rolcreaterole, rolconnlimit', 'flags')).to.equal('f|t|f|t|3')
    expect(await changes({ name: 'flags', inherit: false })).to.equal(false)
    const wrong = { name: 'flags', roleAttrFlags: 'INVALID' }
    expect(postgresUser(wrong).issues[0]?.message).to.contain('roleAttrFlags')
  })

  it('[role 8] times are compared as PostgreSQL interprets them, and infinity is not the same as no time', async () => {
    expect(await changes({ name: 'timed', validUntil: 'Jan 31 2020' })).to.equal(true)
    expect(await changes({ name: 'timed', validUntil: '2020-01-31' })).to.equal(false)
    expect(await changes({ name: 'timed', validUntil: '2020-01-31T01:00:00+01:00' })).to.equal(false)
    expect(await changes({ name: 'timed', validUntil: 'infinity' })).to.equal(true)
    expect(await changes({ name: 'endless' })).to.equal(true)
    expect(await field('rolvaliduntil is null', 'endless')).to.equal('t')
    expect(await changes({ name: 'endless', validUntil: 'infinity' })).to.equal(true)
    expect(errorOf(await host.run(postgresUser({ name: 'timed', validUntil: 'next blue moon' })))).to.contain('"next blue moon" is not a time').and.to.contain('invalid input syntax')
  })

  it('[role 10] a comment is set, kept and removed', async () => {
    const comment = () => sql(`select coalesce(shobj_description('noted'::regrole, 'pg_authid'), '-')`)
    expect(await changes({ name: 'noted', comment: 'a "note"; --' })).to.equal(true)
    expect(await changes({ name: 'noted' })).to.equal(false)
    await host.check(postgresUser({ name: 'noted', comment: '' }))
    expect(await comment()).to.equal('a "note"; --')
    expect(await changes({ name: 'noted', comment: '' })).to.equal(true)
    expect(await comment()).to.equal('-')
  })

  it('[role 11] settings are set one by one, others stay or are reset, and lists are lists', async () => {
    const config = () => sql(`select setconfig from pg_db_role_setting where setrole = 'tuned'::regrole`)
    expect(await changes({ name: 'tuned', config: { work_mem: '16MB', search_path: 'a,b', Log_Min_Duration_Statement: 0, jit: false, 'app.user': 'x=y' } })).to.equal(true)
    expect(await changes({ name: 'tuned', config: { search_path: ['a', 'b'], WORK_MEM: '16MB' } })).to.equal(false)
    expect(await changes({ name: 'tuned', config: {} })).to.equal(false)
    expect(await config()).to.contain('"search_path=a, b"').and.to.contain('app.user=x=y').and.to.contain('jit=off')
    expect(await changes({ name: 'tuned', config: { search_path: ['a,b'], jit: null } })).to.equal(true)
    expect(await config()).to.contain('search_path=\\"a,b\\"').and.not.to.contain('jit')
    expect(await changes({ name: 'tuned', config: { work_mem: '16MB' }, resetOtherConfig: true })).to.equal(true)
    expect(await config()).to.equal('{work_mem=16MB}')
    expect(postgresUser({ name: 'tuned', config: { 'work"mem': 1 } }).issues[0]?.message).to.contain('setting')
    expect(postgresUser({ name: 'tuned', config: { work_mem: ['a'] } }).issues).to.have.length(1)
    expect(errorOf(await host.run(postgresUser({ name: 'tuned', config: { no_such: 1 } })))).to.contain('unrecognized configuration parameter "no_such"')
  })

  it('[role 6] a role that it should be a member of must exist: a check says so like a run, and knows one that was created before', async () => {
    const member = () => postgresUser({ name: 'member', memberOf: ['nobody'] })
    for (const check of [true, false]) expect(errorOf(await host.run(member(), { check }))).to.contain('The role nobody does not exist')
    const both = () => [postgresUser({ name: 'nobody' }), member()]
    for (const run of [await host.check(both()), await host.run(both())]) expect(run.tasks.map(({ status }) => status), errorOf(run)).to.deep.equal(['change', 'change'])
    const again = await host.run(both())
    expect([again.status, again.roundTrips]).to.deep.equal(['ok', 1])
  })

  it('is found on the one cluster of a host, on whatever port that is', async () => {
    await changes({ name: 'ported' })
    const port = (number: number) => host.sh(`sed -i 's/^port = .*/port = ${number}/' /etc/postgresql/15/main/postgresql.conf; systemctl restart postgresql@15-main; [ -S /var/run/postgresql/.s.PGSQL.${number} ]`)
    await port(5433)
    try {
      expect(await changes({ name: 'ported' })).to.equal(false)
      expect(await changes({ name: 'ported', comment: 'on another port' })).to.equal(true)
    } finally {
      await port(5432)
    }
  })

  it('[role 12] a role that something depends on is not dropped, in PostgreSQL\'s words; another one is', async () => {
    await sql('create role owning; create database of_owning owner owning;')
    const failed = await host.run(postgresUser({ name: 'owning', state: 'absent' }))
    expect(errorOf(failed)).to.contain('role "owning" cannot be dropped because some objects depend on it').and.to.contain('owner of database of_owning')
    await sql('drop database of_owning')
    expect(await changes({ name: 'owning', state: 'absent' })).to.equal(true)
  })

  it('says what is wrong with each argument', () => {
    const messages = (args: Arguments) => postgresUser(args).issues.map(({ argument, message }) => `${argument} ${message}`)
    expect(messages({ name: 'x'.repeat(64) })[0]).to.contain('name must be at most 63 bytes')
    expect(messages({ name: 'a\0' })[0]).to.contain('NUL')
    expect(messages({ name: 'a', password: 'half \ud800 of it' })[0]).to.contain('half of a character')
    expect(messages({ name: 'a', connectionLimit: -2 })[0]).to.contain('-1 (no limit)')
    expect(JSON.stringify(messages({ name: 'a', password: 'SCRAM-SHA-256$hidden' }))).not.to.contain('hidden')
  })

  it('a server that does not run is an error in psql\'s words; without psql, which nothing brings, a check fails as a run would', async () => {
    await host.sh('systemctl stop postgresql@15-main')
    try {
      const report = await host.check(postgresUser({ name: 'any' }))
      expect(report.status).to.equal('failed')
      expect(errorOf(report)).to.contain('/var/run/postgresql/.s.PGSQL.5432').and.to.contain('Is it running?')
      const later = () => [systemd({ unit: 'postgresql@15-main', state: 'started' }), postgresUser({ name: 'any' })]
      expect((await host.check(later())).tasks.map(({ status }) => status), 'still to be started').to.deep.equal(['change', 'may-change'])
      await host.sh('for p in /usr/bin/psql /usr/lib/postgresql/15/bin/psql; do mv $p $p.away; done')
      try {
        expect(errorOf(await host.check(postgresUser({ name: 'any', validUntil: '2030-01-01', password: 'of nobody yet' })))).to.contain('This needs psql, which is not on the host, and no earlier task installs it.')
      } finally {
        await host.sh('for p in /usr/bin/psql /usr/lib/postgresql/15/bin/psql; do mv $p.away $p; done')
      }
    } finally {
      await host.sh('systemctl start postgresql@15-main')
    }
  })
})
