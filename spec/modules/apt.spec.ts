import { expect } from 'chai'
import { apt } from '../../modules/apt.ts'
import { file } from '../../modules/file.ts'
import { aptHostName } from '../helpers/apt-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { MadePackagesHost } from '../helpers/made-packages.ts'
import { changed, diffs, errorOf, type SpecHost, type Work } from '../helpers/module-host.ts'
import { refusal } from '../helpers/one-task.ts'
import { fileName, repository, type MadePackage } from '../helpers/package-repository.ts'

describe('apt', function () {
  this.timeout(180_000)
  let on: MadePackagesHost
  let host: SpecHost
  const given = (script: string) => on.given(script)
  const version = (of?: string) => on.version(of)
  const apply = (call: Work) => on.apply(call)

  before(async () => {
    on = await MadePackagesHost.of(aptHostName)
    host = on.host
  })

  fourRounds({
    host: aptHostName, name: '[apt 12] a package with a version',
    task: () => apt({ packages: ['foo=1.0.*', 'foobar'] }),
    prepare: 'apt-get purge -y foo foobar >/dev/null 2>&1 </dev/null',
    drift: 'apt-get remove -y foobar >/dev/null 2>&1 </dev/null; apt-mark auto foo >/dev/null',
    proof: 'stat -c "%s %Y" /var/log/dpkg.log /var/lib/dpkg/status /var/lib/apt/extended_states; dpkg -l',
    holds: 'dpkg -l foo foobar | tail -n 2; apt-mark showmanual',
    repaired: ['manual: false → true', 'version: (none) → 1.0.1'],
  })

  it('writes to the disk as dpkg does, and only with unsafeIo once at the end, also where a package fails', async () => {
    const programs = `printf '#!/bin/sh\\necho "sync $*" >>/run/calls\\nexec /usr/bin/sync "$@"\\n' >/usr/local/bin/sync; printf '#!/bin/sh\\necho "dpkg $*" >>/run/calls\\nexec /usr/bin/dpkg "$@"\\n' >/usr/local/bin/dpkg; chmod 755 /usr/local/bin/*`
    const calls = async (args: Parameters<typeof apt>[0]) => {
      await host.sh(`dpkg --purge fragile foo >/dev/null 2>&1; ${programs}; : >/run/calls`)
      const error = errorOf(await host.run(apt(args)))
      const log = await host.sh('cat /run/calls; tail -n 12 /var/log/apt/history.log | grep Commandline | tail -n 1; rm -f /usr/local/bin/sync /usr/local/bin/dpkg')
      return { error, unsafe: log.includes('--force-unsafe-io'), synced: /^sync $/m.test(log) }
    }
    expect(await calls({ packages: ['foo'] })).to.deep.equal({ error: undefined, unsafe: false, synced: false })
    expect(await calls({ packages: ['foo'], unsafeIo: true })).to.deep.equal({ error: undefined, unsafe: true, synced: true })
    await host.sh('touch /root/break')
    const broken = await calls({ packages: ['fragile'], unsafeIo: true })
    await host.sh('rm /root/break; dpkg --purge fragile >/dev/null')
    expect(broken.error).to.contain('fragile')
    expect(broken.synced).to.equal(true)
  })

  fourRounds({
    host: aptHostName, name: '[apt 17] a package file that the host fetches',
    task: () => apt({ debs: [{ url: `file://${repository}/pool/${fileName({ name: 'foobar', version: '1.0.1' })}` }] }),
    prepare: 'dpkg --purge foobar foo >/dev/null 2>&1; rm -rf /var/lib/stead/debs',
    drift: 'dpkg --purge foobar >/dev/null 2>&1',
    proof: 'stat -c "%n %s %y" /var/log/dpkg.log /var/lib/dpkg/status /var/lib/stead/debs/*; dpkg -l; ls -A /tmp',
    holds: 'dpkg -l foo foobar | tail -n 2; apt-mark showmanual',
    repaired: ['status: not installed → installed'],
  })

  fourRounds({
    host: aptHostName, name: 'package lists that are to be fresh',
    task: () => apt({ updateCache: true, cacheValidSeconds: 3600 }),
    prepare: 'rm -rf /var/lib/apt/lists/*',
    drift: "touch -d '2 hours ago' /var/lib/apt/lists /etc/apt/sources.list.d /etc/apt/sources.list.d/* /var/lib/apt/periodic/* 2>/dev/null || :",
    proof: 'stat -c "%n %i %s %z" /var/lib/apt/lists /var/lib/apt/lists/* /var/cache/apt/*.bin',
    holds: 'ls /var/lib/apt/lists',
    repaired: ['lists: older than 3600 s → fresh'],
  })

  fourRounds({
    host: aptHostName, name: '[apt 20] what was installed only as a dependency and is no longer needed',
    task: () => apt({ autoremove: true, purge: true }),
    prepare: 'exec >/dev/null 2>&1 </dev/null; apt-get install -y rival mailer-one; apt-mark auto rival',
    drift: 'apt-mark auto mailer-one >/dev/null',
    proof: 'stat -c "%s %y" /var/log/dpkg.log /var/lib/dpkg/status; dpkg -l',
    repaired: ['mailer-one: 1 → (none)'],
  })

  const matrix: [string, 'present' | 'latest', string | undefined, string, string?][] = [
    ['foo', 'present', undefined, '1.0.0'], ['foo', 'latest', undefined, '1.0.1'], ['foo=1.0.0', 'present', undefined, '1.0.0'], ['foo=1.0.0', 'latest', undefined, '1.0.0'],
    ['foo=1.0.1', 'present', undefined, '1.0.1'], ['foo=1.0.*', 'latest', undefined, '1.0.1'], ['foo>=1.0.0', 'present', undefined, '1.0.0'], ['foo>=1.0.0', 'latest', undefined, '1.0.1'],
    ['foo>=1.0.1', 'present', undefined, '1.0.1'], ['foo', 'present', 'testing', '1.0.0'], ['foo', 'latest', 'testing', '2.0.1'], ['foo=2.0.0', 'present', 'testing', '2.0.0'],
    ['foo=2.0.0', 'present', undefined, '2.0.0'], ['foo>=2.0.0', 'present', 'testing', '2.0.1'], ['foo=1.0.*', 'present', undefined, '1.0.0'],
    ['foo', 'latest', undefined, '1.0.0', 'pinned'], ['foo=1.0.1', 'present', undefined, '1.0.1', 'pinned'], ['foo>=1.0.1', 'present', undefined, 'failed', 'pinned'],
    ['foo', 'latest', 'testing', '1.0.0', 'pinned'], ['foo>=2.0.0', 'present', 'testing', 'failed', 'pinned'],
  ]
  for (const [spec, state, release, expected, pin] of matrix) {
    it(`[apt 7, apt 8, apt 9] from 1.0.0${pin ? ' pinned' : ''}, ${spec} ${state}${release ? ` of ${release}` : ''} gives ${expected}`, async () => {
      await given(`i foo=1.0.0${pin ? "; printf 'Package: foo\\nPin: version 1.0.0\\nPin-Priority: 1000\\n' >/etc/apt/preferences.d/foo" : ''}`)
      const call = apt({ packages: [spec], state, release })
      const report = await apply([call, call])
      if (expected === 'failed') expect(errorOf(report)).to.contain('apt knows').and.to.contain('and would choose 1.0.0')
      else expect(errorOf(report)).to.equal(undefined)
      expect(await version()).to.equal(`ii ${expected === 'failed' ? '1.0.0' : expected}`)
      expect(diffs(report)).to.equal(['1.0.0', 'failed'].includes(expected) ? '' : `package[foo]\nversion: 1.0.0 → ${expected}`)
      if (expected !== 'failed') expect(report.tasks[1]?.status).to.equal('ok')
    })
  }

  it('goes back to a lower version only where that is allowed', async () => {
    await given('i foo=1.0.1')
    expect(errorOf(await apply(apt({ packages: ['foo=1.0.0'] })))).to.contain('--allow-downgrades')
    expect(diffs(await apply(apt({ packages: ['foo=1.0.0'], allowDowngrade: true })))).to.contain('version: 1.0.1 → 1.0.0')
    expect(await version()).to.equal('ii 1.0.0')
  })

  it('[apt 11] upgrades only what is installed if only that is requested', async () => {
    await given('')
    expect(changed(await apply(apt({ packages: ['foo=1.0.1'], onlyUpgrade: true })))).to.deep.equal([])
    await given('i foo=1.0.0')
    expect(changed(await apply(apt({ packages: ['foobar=1.0.1', 'foo=1.0.1'], onlyUpgrade: true })))).to.deep.equal(['package[foo]'])
    expect(await version()).to.equal('ii 1.0.1')
    expect(await version('foobar')).to.equal('')
  })

  it('[apt 12] marks a dependency as manually installed, and that is a change that check mode predicts', async () => {
    await given('i foobar=1.0.1; apt-mark auto foobar')
    const check = await host.check(apt({ packages: ['foobar=1.0.1'] }))
    expect(diffs(check)).to.equal('package[foobar]\nmanual: false → true')
    expect(await host.sh('apt-mark showauto foobar')).to.equal('foobar\n')
    expect(changed(await apply(apt({ packages: ['foobar=1.0.1'] })))).to.deep.equal(['package[foobar]'])
    expect(await host.sh('apt-mark showmanual foobar')).to.equal('foobar\n')
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

  it('[apt 15] a mirror that dies after its lists were fetched is an error with apt\'s words', async () => {
    await given(`mv ${repository}/pool /root/pool`)
    try {
      expect(errorOf(await host.run(apt({ packages: ['foo'] })))).to.contain('Failed to fetch').and.to.contain(fileName({ name: 'foo', version: '1.0.1' }))
      expect(await version()).to.equal('')
    } finally {
      await host.sh(`mv /root/pool ${repository}/pool`)
    }
  })

  it('[apt 16] fails instead of removing another package', async () => {
    await given('i rival')
    expect(await refusal(host, () => apt({ packages: ['foo'], failOnRemove: true }))).to.contain('Packages need to be removed but remove is disabled.')
    expect(await version('rival')).to.equal('ii 1')
    expect(changed(await apply(apt({ packages: ['mailer-one'], failOnRemove: true })))).to.deep.equal(['package[mailer-one]'])
  })

  it('[fault 55] everything else that apt does is shown by package and version, in a check as in a run, and done once', async () => {
    await given('i foo=1.0.0')
    const call = apt({ packages: ['foobar=1.0.1', 'foo>=1.0.1'] })
    expect(changed(await apply(call)), 'named both').to.deep.equal(['package[foo]', 'package[foobar]'])
    await given('')
    const report = await apply(apt({ packages: ['foobar=1.0.1'] }))
    expect(diffs(report)).to.contain('apt[install]\nfoo: (none) → 1.0.1')
    expect(changed(await apply(apt({ packages: ['foobar=1.0.1'] })))).to.deep.equal([])
    expect(await host.sh('apt-mark showauto foo')).to.equal('foo\n')
  })

  it('[fault 55] no package is removed that the playbook does not name, with or without fresh lists, unless an argument allows it; then it is shown by name', async () => {
    await given('i rival')
    expect(await refusal(host, () => apt({ packages: ['foo'] }))).to.contain('foo cannot be installed without removing rival 1').and.to.contain('failOnRemove: false')
    await host.sh("touch -d '2 days ago' /var/lib/apt/lists /var/lib/apt/periodic/* /etc/apt/sources.list.d /etc/apt/sources.list.d/* /etc/apt/sources.list")
    expect(errorOf(await host.run(apt({ packages: ['foo'] })))).to.contain('Packages need to be removed but remove is disabled.')
    expect(await version('rival')).to.equal('ii 1')
    expect(diffs(await apply(apt({ packages: ['foo'], failOnRemove: false })))).to.contain('apt[install]\nrival: 1 → (none)')
    expect([await version('rival'), await version()]).to.deep.equal(['', 'ii 1.0.1'])
    await given('i foobar=1.0.1')
    expect(await refusal(host, () => apt({ packages: ['foo'], state: 'absent' }))).to.contain('foo cannot be removed without also removing foobar 1.0.1')
    expect(changed(await apply(apt({ packages: ['foo', 'foobar'], state: 'absent' })))).to.deep.equal(['package[foo]', 'package[foobar]'])
    await given('i foobar=1.0.1')
    expect(diffs(await apply(apt({ packages: ['foo'], state: 'absent', failOnRemove: false })))).to.contain('apt[remove]\nfoobar: 1.0.1 → (none)')
  })

  it('[fault 55] is certain of what it shows, and says that it does not know if an earlier task fetches the lists', async () => {
    await given('')
    const fresh = await host.check(apt({ packages: ['foobar=1.0.1'] }))
    expect(fresh.tasks[0]?.changes.map(({ resource, reason }) => `${resource} ${reason ?? 'certain'}`)).to.deep.equal(['package[foobar] certain', 'apt[install] certain'])
    await host.sh("touch -d '2 days ago' /var/lib/apt/lists /var/lib/apt/periodic/* /etc/apt/sources.list.d /etc/apt/sources.list.d/* /etc/apt/sources.list")
    const report = await apply([apt({ packages: ['mailer-one'] }), apt({ packages: ['foobar=1.0.1'] })])
    expect(changed(report)).to.deep.equal(['apt[install]', 'package[foobar]', 'package[mailer-one]'])
  })

  it('[fault 55] an exact version that a dependency needs and that is not available is reported by a check in apt\'s words', async () => {
    await given('')
    expect(await refusal(host, () => apt({ packages: ['rigid'] }))).to.contain('rigid : Depends: foo (= 1.0.0) but 1.0.1 is to be installed')
    expect(changed(await apply(apt({ packages: ['rigid', 'foo=1.0.0'] })))).to.deep.equal(['package[foo]', 'package[rigid]'])
    expect(await refusal(host, () => apt({ packages: ['foo'], state: 'latest' }))).to.contain('rigid 1')
  })

  it('[fault 46] the version of a virtual package is the one that is provided; if none matches, that is an error', async () => {
    await given('')
    expect(await refusal(host, () => apt({ packages: ['thing-mode>=9'] }))).to.contain('no package provides it in a version >=9: thing 1 as 3.')
    expect(await refusal(host, () => apt({ packages: ['mailer>=1'] }))).to.contain('mailer-one 1 as no version')
    expect(changed(await apply(apt({ packages: ['thing-mode>=3'] })))).to.deep.equal(['package[thing]'])
    expect(changed(await apply(apt({ packages: ['thing-mode=3'] })))).to.deep.equal([])
    expect(await refusal(host, () => apt({ packages: ['thing-mode>=9'] }))).to.contain('thing 1 as 3')
  })

  it('[fault 46] with a version, only that version of a package is removed', async () => {
    await given('i foo')
    for (const spec of ['foo=99', 'foo>=2', 'foo=1.0.0']) expect(changed(await apply(apt({ packages: [spec], state: 'absent' }))), spec).to.deep.equal([])
    expect(changed(await apply(apt({ packages: ['foo=1.0.*'], state: 'absent' })))).to.deep.equal(['package[foo]'])
  })

  it('[fault 23] a package may be named with the host\'s own architecture: installed, a virtual one, held, removed', async () => {
    await given('')
    for (const name of ['libtwice:amd64', 'walker:amd64', 'postman:amd64']) {
      expect(changed(await apply(apt({ packages: [name] })))).to.deep.equal(name.startsWith('postman') ? [] : [`package[${name}]`])
      expect(changed(await apply(apt({ packages: [name] }))), name).to.deep.equal([])
    }
    expect(changed(await apply(apt({ packages: ['libtwice:amd64'], state: 'latest' })))).to.deep.equal([])
    expect(changed(await apply(apt({ packages: ['libtwice:amd64', 'walker:amd64'], state: 'absent' })))).to.deep.equal(['package[libtwice:amd64]', 'package[walker:amd64]'])
  })

  it('[apt 16] removes what is no longer needed even if no package may be removed for another', async () => {
    await given('i foobar=1.0.1; dpkg --purge foobar; apt-mark auto foo')
    expect(diffs(await apply(apt({ packages: ['mailer-one'], autoremove: true, failOnRemove: true })))).to.contain('foo: 1.0.1 → (none)')
    expect(await version('mailer-one')).to.equal('ii 1')
  })

  it('[apt 9] a release that no source has is an error in apt\'s words, in check mode too', async () => {
    await given('i foo=1.0.0')
    for (const args of [{ packages: ['foo'], state: 'latest' as const }, { packages: ['rival'] }]) expect(await refusal(host, () => apt({ ...args, release: 'nosuch' }))).to.contain("The value 'nosuch' is invalid for APT::Default-Release")
  })

  it('[apt 17] a package file that does not exist, and one with a lower version, is an error in check mode too', async () => {
    await given('i foo=1.0.1')
    expect(await refusal(host, () => apt({ debs: [{ path: '/nowhere.deb' }] }))).to.contain('The file /nowhere.deb does not exist')
    const lower = { debs: [{ path: `${repository}/pool/${fileName({ name: 'foo', version: '1.0.0' })}` }] }
    expect(await refusal(host, () => apt(lower))).to.contain('--allow-downgrades')
    expect(await version()).to.equal('ii 1.0.1')
    expect(changed(await apply(apt({ ...lower, allowDowngrade: true }))).length).to.equal(1)
    expect(await version()).to.equal('ii 1.0.0')
    const later = await host.check([file({ path: '/srv/later.deb', content: 'not looked at yet' }), apt({ debs: [{ path: '/srv/later.deb' }] })])
    expect(later.tasks.map(({ status }) => status)).not.to.contain('failed')
  })

  it('[apt 17] installs a package file of the host with its dependencies, once, also for another architecture', async () => {
    await given('')
    const path = (of: MadePackage) => `${repository}/pool/${fileName(of)}`
    const call = apt({ debs: [{ path: path({ name: 'foobar', version: '1.0.1', suite: 'stable' }) }, { path: path({ name: 'foreign', version: '1', suite: 'stable', architecture: 'i386' }) }] })
    const first = await apply(call)
    expect(errorOf(first) ?? '').to.equal('')
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
    await host.sh('touch /var/cache/apt/archives/foo_0.1_all.deb')
    expect(diffs(await apply(apt({ autoclean: true })))).to.contain('foo: 0.1 → (none)')
    expect(await host.sh('ls /var/cache/apt/archives')).not.to.contain('foo_0.1')
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

  it('a virtual package that one package provides for all architectures is that one', async () => {
    await given('')
    expect(changed(await apply(apt({ packages: ['postman'] })))).to.deep.equal(['package[walker]'])
    expect(changed(await apply(apt({ packages: ['postman'] })))).to.deep.equal([])
  })

  it('package lists are fetched where there is not even their directory', async () => {
    await given('rm -rf /var/lib/apt/lists')
    expect(changed(await apply(apt({ packages: ['mailer-one'] })))).to.deep.equal(['package[mailer-one]'])
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

  it('what is fetched by http needs a checksum', () => {
    expect(apt({ debs: [{ url: 'http://example.org/x.deb' }] }).issues.map(({ argument }) => argument)).to.deep.equal(['debs.0.sha256'])
    expect(apt({ debs: [{ url: 'http://example.org/x.deb', sha256: '0'.repeat(64) }, { url: 'https://example.org/x.deb' }] }).issues).to.deep.equal([])
  })

  it('refuses wrong arguments, all at once, naming what is allowed', () => {
    const { issues } = apt({ packages: ['Foo Bar', 'nginx'], debs: [{}, { url: 'https://me:secret@example.org/x.deb' }] })
    expect(issues.map(({ argument }) => argument)).to.deep.equal(['packages.0', 'debs.0', 'debs.1.url'])
    expect(issues[0]?.message).to.contain("'nginx=1.22.*'")
  })
})
