import { expect } from 'chai'
import { apt } from '../../modules/apt.ts'
import { aptHold } from '../../modules/apt-hold.ts'
import { debconf } from '../../modules/debconf.ts'
import type { HostReport } from '../../lib/report/report.ts'
import { aptHostName } from '../helpers/apt-host.ts'
import { MadePackagesHost } from '../helpers/made-packages.ts'
import { changed, dropHost, errorOf, type SpecHost } from '../helpers/module-host.ts'
import { Stead, type Run } from '../helpers/run-stead.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'

/** The lock is held there for as long as other specs of this file take. */
const lockedName = 'spec-apt-locked'
const dpkgLock = '/var/lib/dpkg/lock-frontend'

/** Shell: holds a lock as dpkg and apt do themselves (fcntl(2)), and goes on when it is held. */
const hold = (seconds: number, lock = dpkgLock) => `perl -e 'use Fcntl; open(my $f, ">>", "${lock}"); my $l = pack("s s x4 q q i x4", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die; sleep ${seconds}' </dev/null >/dev/null 2>&1 & sleep 0.3`

describe('apt, while others are running', function () {
  this.timeout(180_000)
  let on: MadePackagesHost
  let host: SpecHost
  const work = new WorkDirectory('apt-waits')

  interface Waited { check: HostReport; checkedMs: number; impatient: HostReport; run: Run; tookMs: number; version: string }
  /** All that happens on a host whose lock is held for 20 seconds. */
  async function whileLocked(): Promise<Waited> {
    const locked = await MadePackagesHost.of(lockedName)
    const playbook = work.write('waits.ts', `import { playbook } from '<project>/lib/index.ts'
import { apt } from '<project>/modules/apt.ts'
export default playbook({ name: 'Waits', hosts: 'all', tasks: ({ task }) => void task('Install foo', apt({ packages: ['foo'] })) })
`)
    const inventory = work.inventory('locked.ts', { [lockedName]: { groups: ['locked'] } })
    await locked.host.sh(hold(20))
    const startedAt = Date.now()
    const check = await locked.host.check(apt({ packages: ['foo'] }))
    const checkedMs = Date.now() - startedAt
    const impatient = await locked.host.run(apt({ packages: ['foo'], lockTimeoutSeconds: 1 }))
    const run = await new Stead(work).run(playbook, inventory)
    return { check, checkedMs, impatient, run, tookMs: Date.now() - startedAt, version: await locked.version() }
  }
  let waiting: Promise<Waited>

  before(async () => {
    waiting = whileLocked()
    waiting.catch(() => undefined)
    on = await MadePackagesHost.of(aptHostName)
    host = on.host
  })
  after(async () => {
    await waiting.catch(() => undefined)
    await dropHost(lockedName)
    work.remove()
  })

  it('[apt 13, fault 75] waits for another process that fetches lists, which has a separate lock, and says so before and after', async () => {
    await on.given()
    await host.sh(`touch -d '2 days ago' /var/lib/apt/lists; ${hold(3, '/var/lib/apt/lists/lock')}`)
    const startedAt = Date.now()
    expect(changed(await host.apply(apt({ updateCache: true })))).to.deep.equal(['package-lists[/var/lib/apt/lists]'])
    expect(Date.now() - startedAt).to.be.greaterThan(2000)
    expect(host.notes.at(-2)).to.match(/waits for another process, for up to 60 s: .*\/var\/lib\/apt\/lists\/lock/)
    expect(host.notes.at(-1)).to.match(/waited \d+ s for another process: .*\/var\/lib\/apt\/lists\/lock/)
  })

  it('apt-hold and debconf wait too', async () => {
    await on.given('i foo')
    await host.sh(hold(2, '/var/lib/dpkg/lock'))
    expect(changed(await host.apply(aptHold({ packages: ['foo'] })))).to.deep.equal(['package-hold[foo]'])
    expect(host.notes.at(-1)).to.match(/waited \d+ s for another process: .*dpkg/)
    await host.sh('(flock 9; sleep 2) 9>>/var/cache/debconf/config.dat </dev/null >/dev/null 2>&1 & sleep 0.3')
    expect(changed(await host.apply(debconf({ package: 'made', question: 'made/waited', type: 'string', value: String(Date.now()) })))).to.deep.equal(['debconf[made/waited]'])
    expect(host.notes.at(-2)).to.match(/waits for another process that uses debconf, for up to \d+ s/)
    expect(host.notes.at(-1)).to.match(/waited \d+ s for another process that uses debconf/)
  })

  describe('whose lock is held for 20 seconds', () => {
    let waited: Waited
    before(async () => void (waited = await waiting))

    it('[apt 13] waits, and then does its work', () => {
      expect(waited.run.status, waited.run.told).to.equal(0)
      expect(waited.run.notOk(lockedName)).to.deep.equal(['Install foo'])
      expect(waited.tookMs).to.be.greaterThan(19_000)
      expect(waited.version).to.equal('ii 1.0.1')
    })

    it('[apt 13] tells the operator which process it waited for, in apt\'s words', () => {
      expect(waited.run.stdout).to.match(/waited \d+ s for another process: .*Could not get lock \S+lock-frontend\. It is held by process \d+ \(perl\)/)
    })

    it('[apt 13] does not wait in check mode', () => {
      expect(changed(waited.check)).to.deep.equal(['package[foo]'])
      expect(waited.checkedMs).to.be.lessThan(15_000)
    })

    it('[apt 13] gives up after its timeout, with apt\'s words', () => {
      expect(errorOf(waited.impatient)).to.contain('Could not get lock /var/lib/dpkg/lock-frontend. It is held by process')
    })
  })
})
