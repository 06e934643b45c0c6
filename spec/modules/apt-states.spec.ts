import { expect } from 'chai'
import { aptFunctions, quietServices } from '../../lib/resources/apt/apt-get.ts'
import { apt } from '../../modules/apt.ts'
import { aptHold } from '../../modules/apt-hold.ts'
import { aptHostName } from '../helpers/apt-host.ts'
import { MadePackagesHost } from '../helpers/made-packages.ts'
import { changed, diffs, errorOf, type SpecHost, type Work } from '../helpers/module-host.ts'
import { refusal } from '../helpers/one-task.ts'
import { fileName, repository } from '../helpers/package-repository.ts'

describe('apt, whatever state a package is in', function () {
  this.timeout(180_000)
  let on: MadePackagesHost
  let host: SpecHost
  const given = (script?: string) => on.given(script)
  const version = (of?: string) => on.version(of)
  const apply = (call: Work) => on.apply(call)

  before(async () => {
    on = await MadePackagesHost.of(aptHostName)
    host = on.host
  })

  it('[apt 1] installs a package that was removed but not purged (rc)', async () => {
    await given('i foo; apt-get remove -y foo')
    expect(await version()).to.equal('rc 1.0.1')
    const report = await apply(apt({ packages: ['foo'] }))
    expect(diffs(report)).to.contain('status: config-files → installed')
    expect(await version()).to.equal('ii 1.0.1')
  })

  it('[apt 3] counts a held package as installed', async () => {
    await given('i foo=1.0.0; apt-mark hold foo')
    expect(await version()).to.equal('hi 1.0.0')
    expect(changed(await apply(apt({ packages: ['foo'] })))).to.deep.equal([])
  })

  it('[apt 4, apt 5] changes or removes a held package only if allowed, and says so in apt\'s words', async () => {
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

  it('[apt 5] holds a held package again after changing it: with lists, from a file, next to a package that fails', async () => {
    const held = 'i foo=1.0.0; apt-mark hold foo'
    await given(`${held}; touch -d '2 days ago' /var/lib/apt/lists /var/lib/apt/periodic/* /etc/apt/sources.list.d /etc/apt/sources.list.d/* /etc/apt/sources.list`)
    expect(errorOf(await host.run(apt({ packages: ['foo'], state: 'latest', updateCache: true, allowChangeHeld: true })))).to.equal(undefined)
    expect(await version(), 'with its lists').to.equal('hi 1.0.1')
    await given(held)
    expect(errorOf(await apply(apt({ debs: [{ path: `${repository}/pool/${fileName({ name: 'foo', version: '1.0.1' })}` }], allowChangeHeld: true })))).to.equal(undefined)
    expect(await version(), 'from a file').to.equal('hi 1.0.1')
    await given(`${held}; touch /root/break`)
    expect(errorOf(await host.run(apt({ packages: ['foo=1.0.1', 'fragile'], allowChangeHeld: true, startServices: false })))).to.contain('fragile is broken')
    expect(await version(), 'beside one that fails').to.equal('hi 1.0.1')
    expect(await host.sh('rm /root/break; ls /usr/sbin/policy-rc.d* 2>/dev/null || echo none')).to.equal('none\n')
  })

  it('[apt 4] does not install a package that is held uninstalled, unless allowed, and check mode says so', async () => {
    await given('apt-mark hold foo')
    for (const report of [await host.check(apt({ packages: ['foo'] })), await host.run(apt({ packages: ['foo'] }))]) expect(errorOf(report)).to.contain('--allow-change-held-packages')
    expect(changed(await apply(apt({ packages: ['foo=1.0.0'], allowChangeHeld: true })))).to.deep.equal(['package[foo]'])
    expect(await version(), 'still held').to.equal('hi 1.0.0')
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

  it('reinstalls a half-installed package (iH, reinstallation required)', async () => {
    await given("i foo=1.0.0; sed -i '/^Package: foo$/,/^$/s/^Status: .*/Status: install reinstreq half-installed/' /var/lib/dpkg/status")
    expect(await version()).to.equal('iHR1.0.0')
    expect(diffs(await apply(apt({ packages: ['foo'] })))).to.contain('status: half-installed → installed')
    expect(await version()).to.match(/^ii 1\.0\./)
    expect(changed(await apply(apt({ packages: ['foo'] })))).to.deep.equal([])
  })

  it('[fault 49] a package that must be reinstalled but is not available is reported with a way out, by a check too; it can be removed', async () => {
    const half = `i foo=1.0.0; sed -i '/^Package: foo$/,/^$/{s/^Status: .*/Status: install reinstreq half-installed/; s/^Version: .*/Version: 0.9/}' /var/lib/dpkg/status; printf 'Package: foo\\nPin: version *\\nPin-Priority: -1\\n' >/etc/apt/preferences.d/foo`
    await given(half)
    expect(await version()).to.equal('iHR0.9')
    for (const packages of [['mailer-one'], ['foo']]) {
      const told = await refusal(host, () => apt({ packages }))
      expect(told).to.contain('dpkg --remove --force-remove-reinstreq foo')
    }
    expect(changed(await apply(apt({ packages: ['foo'], state: 'absent', purge: true })))).to.deep.equal(['package[foo]'])
    expect(changed(await apply(apt({ packages: ['mailer-one'] })))).to.deep.equal(['package[mailer-one]'])
  })

  it('[fault 67] continues if dpkg was interrupted while it recorded what it did, which its audit does not show', async () => {
    await given(`i foo=1.0.0; sed -n '/^Package: foo$/,/^$/p' /var/lib/dpkg/status >/var/lib/dpkg/updates/0000`)
    expect(await host.sh('dpkg --audit')).to.equal('')
    expect(changed(await apply(apt({ packages: ['mailer-one'] })))).to.deep.equal(['package[mailer-one]'])
    expect(await host.sh('ls /var/lib/dpkg/updates')).to.equal('')
    await host.sh(`sed -n '/^Package: foo$/,/^$/p' /var/lib/dpkg/status >/var/lib/dpkg/updates/0000`)
    expect(changed(await apply(apt({ packages: ['foo'], state: 'absent' })))).to.deep.equal(['package[foo]'])
  })

  it('[fault 59] in a check, the next task knows what an earlier one holds or releases', async () => {
    await given('i foo=1.0.0')
    const check = await host.check([aptHold({ packages: ['foo', 'mailer-one'] }), apt({ packages: ['foo'], state: 'latest' }), apt({ packages: ['mailer-one'] })])
    expect(check.tasks.map(({ status, changes }) => `${status} ${changes[0]?.reason?.includes('is held in version') ? 'held' : ''}`)).to.deep.equal(['change ', 'may-change held', 'may-change held'])
    await given('i foo=1.0.0; apt-mark hold foo')
    const released = await host.check([aptHold({ packages: ['foo'], state: 'released' }), apt({ packages: ['foo'], state: 'latest' })])
    expect(released.tasks.map(({ status }) => status), 'no failure').to.deep.equal(['change', 'may-change'])
  })

  it('runs triggers that are still to be run (it)', async () => {
    await given("i foo=1.0.0; sed -i '/^Package: foo$/,/^$/s/^Status: .*/Status: install ok triggers-pending\\nTriggers-Pending: something/' /var/lib/dpkg/status")
    expect(await version()).to.equal('it 1.0.0')
    expect(diffs(await apply(apt({ packages: ['foo'] })))).to.contain('status: triggers-pending → installed')
    expect(await version()).to.equal('ii 1.0.0')
  })

  it('removes what cannot be configured, and what is only unpacked', async () => {
    await given(`touch /root/break; i fragile; dpkg --unpack ${repository}/pool/${fileName({ name: 'foo', version: '1.0.0' })}`)
    expect([await version('fragile'), await version()]).to.deep.equal(['iF 1', 'iU 1.0.0'])
    expect(changed(await apply(apt({ packages: ['fragile', 'foo'], state: 'absent', purge: true })))).to.deep.equal(['package[foo]', 'package[fragile]'])
    expect([await version('fragile'), await version()]).to.deep.equal(['', ''])
  })

  it('installs nothing else if a package cannot be configured, and says which', async () => {
    await given('touch /root/break; i fragile')
    expect(errorOf(await apply(apt({ packages: ['foo'] })))).to.contain('fragile is broken')
    expect(await version()).to.equal('')
  })

  it('does not start services where that is asked, and leaves nothing that keeps later ones from starting', async () => {
    for (const [startServices, told] of [[false, 'kept'], [true, 'started']] as const) {
      await given()
      await host.apply(apt({ packages: ['serving'], startServices }))
      expect(await host.sh('cat /run/serving; ls /usr/sbin/policy-rc.d 2>/dev/null || echo none')).to.equal(`${told}\nnone\n`)
    }
    // A run that is killed while apt-get is at work.
    await given()
    await host.run(apt({ packages: ['serving'], startServices: false }))
    await host.sh(`dpkg --purge serving >/dev/null 2>&1; printf '#!/bin/sh\\n# made by stead for the time of one call of apt-get\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d`)
    await host.apply(apt({ packages: ['serving'] }))
    expect(await host.sh('cat /run/serving; ls /usr/sbin/policy-rc.d 2>/dev/null || echo none')).to.equal('started\nnone\n')
  })

  it('[fault 66] services can start again if a run was killed between dpkg\'s end and its own: the next run makes sure, as a check predicts', async () => {
    await given(`printf '#!/bin/sh\\nexit 0\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d; i foo=1.0.0; apt-mark hold foo`)
    const options = { startServices: false, allowChangeHeld: true }
    await host.sh(`${aptFunctions(options).text}\n${quietServices(options).text}\n{ apt-get install -y --allow-change-held-packages foo=1.0.1; } >/dev/null 2>&1 </dev/null; trap - EXIT`)
    expect(await host.sh('tail -n 1 /usr/sbin/policy-rc.d'), 'what is left').to.equal('exit 101\n')
    const report = await apply(apt({ packages: ['mailer-one'] }))
    expect(changed(report)).to.deep.equal(['package[mailer-one]', 'temporary[accounts]', 'temporary[holds]', 'temporary[policy]'])
    expect(await host.sh('tail -n 1 /usr/sbin/policy-rc.d; rm /usr/sbin/policy-rc.d; ls /usr/sbin/policy-rc.d* /var/lib/stead/temporary/* 2>/dev/null || echo none')).to.equal('exit 0\nnone\n')
    expect(await version(), 'held again').to.equal('hi 1.0.1')
    expect((await host.check(apt({ packages: ['mailer-one'] }))).status).to.equal('ok')
  })

  it('does not start services either where an operator wrote that they may be, and leaves that as it was', async () => {
    await given(`printf '#!/bin/sh\\nexit 0\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d`)
    await host.apply(apt({ packages: ['serving'], startServices: false }))
    expect(await host.sh('cat /run/serving /usr/sbin/policy-rc.d; rm /usr/sbin/policy-rc.d; ls /usr/sbin/policy-rc.d* 2>/dev/null || echo none')).to.equal('kept\n#!/bin/sh\nexit 0\nnone\n')
  })

  it('leaves alone what an operator wrote to keep services from starting', async () => {
    await given(`printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d`)
    await host.apply(apt({ packages: ['serving'], startServices: false }))
    expect(await host.sh('cat /usr/sbin/policy-rc.d; rm /usr/sbin/policy-rc.d')).to.equal('#!/bin/sh\nexit 101\n')
  })
})
