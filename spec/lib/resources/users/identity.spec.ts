import { expect } from 'chai'
import { parseIdentity } from '../../../../lib/resources/users/identity.ts'
import { userResource } from '../../../../lib/resources/users/user.ts'

/** What is made of a user of whom id(1) prints this, and whom these groups list. */
function groupsOf(identity: string, listed = ''): unknown {
  const stdout = Buffer.from(`=ada:x:1000:100::/home/ada:/bin/sh\n${identity}\n\n${listed}\npresent\n\n${'0'.repeat(64)}  -\n1\n`)
  const [state] = userResource.read([{ name: 'ada' }]).parse({ stdout, stderr: '', exitCode: 0 })
  return state && !(state instanceof Error) ? [state.group, state.groups] : state
}

describe('the groups of a user', () => {
  it('are those that id names, whatever their names are', () => {
    expect(groupsOf('uid=1000(ada) gid=100(users) groups=100(users),27(sudo),60777')).to.deep.equal(['users', ['60777', 'sudo']])
    expect(groupsOf('uid=1000(ada) gid=60777 groups=60777')).to.deep.equal(['60777', []])
    expect(groupsOf('uid=1(D\\ada b) gid=5(Sales (EU), all) groups=5(Sales (EU), all),6(IT, 7 people),8(x)')).to.deep.equal(['Sales (EU), all', ['IT, 7 people', 'x']])
    expect(groupsOf('uid=1(ada) gid=5(a) groups=5(a),6(b) context=unconfined_u:unconfined_r:unconfined_t:s0')).to.deep.equal(['a', ['b']])
    expect(groupsOf('uid=1(ada) gid=5(a) groups=5(a),6(b)', 'c:6,d:6,')).to.deep.equal(['a', ['c', 'd']])
    for (const nothing of ['', 'uid=1(ada)', 'groups=1(a) gid=1(a)', 'uid=1 gid=5(a) groups=']) expect(groupsOf(nothing)).to.have.nested.property('[1]').that.deep.equals([])
  })

  it('contain the primary group', () => {
    expect(parseIdentity('uid=1(a) gid=5(b) groups=5(b),6(c)', [])).to.deep.equal({ group: 'b', groups: ['b', 'c'] })
  })

  it('cost a hostile host\'s answer no more time than its length', () => {
    for (const text of [' gid=1(', ' gid=1() groups=', '1(', '1,', '1'.repeat(9), ',', 'a,', ' context=', ') groups=1(']) {
      const before = process.cpuUsage()
      groupsOf(`uid=1(a) gid=1(a) groups=1(a),${text.repeat(Math.ceil(2_000_000 / text.length))}`, '1:1,'.repeat(100_000))
      expect(process.cpuUsage(before).user / 1e6, `seconds for ${JSON.stringify(text)}`).to.be.below(3)
    }
  })
})
