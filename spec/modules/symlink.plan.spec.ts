import { expect } from 'chai'
import { symlink } from '../../modules/symlink.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('symlink', () => {
  it('wants a link that says what it is to say, and looks at the link itself', async () => {
    const [want] = wantsOf(await symlink({ path: '/etc/localtime', target: '../usr/share/zoneinfo/UTC' }).plan(hostView()))
    expect(want).to.deep.equal({ resource: 'file /etc/localtime', key: { path: '/etc/localtime', noFollow: true, parents: false, replaceOther: false, backup: false }, desired: { type: 'link', target: '../usr/share/zoneinfo/UTC' } })
  })

  it('wants it gone without asking where it led', async () => {
    expect(await desired(symlink({ path: '/x', state: 'absent' }))).to.deep.equal([['file /x', null]])
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(symlink, { path: 'x', target: '', replaceOther: 'yes', src: '/y' }))).to.deep.equal(['arguments', 'path', 'replaceOther', 'target'])
    expect(wrongArguments(symlink({ path: '/x' }))).to.deep.equal(['target'])
  })
})
