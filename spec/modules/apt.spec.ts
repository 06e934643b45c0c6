import { expect } from 'chai'
import { apt } from '../../modules/apt.ts'
import type { HostReport } from '../../lib/report/report.ts'
import { expectForetold, fourRounds } from '../helpers/four-rounds.ts'
import { changed, diffs, dropHost, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'
import { fileName, makeRepository, repository, type MadePackage } from '../helpers/package-repository.ts'

const name = 'spec-apt'

const made: MadePackage[] = [
  ...(['1.0.0', '1.0.1'] as const).map((version): MadePackage => ({ name: 'foo', version, suite: 'stable', conffile: true })),
  ...(['2.0.0', '2.0.1'] as const).map((version): MadePackage => ({ name: 'foo', version, suite: 'testing', conffile: true })),
  { name: 'foobar', version: '1.0.0', suite: 'stable', control: 'Depends: foo (= 1.0.0)\n' },
  { name: 'foobar', version: '1.0.1', suite: 'stable', control: 'Depends: foo\n' },
  { name: 'rival', version: '1', suite: 'stable', control: 'Conflicts: foo\nProvides: rivalry\n' },
  { name: 'mailer-one', version: '1', suite: 'stable', control: 'Provides: mailer\n' },
  { name: 'mailer-two', version: '1', suite: 'stable', control: 'Provides: mailer\n' },
  { name: 'fragile', version: '1', suite: 'stable', scripts: { postinst: '[ ! -e /root/break ] || { echo fragile is broken >&2; exit 1; }' } },
  { name: 'asking', version: '1', suite: 'stable', scripts: { postinst: 'if read -r answer; then echo "was answered $answer" >&2; exit 1; fi' } },
  { name: 'foreign', version: '1', suite: 'stable', architecture: 'i386', control: 'Multi-Arch: foreign\n' },
]

describe('apt', function () {
  this.timeout(120_000)
  let host: SpecHost

  /** Brings the host to a state by hand, with fresh lists. */
  const given = async (script: string): Promise<void> => {
    await host.sh(`exec >/dev/null 2>&1 </dev/null; export DEBIAN_FRONTEND=noninteractive
rm -f /root/break /etc/apt/preferences.d/* /etc/apt/sources.list.d/broken.list; for p in foo foobar rival mailer-one mailer-two fragile; do echo "$p install"; done | dpkg --set-selections
[ /var/lib/apt/lists -nt /etc/apt/sources.list.d ] || { apt-get update; touch /var/lib/apt/lists; }
apt-get purge -y --allow-change-held-packages foo foobar rival mailer-one mailer-two fragile foreign:i386 || :
i() { apt-get install -y --allow-downgrades "$@"; }
${script}`)
  }
  const version = (of = 'foo') => host.sh(`dpkg-query -W -f '\${db:Status-Abbrev}\${Version}' ${of} 2>/dev/null | sed 's/^.n $//'`)

  /** Checks, applies, and holds the two against each other. */
  const apply = async (call: ReturnType<typeof apt>): Promise<HostReport> => {
    const before = await host.sh('dpkg -l; apt-mark showmanual')
    const check = await host.check(call)
    expect(await host.sh('dpkg -l; apt-mark showmanual'), 'check mode writes nothing').to.equal(before)
    const applied = await host.run(call)
    if (applied.status !== 'failed') expectForetold(check, applied)
    return applied
  }

  before(async () => {
    host = await labHost(name)
    await host.sh(`${makeRepository(made)}\nexec >/dev/null 2>&1; dpkg --add-architecture i386; apt-get update && touch /var/lib/apt/lists`)
  })
  after(() => dropHost(name))

  fourRounds({
    host: name, name: '[apt 12] a package with a version',
    task: () => apt({ packages: ['foo=1.0.*', 'foobar'] }),
    prepare: 'apt-get purge -y foo foobar >/dev/null 2>&1 </dev/null',
    drift: 'apt-get remove -y foobar >/dev/null 2>&1 </dev/null; apt-mark auto foo >/dev/null',
    proof: 'stat -c "%s %Y" /var/log/dpkg.log /var/lib/dpkg/status /var/lib/apt/extended_states; dpkg -l',
    holds: 'dpkg -l foo foobar | tail -n 2; apt-mark showmanual',
    repaired: ['manual: false → true', 'version: (none) → 1.0.1'],
  })

  it('[apt 1] installs what was removed with its configuration left (rc)', async () => {
    await given('i foo; apt-get remove -y foo')
    expect(await version()).to.equal('rc 1.0.1')
    const report = await apply(apt({ packages: ['foo'] }))
    expect(diffs(report)).to.contain('status: config-files → installed')
    expect(await version()).to.equal('ii 1.0.1')
  })

  it('[apt 3] takes a held package for installed', async () => {
    await given('i foo=1.0.0; apt-mark hold foo')
    expect(await version()).to.equal('hi 1.0.0')
    expect(changed(await apply(apt({ packages: ['foo'] })))).to.deep.equal([])
  })

  it('[apt 4] [apt 5] changes or removes a held package only where that is allowed, and says so in apt\'s words', async () => {
    await given('i foo=1.0.0; apt-mark hold foo')
    for (const state of ['latest', 'absent'] as const) {
      expect(errorOf(await apply(apt({ packages: ['foo'], state })))).to.contain('--allow-change-held-packages')
      expect(errorOf(await host.check(apt({ packages: ['foo'], state })))).to.contain('--allow-change-held-packages')
      expect(await version()).to.equal('hi 1.0.0')
    }
    expect(diffs(await apply(apt({ packages: ['foo'], state: 'latest', allowChangeHeld: true })))).to.contain('version: 1.0.0 → 1.0.1')
    expect(await version(), 'still held').to.equal('hi 1.0.1')
    expect(changed(await apply(apt({ packages: ['foo'], state: 'latest', allowChangeHeld: true })))).to.deep.equal([])
    expect(changed(await apply(apt({ packages: ['foo'], state: 'absent', allowChangeHeld: true })))).to.deep.equal(['package[foo]'])
    expect(await version()).not.to.contain('i 1')
  })

  const matrix: [string, 'present' | 'latest', string | undefined, string, string?][] = [
    ['foo', 'present', undefined, '1.0.0'], ['foo', 'latest', undefined, '1.0.1'], ['foo=1.0.0', 'present', undefined, '1.0.0'], ['foo=1.0.0', 'latest', undefined, '1.0.0'],
    ['foo=1.0.1', 'present', undefined, '1.0.1'], ['foo=1.0.*', 'latest', undefined, '1.0.1'], ['foo>=1.0.0', 'present', undefined, '1.0.0'], ['foo>=1.0.0', 'latest', undefined, '1.0.1'],
    ['foo>=1.0.1', 'present', undefined, '1.0.1'], ['foo', 'present', 'testing', '1.0.0'], ['foo', 'latest', 'testing', '2.0.1'], ['foo=2.0.0', 'present', 'testing', '2.0.0'],
    ['foo=2.0.0', 'present', undefined, '2.0.0'], ['foo>=2.0.0', 'present', 'testing', '2.0.1'], ['foo=1.0.*', 'present', undefined, '1.0.0'],
    ['foo', 'latest', undefined, '1.0.0', 'pinned'], ['foo=1.0.1', 'present', undefined, '1.0.1', 'pinned'], ['foo>=1.0.1', 'present', undefined, 'failed', 'pinned'],
    ['foo', 'latest', 'testing', '1.0.0', 'pinned'], ['foo>=2.0.0', 'present', 'testing', 'failed', 'pinned'],
  ]
  for (const [wish, state, release, expected, pin] of matrix) {
    it(`[apt ${pin ? 9 : wish === 'foo=1.0.*' && state === 'present' ? 8 : 7}] from 1.0.0${pin ? ' pinned' : ''}, ${wish} ${state}${release ? ` of ${release}` : ''} gives ${expected}`, async () => {
      await given(`i foo=1.0.0${pin ? "; printf 'Package: foo\\nPin: version 1.0.0\\nPin-Priority: 1000\\n' >/etc/apt/preferences.d/foo" : ''}`)
      const report = await apply(apt({ packages: [wish], state, release }))
      if (expected === 'failed') expect(errorOf(report)).to.contain('apt knows').and.to.contain('and would take 1.0.0')
      else expect(errorOf(report)).to.equal(undefined)
      expect(await version()).to.equal(`ii ${expected === 'failed' ? '1.0.0' : expected}`)
      expect(diffs(report)).to.equal(['1.0.0', 'failed'].includes(expected) ? '' : `package[foo]\nversion: 1.0.0 → ${expected}`)
      if (expected !== 'failed') expect(changed(await host.apply(apt({ packages: [wish], state, release })))).to.deep.equal([])
    })
  }

  it('goes back to a lower version only where that is allowed', async () => {
    await given('i foo=1.0.1')
    expect(errorOf(await apply(apt({ packages: ['foo=1.0.0'] })))).to.contain('--allow-downgrades')
    expect(diffs(await apply(apt({ packages: ['foo=1.0.0'], allowDowngrade: true })))).to.contain('version: 1.0.1 → 1.0.0')
    expect(await version()).to.equal('ii 1.0.0')
  })

  it('[apt 11] upgrades only what is installed where only that is asked', async () => {
    await given('')
    expect(changed(await apply(apt({ packages: ['foo=1.0.1'], onlyUpgrade: true })))).to.deep.equal([])
    await given('i foo=1.0.0')
    expect(changed(await apply(apt({ packages: ['foobar=1.0.1', 'foo=1.0.1'], onlyUpgrade: true })))).to.deep.equal(['package[foo]'])
    expect(await version()).to.equal('ii 1.0.1')
    expect(await version('foobar')).to.equal('')
  })

  it('[apt 12] marks what was installed for others as asked for, and that is a change that check mode foretells', async () => {
    await given('i foobar=1.0.1; apt-mark auto foobar')
    const check = await host.check(apt({ packages: ['foobar=1.0.1'] }))
    expect(diffs(check)).to.equal('package[foobar]\nmanual: false → true')
    expect(await host.sh('apt-mark showauto foobar')).to.equal('foobar\n')
    expect(changed(await apply(apt({ packages: ['foobar=1.0.1'] })))).to.deep.equal(['package[foobar]'])
    expect(await host.sh('apt-mark showmanual foobar')).to.equal('foobar\n')
  })

  it('finishes what is half configured or only unpacked (iF, iU), without upgrading it', async () => {
    await given('touch /root/break; i fragile; rm /root/break')
    expect(await version('fragile')).to.equal('iF 1')
    expect(diffs(await apply(apt({ packages: ['fragile'] })))).to.contain('status: half-configured → installed')
    expect(await version('fragile')).to.equal('ii 1')
    await given(`dpkg --unpack ${repository}/pool/${fileName({ name: 'foo', version: '1.0.0' })}`)
    expect(await version()).to.equal('iU 1.0.0')
    expect(diffs(await apply(apt({ packages: ['foo'] })))).to.contain('status: unpacked → installed')
    expect(await version()).to.equal('ii 1.0.0')
  })

  it('fails with the words of a maintainer script that fails', async () => {
    await given('touch /root/break')
    expect(errorOf(await apply(apt({ packages: ['fragile'] })))).to.contain('fragile is broken')
    await host.sh('rm /root/break')
  })

  it('never asks and is never answered: standard input is empty, changed configuration is kept', async () => {
    await given('i foo=1.0.0; echo mine >/etc/foo.conf')
    await host.apply(apt({ packages: ['foo', 'asking'], state: 'latest' }))
    expect(await host.sh('cat /etc/foo.conf')).to.equal('mine\n')
  })

  /** Holds a lock of dpkg or apt as they do themselves (fcntl(2)). */
  const hold = (seconds: number, lock = '/var/lib/dpkg/lock-frontend') => host.sh(`perl -e 'use Fcntl; open(my $f, ">>", "${lock}"); my $l = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die; sleep ${seconds}' </dev/null >/dev/null 2>&1 & sleep 0.3`)

  it('[apt 13] waits for another process that holds the lock, and check mode does not', async () => {
    await given('')
    await hold(20)
    const startedAt = Date.now()
    expect(changed(await host.check(apt({ packages: ['foo'] })))).to.deep.equal(['package[foo]'])
    expect(Date.now() - startedAt).to.be.lessThan(4000)
    expect(errorOf(await host.run(apt({ packages: ['foo'], lockTimeoutSeconds: 2 })))).to.contain('Could not get lock /var/lib/dpkg/lock-frontend. It is held by process')
    const report = await host.apply(apt({ packages: ['foo'] }))
    expect(changed(report)).to.deep.equal(['package[foo]'])
    expect(Date.now() - startedAt).to.be.greaterThan(19_000)
    expect(host.notes.join('\n')).to.match(/waited \d+ s for another process: .*Could not get lock .*It is held by process \d+ \(perl\)/)
    expect(await version()).to.equal('ii 1.0.1')
  })

  it('[apt 13] waits for another process that fetches lists, which has a lock of its own', async () => {
    await given('')
    await host.sh("touch -d '2 days ago' /var/lib/apt/lists")
    await hold(5, '/var/lib/apt/lists/lock')
    const startedAt = Date.now()
    expect(changed(await host.apply(apt({ updateCache: true })))).to.deep.equal(['package-lists[/var/lib/apt/lists]'])
    expect(Date.now() - startedAt).to.be.greaterThan(4000)
    expect(host.notes.at(-1)).to.contain('/var/lib/apt/lists/lock')
  })

  it('[apt 15] a broken source or a dead mirror is an error with apt\'s words, never a success', async () => {
    await given('')
    for (const [uri, words] of [['file:/nowhere', '/nowhere'], ['http://127.0.0.1:1/debian', 'Could not connect to 127.0.0.1:1']] as const) {
      await host.sh(`echo 'deb [trusted=yes] ${uri} stable main' >/etc/apt/sources.list.d/broken.list`)
      for (const call of [apt({ updateCache: true }), apt({ packages: ['foo'] })]) {
        const error = errorOf(await host.run(call))
        expect(error).to.contain('Failed to update apt cache').and.to.contain(words)
      }
      expect(await version()).to.equal('')
    }
    await host.sh(`perl -MIO::Socket -e '$s = IO::Socket::INET->new(LocalPort => 8403, LocalAddr => "127.0.0.1", Listen => 5, ReuseAddr => 1) or die; for (1..50) { $c = $s->accept; $_ = <$c>; print $c "HTTP/1.1 403 Forbidden\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n"; close $c }' </dev/null >/dev/null 2>&1 & sleep 0.5; echo 'deb [trusted=yes] http://127.0.0.1:8403/debian stable main' >/etc/apt/sources.list.d/broken.list`)
    expect(errorOf(await host.run(apt({ updateCache: true })))).to.contain('Failed to update apt cache').and.to.contain('403')
    await host.sh('rm /etc/apt/sources.list.d/broken.list')
    expect(changed(await host.apply(apt({ updateCache: true })))).to.deep.equal(['package-lists[/var/lib/apt/lists]'])
    expect(changed(await host.apply(apt({ updateCache: true })))).to.deep.equal([])
  })

  it('[apt 16] does not remove another package where that is to fail', async () => {
    await given('i rival')
    expect(errorOf(await apply(apt({ packages: ['foo'], failOnRemove: true })))).to.contain('Packages need to be removed but remove is disabled.')
    expect(await version('rival')).to.equal('ii 1')
  })

  it('[apt 17] installs a package file of the host, with what it depends on, once; also of another architecture', async () => {
    await given('')
    const path = (of: MadePackage) => `${repository}/pool/${fileName(of)}`
    const call = apt({ debs: [{ path: path({ name: 'foobar', version: '1.0.1', suite: 'stable' }) }, { path: path({ name: 'foreign', version: '1', suite: 'stable', architecture: 'i386' }) }] })
    const first = await apply(call)
    expect(errorOf(first)).to.equal(undefined)
    expect(changed(first).length).to.equal(2)
    expect(await version()).to.equal('ii 1.0.1')
    expect(changed(await apply(call))).to.deep.equal([])
    expect(await version('foreign:i386')).to.equal('ii 1')
  })

  it('[apt 17] installs a package file that it fetches, and does not fetch it again', async () => {
    await given('')
    const url = `file://${repository}/pool/${fileName({ name: 'foobar', version: '1.0.1' })}`
    const call = apt({ debs: [{ url }] })
    expect(changed(await host.check(call)).length).to.equal(1)
    expect(await version('foobar')).to.equal('')
    expect(changed(await apply(call)).length).to.equal(1)
    expect(await version('foobar')).to.equal('ii 1.0.1')
    expect(changed(await apply(call))).to.deep.equal([])
    await host.sh('apt-get remove -y foobar >/dev/null 2>&1 </dev/null')
    expect(changed(await apply(call)).length).to.equal(1)
    expect(errorOf(await host.run(apt({ debs: [{ url, sha256: '0'.repeat(64) }] })))).to.contain('Hash Sum mismatch')
  })

  it('[apt 20] upgrade and autoremove: nothing to do is ok, something is a change with its versions', async () => {
    await given('i foo=1.0.0 foobar=1.0.1')
    expect(diffs(await apply(apt({ upgrade: 'safe' })))).to.contain('foo: 1.0.0 → 1.0.1')
    expect(changed(await apply(apt({ upgrade: 'safe', autoremove: true, autoclean: true })))).to.deep.equal([])
    expect(changed(await apply(apt({ upgrade: 'full' })))).to.deep.equal([])
    await host.sh('apt-mark auto foo >/dev/null')
    expect(changed(await apply(apt({ packages: ['foobar'], state: 'absent', autoremove: true })))).to.deep.equal(['package[foobar]'])
    expect(await version()).to.equal('rc 1.0.1')
    await host.sh('apt-get install -y foo >/dev/null 2>&1 </dev/null; apt-mark auto foo >/dev/null')
    expect(diffs(await apply(apt({ autoremove: true })))).to.contain('foo: 1.0.1 → (none)')
    expect(changed(await apply(apt({ packages: [] })))).to.deep.equal([])
  })

  it('removes, leaving configuration, or with it', async () => {
    await given('i foo')
    expect(changed(await apply(apt({ packages: ['foo'], state: 'absent' })))).to.deep.equal(['package[foo]'])
    expect(await version()).to.equal('rc 1.0.1')
    expect(changed(await apply(apt({ packages: ['foo'], state: 'absent' })))).to.deep.equal([])
    expect(changed(await apply(apt({ packages: ['foo', 'no-such-package'], state: 'absent', purge: true })))).to.deep.equal(['package[foo]'])
    expect(await version()).to.equal('')
    expect(changed(await apply(apt({ packages: ['foo'], state: 'absent', purge: true })))).to.deep.equal([])
  })

  it('a virtual package is there when one that provides it is; which one is never guessed', async () => {
    await given('')
    expect(errorOf(await apply(apt({ packages: ['mailer'] })))).to.contain('Package mailer is a virtual package provided by: mailer-one, mailer-two.')
    await given('i mailer-two')
    expect(changed(await apply(apt({ packages: ['mailer'] })))).to.deep.equal([])
    expect(changed(await apply(apt({ packages: ['rivalry'] })))).to.deep.equal(['package[rival]'])
    expect(changed(await apply(apt({ packages: ['rivalry'] })))).to.deep.equal([])
  })

  it('an unknown package fails before anything is touched, in check mode too; without lists it is only foretold', async () => {
    await given('')
    for (const report of [await host.check(apt({ packages: ['no-such-package', 'foo'] })), await host.run(apt({ packages: ['no-such-package', 'foo'] }))]) {
      expect(errorOf(report)).to.contain('Unable to locate package no-such-package')
    }
    expect(await version()).to.equal('')
    await host.sh('mkdir -p /root/lists; mv /var/lib/apt/lists/* /root/lists/')
    expect(changed(await host.check(apt({ packages: ['no-such-package'] })))).to.deep.equal(['package[no-such-package]'])
    expect(changed(await host.apply(apt({ packages: ['foo'] })))).to.deep.equal(['package[foo]'])
  })

  it('services are not started where that is asked, and policy-rc.d is gone afterwards', async () => {
    await given('')
    await host.apply(apt({ packages: ['foo'], startServices: false }))
    expect(await host.sh('ls /usr/sbin/policy-rc.d 2>/dev/null || echo none')).to.equal('none\n')
  })

  it('refuses wrong arguments, all at once, naming what is allowed', () => {
    const { issues } = apt({ packages: ['Foo Bar', 'nginx'], debs: [{}] })
    expect(issues.map(({ argument }) => argument)).to.deep.equal(['packages.0', 'debs.0'])
    expect(issues[0]?.message).to.contain("'nginx=1.22.*'")
  })
})
