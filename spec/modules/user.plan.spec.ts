import { expect } from 'chai'
import { user } from '../../modules/user.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('user', () => {
  it('wants what is said of a user, groups in the order in which they are read', async () => {
    expect(await desired(user({ name: 'runner', uid: 1500, group: 'media', groups: ['tor', 'adm'], home: '/srv/runner/', shell: '/bin/sh', comment: 'Runs' })))
      .to.deep.equal([['user runner', { uid: '1500', group: 'media', groups: ['adm', 'tor'], home: '/srv/runner', homeDirectory: 'present', shell: '/bin/sh', comment: 'Runs' }]])
    expect(await desired(user({ name: 'runner' }), { 'file /home': { type: 'directory' } })).to.deep.equal([['user runner', { homeDirectory: 'present' }]])
  })

  it('[fault 19] shows the directories above a new home as separate changes, and creates no home for an existing user', async () => {
    expect((await desired(user({ name: 'runner', home: '/srv/a/b/runner' }))).map(([name]) => name)).to.deep.equal(['file /srv/a', 'file /srv/a/b', 'user runner'])
    const there = { 'user runner': { name: 'runner', home: '/home/runner', homeDirectory: 'missing' } }
    expect(await desired(user({ name: 'runner', comment: 'Runs' }), there)).to.deep.equal([['user runner', { comment: 'Runs' }]])
    expect((await desired(user({ name: 'runner', createHome: true }), there)).map(([name]) => name)).to.deep.equal(['file /home', 'user runner'])
  })

  it('wants one gone', async () => {
    expect(await desired(user({ name: 'runner', state: 'absent' }))).to.deep.equal([['user runner', null]])
  })

  it('says whether a new one is a system user', async () => {
    expect(wantsOf(await user({ name: 'runner', system: true }).plan(hostView()))[0]?.key)
      .to.deep.equal({ name: 'runner', system: true, nonUnique: false, moveHome: false, skeleton: undefined, removeHome: false })
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(user, { name: 'a:b', uid: '7', groups: 'adm', home: 'srv', shell: 'sh', password: 'x', extra: 1 }))).to.deep.equal(['arguments', 'groups', 'home', 'name', 'password', 'shell', 'uid'])
  })

  it('[fault 36] accepts a name of up to 32 characters, like useradd', () => {
    expect(user({ name: 'u'.repeat(32) }).issues).to.deep.equal([])
    expect(user({ name: 'u'.repeat(33) }).issues).to.deep.equal([{ argument: 'name', message: 'must be at most 32 characters long' }])
  })
})
