import { readFileSync } from 'node:fs'
import { hostname, userInfo } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { eventually } from '../helpers/eventually.ts'
import type { LabHost } from '../helpers/lab-host.ts'
import { blankHosts } from '../helpers/lab-lifecycle.ts'
import { Stead, type RunningStead } from '../helpers/run-stead.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'

describe('One run at a time on a host', function () {
  this.timeout(180_000)

  const work = new WorkDirectory('lock')
  const stead = new Stead(work)
  const inventory = work.inventory('one.ts', { 'spec-carol': { groups: ['web'] } })
  const playbook = work.write('playbook.ts', `
import { playbook } from '<project>/lib/index.ts'
import { command } from '<project>/modules/command.ts'

export default playbook({
  name: 'Slow work', hosts: 'web',
  tasks({ task }) {
    task('Wait for a sign', command({ argv: ['sh', '-c', 'touch /srv/waiting; while [ ! -e /srv/sign ]; do sleep 0.1; done; echo >/srv/done'], creates: '/srv/done' }))
  },
})
`)
  let host: LabHost

  before(async function () {
    this.timeout(600_000)
    host = (await blankHosts('spec-carol'))['spec-carol']
  })

  beforeEach(() => host.run('rm -f /srv/*'))

  after(() => work.remove())

  /** A run that is at work on the host until /srv/sign is there. */
  async function slowRun(): Promise<RunningStead> {
    const running = stead.start(playbook, inventory)
    await eventually(20, () => host.run('[ -e /srv/waiting ]'), 100)
    return running
  }

  it('a second run ends with status 4, touches nothing, and says who is running and since when', async () => {
    const first = await slowRun()
    const second = await stead.run(playbook, inventory)
    expect(second.status, second.told).to.equal(4)
    expect(second.host('spec-carol').tasks).to.deep.equal([])
    const [, who, since = ''] = /using this host: (.*), since (\S+Z)/.exec(second.stdout) ?? []
    expect(who, second.told).to.equal(`${userInfo().username} on ${hostname()}, process ${first.pid}, playbook "Slow work"`)
    expect(Math.abs(Date.now() - Date.parse(since)), since).to.be.below(60_000)
    await host.run('touch /srv/sign')
    expect((await first.ended).status).to.equal(0)
    expect((await stead.run(playbook, inventory)).status).to.equal(0)
  })

  it('a check needs no lock: it reads while another run is active', async () => {
    const first = await slowRun()
    const check = await stead.run(playbook, inventory, '--check')
    expect([check.status, check.notOk('spec-carol')], check.told).to.deep.equal([2, ['Wait for a sign']])
    await host.run('touch /srv/sign')
    expect((await first.ended).status).to.equal(0)
  })

  it('a run that was killed leaves no lock behind, once what it had begun is done', async () => {
    const first = await slowRun()
    first.sigkill()
    await first.ended
    await host.run('touch /srv/sign')
    const next = await stead.run(playbook, inventory)
    expect(next.status, next.told).to.equal(0)
    expect(readFileSync(path.join(host.root, 'srv/done'), 'utf8')).to.equal('\n')
  })
})
