import { expect } from 'chai'
import { playbook, type Play } from '../../lib/index.ts'
import { checkPlaybooks, runPlaybooks } from '../../lib/run/run-playbooks.ts'
import { apt } from '../../modules/apt.ts'
import { command } from '../../modules/command.ts'
import { directory } from '../../modules/directory.ts'
import { file } from '../../modules/file.ts'
import { systemd } from '../../modules/systemd.ts'
import { user } from '../../modules/user.ts'
import { heldAgainst } from '../helpers/foretold.ts'
import { changed, dropHost, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'
import { silent } from '../lib/run/local-run.ts'

const [bad, good] = ['spec-plans-bad', 'spec-plans-good'] as const

describe('Handlers and check mode on hosts of the lab', function () {
  this.timeout(240_000)
  let hosts: Record<typeof bad | typeof good, SpecHost>

  before(async () => {
    hosts = { [bad]: await labHost(bad), [good]: await labHost(good) }
    for (const host of Object.values(hosts)) await host.sh('rm -rf /srv/plans /var/lib/stead/notified; mkdir -p /srv/plans')
  })
  after(async () => {
    for (const name of [bad, good]) await dropHost(name)
  })

  /** Runs playbooks on both hosts side by side, as run.ts would. */
  async function onBoth(...plays: ((play: Play) => void)[]) {
    const inventory = { path: 'spec.ts', hosts: Object.values(hosts).map(({ host }) => host), groups: new Map([['all', [bad, good]]]), warnings: [] }
    const options = { check: false, forks: 2, extraVars: {}, tags: [], skipTags: [] }
    const { report, status } = await runPlaybooks(checkPlaybooks(plays.map((tasks, index) => playbook({ name: `Spec ${index}`, hosts: 'all', tasks })), inventory, options), inventory, options, silent)
    const of = (name: string) => [...(report.hosts[name]?.tasks ?? []), ...(report.hosts[name]?.handlers ?? [])].map(({ name: what, status: came }) => `${what}: ${came}`)
    return { status, [bad]: of(bad), [good]: of(good) }
  }
  const ran = (host: SpecHost) => host.sh('cat /srv/plans/ran 2>/dev/null || :; rm -f /srv/plans/ran')
  const noting = (text: string, end = ':') => command({ argv: ['sh', '-c', `echo ${text} >>/srv/plans/ran; ${end}`] })

  it('[handlers 9] a handler that fails on one host stops only that host; the other one finishes, and runs the next playbook', async () => {
    const outcome = await onBoth(({ task, handler, host }) => {
      const [first, second] = [handler('first', noting('first', host.name === bad ? 'exit 3' : ':')), handler('second', noting('second'))]
      task('change', file({ path: '/srv/plans/x', content: 'one' }), { notify: [second, first] })
    }, ({ task }) => void task('next', file({ path: '/srv/plans/y', content: 'two' })))
    expect(outcome).to.deep.equal({ status: 1, [bad]: ['change: change', 'first: failed'], [good]: ['change: change', 'next: change', 'first: change', 'second: change'] })
    expect([await ran(hosts[bad]), await ran(hosts[good])]).to.deep.equal(['first\n', 'first\nsecond\n'])
  })

  it('[handlers 4, handlers 5, handlers 10] if a task fails on one host, handlers run only on the other one, once; on the first one they run in the next run', async () => {
    let fails = true
    const play = ({ task, handler, host }: Play) => {
      const restart = handler('restart', noting('restart'))
      task('change', file({ path: '/srv/plans/z', content: 'one' }), { notify: restart })
      task('more', file({ path: '/srv/plans/more', content: 'one' }), { notify: restart })
      task('risky', command({ argv: ['false'] }), { when: () => fails && host.name === bad })
    }
    expect(await onBoth(play)).to.deep.equal({ status: 1, [bad]: ['change: change', 'more: change', 'risky: failed'], [good]: ['change: change', 'more: change', 'risky: skipped', 'restart: change'] })
    expect([await ran(hosts[bad]), await ran(hosts[good])]).to.deep.equal(['', 'restart\n'])
    fails = false
    expect(await onBoth(play)).to.deep.equal({ status: 0, [bad]: ['change: ok', 'more: ok', 'risky: skipped', 'restart: change'], [good]: ['change: ok', 'more: ok', 'risky: skipped'] })
    expect([await ran(hosts[bad]), await ran(hosts[good])]).to.deep.equal(['restart\n', ''])
  })

  it('[handlers 12, check 10] a check says that a unit would be restarted without doing it; the run restarts it once, and the next run does not', async () => {
    const host = hosts[good]
    const work = (seconds: number) => ({ task, handler }: Play) => {
      const restart = handler('restart it', systemd({ unit: 'spec-plans.service', state: 'restarted' }))
      task('unit', file({ path: '/etc/systemd/system/spec-plans.service', content: `[Service]\nExecStart=/bin/sleep ${seconds}\n` }), { notify: restart })
      task('runs', systemd({ unit: 'spec-plans', state: 'started' }))
    }
    const invocation = () => host.sh('systemctl show --value -p InvocationID spec-plans.service')
    await host.apply(work(1000))
    const before = await invocation()
    for (let count = 0; count < 2; count += 1) {
      const check = await host.check(work(2000))
      expect([check.status, check.handlers, errorOf(check)]).to.deep.equal(['change', [{ name: 'restart it', status: 'change', after: 2 }], undefined])
      expect(await invocation()).to.equal(before)
    }
    expect((await host.apply(work(2000))).handlers).to.deep.equal([{ name: 'restart it', status: 'change', after: 2 }])
    const after = await invocation()
    expect(after).to.not.equal(before)
    for (const report of [await host.check(work(2000)), await host.apply(work(2000))]) expect([report.status, report.handlers]).to.deep.equal(['ok', []])
    expect(await invocation()).to.equal(after)
  })

  it('[check 1, check 5] predicts on a blank host what needs a package, a user or a unit that does not exist yet; the run then does nothing else', async () => {
    const host = hosts[bad]
    const work = ({ task, handler }: Play) => {
      const restart = handler('restart', systemd({ unit: 'cron', state: 'restarted' }))
      task('package', apt({ packages: ['cron'] }))
      task('user', user({ name: 'spec-plans', system: true }))
      task('its file', file({ path: '/etc/cron.d/spec-plans', content: '0 3 * * * spec-plans true\n', owner: 'spec-plans' }), { notify: restart })
      task('its directory', directory({ path: '/srv/plans/home', owner: 'spec-plans', mode: '0700' }))
      task('unit', systemd({ unit: 'cron', state: 'started', enabled: true }))
    }
    await host.sh('DEBIAN_FRONTEND=noninteractive apt-get purge -y cron >/dev/null 2>&1 || :; userdel spec-plans 2>/dev/null || :; rm -rf /etc/cron.d /srv/plans/home')
    const check = await host.check(work)
    expect(errorOf(check)).to.equal(undefined)
    expect(check.tasks.map(({ name, status }) => `${name}: ${status}`)).to.deep.equal(['package: change', 'user: may-change', 'its file: change', 'its directory: may-change', 'unit: may-change'])
    expect(changed(check, ['may-change'])).to.include('unit[cron.service]')
    const run = await host.apply(work)
    expect(heldAgainst(check, run)).to.deep.equal({ unforetold: [], untrue: [] })
    for (const report of [await host.check(work), await host.apply(work)]) expect([report.status, report.handlers]).to.deep.equal(['ok', []])
  })
})
