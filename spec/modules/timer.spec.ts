import { expect } from 'chai'
import { systemdUnit } from '../../modules/systemd-unit.ts'
import { timer } from '../../modules/timer.ts'
import { user } from '../../modules/user.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'
import { refusal, runTask, statusesOf } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const nightly = { name: 'nightly', schedule: 'Mon..Fri 02:30', command: ['/bin/sh', '-c', 'printf "%s" "$GREETING" >/run/nightly.out'], environment: { GREETING: 'say "hi" \\ 100% $HOME' } }
const proof = 'systemctl show -p Id,InvocationID,UnitFileState,StateChangeTimestampMonotonic nightly.timer nightly.service; find /etc/systemd/system -printf "%p %i %T@ %C@\\n" | sort'

describe('timer', function () {
  this.timeout(240_000)
  let host: SpecHost
  const clean = 'systemctl stop -q nightly.timer; rm -f /etc/systemd/system/nightly.* /etc/systemd/system/*.wants/nightly.timer; systemctl daemon-reload'
  before(async () => {
    host = await labHost(unitHostName)
    await host.sh(clean)
  })
  after(async () => {
    await host.sh(clean)
  })

  it('makes a service with its timer, keeps both, starts and enables the timer again', () => goThroughFourRounds(host, {
    task: () => timer(nightly), drift: 'systemctl disable -q --now nightly.timer', proof, drifted: ['unit[nightly.timer]'],
  }))
  it('mends what was changed by hand in either file', () => goThroughFourRounds(host, {
    task: () => timer({ ...nightly, description: 'of the specs', user: 'games' }), proof,
    drift: 'sed -i s/games/nobody/ /etc/systemd/system/nightly.service; echo OnCalendar=daily >>/etc/systemd/system/nightly.timer', drifted: ['file[/etc/systemd/system/nightly.service]', 'file[/etc/systemd/system/nightly.timer]', 'unit[nightly.timer]'],
  }))
  it('runs the command as its user, with its words and variables as they were given', async () => {
    await runTask(host, timer({ ...nightly, user: 'games', command: ['/bin/sh', '-c', 'printf "%s|%s" "$(id -un)" "$GREETING" >/tmp/nightly.out'] }))
    await host.sh('systemctl start nightly.service')
    expect(await host.sh('cat /tmp/nightly.out; rm /tmp/nightly.out')).to.equal(`games|${nightly.environment.GREETING}`)
  })
  it('follows a new schedule at once, and checks one before anything changes', async () => {
    expect(await statusesOf(host, timer({ ...nightly, schedule: '*-*-* 23:17:00' }), timer({ ...nightly, schedule: '*-*-* 23:17:00' }))).to.deep.equal(['change', 'ok'])
    expect(await host.sh('systemctl show -p NextElapseUSecRealtime --value nightly.timer')).to.contain('23:17:00')
    const before = await host.sh('md5sum /etc/systemd/system/nightly.*')
    expect((await runTask(host, timer({ ...nightly, schedule: 'whenever', command: ['/bin/true'] }))).error).to.contain('whenever')
    expect(await host.sh('md5sum /etc/systemd/system/nightly.*')).to.equal(before)
  })
  it('[fault 44] says that a user does not exist before anything changes, for a unit too; one that the same run creates is known', async () => {
    const before = await host.sh('ls /etc/systemd/system')
    expect(await refusal(host, () => timer({ name: 'nobodys', schedule: 'daily', command: ['/bin/true'], user: 'nosuch' }))).to.contain('The user nosuch does not exist')
    for (const option of ['User', 'Group']) expect(await refusal(host, () => systemdUnit({ name: 'nobodys', sections: { Service: { ExecStart: '/bin/true', [option]: 'nosuch' } } }))).to.contain(`The ${option.toLowerCase()} nosuch does not exist`)
    expect(await host.sh('ls /etc/systemd/system')).to.equal(before)
    const known = (check: boolean) => host.run([user({ name: 'nightowl' }), timer({ name: 'nightly', schedule: 'daily', command: ['/bin/true'], user: 'nightowl' }), systemdUnit({ name: 'nightly', dropIn: 'dynamic', sections: { Service: { User: 'nosuch', DynamicUser: true } } })], { check })
    expect(errorOf(await known(true))).to.equal(undefined)
    expect(errorOf(await known(false))).to.equal(undefined)
    await host.sh('userdel nightowl; rm -r /etc/systemd/system/nightly.service.d')
  })
  it('goes with both files, and again is nothing to do', async () => {
    const gone = timer({ name: 'nightly', state: 'absent' })
    expect(await statusesOf(host, gone, gone)).to.deep.equal(['change', 'ok'])
    expect(await host.sh('systemctl list-units --all --plain --no-legend "nightly.*"; ls /etc/systemd/system /etc/systemd/system/timers.target.wants | grep nightly || :')).to.equal('')
  })
  it('says what it needs, in check mode and before any connection', async () => {
    expect(timer({ name: 'a' }).issues.map(({ argument }) => argument)).to.deep.equal(['schedule', 'command'])
    expect(timer({ ...nightly, command: ['true'] }).issues[0]?.message).to.contain('path of a program')
    expect(await refusal(host, () => timer({ name: 'nightly', state: 'absent' }))).to.equal('no error: ok')
  })
})
