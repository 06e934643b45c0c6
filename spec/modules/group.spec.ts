import { expect } from 'chai'
import { group } from '../../modules/group.ts'
import { user } from '../../modules/user.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { refusal, runTask, statusesOf } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const proof = 'stat -c "%n %i %Y %Z" /etc/passwd /etc/shadow /etc/group /etc/gshadow'

describe('group', function () {
  this.timeout(240_000)
  let host: SpecHost
  const clean = 'userdel -rf gina; for g in gina crew crew2 players ordinary system; do groupdel -f $g; done; :'
  before(async () => {
    host = await labHost(unitHostName)
    await host.sh(clean)
  })
  after(async () => {
    await host.sh(clean)
  })
  const number = async (name: string) => Number((await host.sh(`getent group ${name} | cut -d: -f3`)).trim())

  it('[user 11] creates a group with its number, keeps it, repairs the number', () => goThroughFourRounds(host, {
    task: () => group({ name: 'crew', gid: 1337 }), drift: 'groupmod -g 1338 crew', proof, drifted: ['group[crew]'],
  }))
  it('[user 11] leaves number and members of a group alone if they are not given', async () => {
    await host.sh('gpasswd -a games crew >/dev/null')
    expect((await runTask(host, group({ name: 'crew' }))).status).to.equal('ok')
    expect((await runTask(host, group({ name: 'crew', gid: 1339 }))).changes[0]?.diff).to.equal('gid: 1337 → 1339')
    expect(await host.sh('getent group crew')).to.equal('crew:x:1339:games\n')
    await runTask(host, group({ name: 'crew', gid: 1337 }))
  })
  it('[user 11] refuses a number of another group, unless sharing is allowed', async () => {
    expect(await refusal(host, () => group({ name: 'crew2', gid: 1337 }))).to.contain("GID '1337' already exists with group 'crew'")
    const shared = group({ name: 'crew2', gid: 1337, nonUnique: true })
    expect(await statusesOf(host, shared, shared)).to.deep.equal(['change', 'ok'])
    expect(group({ name: 'crew2', nonUnique: true }).issues[0]?.argument).to.equal('nonUnique')
  })
  it('gives a system group a number below 1000, and any other one from 1000 on', async () => {
    expect(await statusesOf(host, group({ name: 'system', system: true }), group({ name: 'system', system: true }), group({ name: 'ordinary' }))).to.deep.equal(['change', 'ok', 'change'])
    expect([await number('system') < 1000, await number('ordinary') >= 1000]).to.deep.equal([true, true])
  })
  it('[user 11] does not remove the primary group of a user, unless forced', async () => {
    await host.sh('groupadd players; useradd -M -g players gina')
    expect((await runTask(host, group({ name: 'players', state: 'absent' }))).error).to.contain("cannot remove the primary group of user 'gina'")
    const forced = group({ name: 'players', state: 'absent', force: true })
    expect(await statusesOf(host, forced, forced)).to.deep.equal(['change', 'ok'])
  })
  it('[user 4] a user whose primary group is gone gets it back, and --check knows the group that comes before', async () => {
    for (const check of [true, false]) {
      const { tasks } = await host.run(({ task }) => {
        task('group', group({ name: 'players' }))
        task('user', user({ name: 'gina', group: 'players', groups: ['crew'], createHome: false }))
      }, { check })
      expect(tasks.map(({ status, error }) => [status, error]), check ? 'check' : 'applied').to.deep.equal([['change', undefined], ['change', undefined]])
    }
    expect(await host.sh('id -gn gina; id -Gn gina')).to.equal('players\nplayers crew\n')
  })
  it('is gone, and again is nothing to do', async () => {
    expect(await statusesOf(host, group({ name: 'crew', state: 'absent' }), group({ name: 'crew', state: 'absent' }))).to.deep.equal(['change', 'ok'])
  })
})
