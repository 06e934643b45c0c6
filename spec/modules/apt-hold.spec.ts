import { expect } from 'chai'
import { aptHold } from '../../modules/apt-hold.ts'
import { aptHostName } from '../helpers/apt-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'
import { makeRepository } from '../helpers/package-repository.ts'

const name = aptHostName

describe('apt-hold', function () {
  this.timeout(240_000)
  let host: SpecHost
  before(async () => {
    host = await labHost(name)
    const twice = ['amd64', 'i386'].map(architecture => ({ name: 'libtwice', version: '1', suite: 'stable' as const, architecture, control: 'Multi-Arch: same\n' }))
    await host.sh(`${makeRepository([{ name: 'foo', version: '1.0.0', suite: 'stable' }, ...twice])}\ndpkg --add-architecture i386; rm -f /etc/apt/apt.conf.d/80made; apt-mark unhold base-files >/dev/null 2>&1 || :; apt-get update >/dev/null 2>&1; touch /var/lib/apt/lists`)
  })

  fourRounds({
    host: name, name: 'packages that are held',
    task: () => aptHold({ packages: ['base-files', 'foo'] }),
    drift: 'apt-mark unhold base-files >/dev/null',
    proof: 'stat -c "%i %y" /var/lib/dpkg/status',
    holds: 'apt-mark showhold',
    repaired: ['package-hold[base-files]\nheld: false → true'],
  })

  it('[apt 20] a package that apt does not know cannot be held; to release it is ok', async () => {
    for (const report of [await host.check(aptHold({ packages: ['no-such-package'] })), await host.run(aptHold({ packages: ['no-such-package'] }))]) {
      expect(errorOf(report)).to.contain('Unable to locate package no-such-package')
    }
    expect(changed(await host.apply(aptHold({ packages: ['no-such-package'], state: 'released' })))).to.deep.equal([])
  })

  it('a package that is installed for two architectures is held and released for the one that is named, or else the host\'s own', async () => {
    await host.sh('apt-get install -y libtwice libtwice:i386 >/dev/null 2>&1 </dev/null; apt-mark unhold libtwice libtwice:i386 >/dev/null')
    try {
      for (const [named, shown] of [['libtwice', 'libtwice'], ['libtwice:i386', 'libtwice:i386']] as const) {
        for (const state of ['held', 'released'] as const) {
          expect(changed(await host.apply(aptHold({ packages: [named], state })))).to.deep.equal([`package-hold[${named}]`])
          expect(changed(await host.apply(aptHold({ packages: [named], state })))).to.deep.equal([])
          expect((await host.sh('apt-mark showhold')).split('\n')).to.deep.equal(state === 'held' ? [shown, ''] : [''])
        }
      }
    } finally {
      await host.sh('apt-mark unhold libtwice libtwice:i386 >/dev/null 2>&1; dpkg --purge libtwice:amd64 libtwice:i386 >/dev/null')
    }
  })

  it('a package is released', async () => {
    await host.sh('apt-mark hold base-files foo >/dev/null')
    expect(changed(await host.apply(aptHold({ packages: ['base-files', 'foo'], state: 'released' })))).to.deep.equal(['package-hold[base-files]', 'package-hold[foo]'])
    expect(changed(await host.apply(aptHold({ packages: ['base-files', 'foo'], state: 'released' })))).to.deep.equal([])
    expect(await host.sh('apt-mark showhold')).to.equal('')
  })
})
