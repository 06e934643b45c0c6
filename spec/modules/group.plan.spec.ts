import { expect } from 'chai'
import { group } from '../../modules/group.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('group', () => {
  it('wants a group, with its id when that is said', async () => {
    expect(await desired(group({ name: 'media', gid: 1500 }))).to.deep.equal([['group media', { gid: '1500' }]])
    expect(await desired(group({ name: 'media' }))).to.deep.equal([['group media', {}]])
    expect(await desired(group({ name: 'media', state: 'absent' }))).to.deep.equal([['group media', null]])
    expect(wantsOf(await group({ name: 'media', system: true }).plan(hostView()))[0]?.key).to.deep.equal({ name: 'media', system: true, nonUnique: false, force: false })
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(group, { name: '', gid: -1, state: 'here', members: [] }))).to.deep.equal(['arguments', 'gid', 'name', 'state'])
    expect(group({ name: 'g'.repeat(33) }).issues).to.deep.equal([{ argument: 'name', message: 'must be at most 32 characters long' }])
  })
})
