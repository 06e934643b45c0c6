import { expect } from 'chai'
import { answersIn, stateOf, wayOf } from '../../../../lib/resources/files/file-answers.ts'

const printed = (...words: string[]): Buffer => Buffer.from(words.map(word => `${word}\0`).join(''))
const sha256 = 'a'.repeat(64)

describe('what a host says of files', () => {
  it('is read by its words: a name with a newline or the name of a field in it ends none', () => {
    const path = '/srv/follow f/644/1\nsum'
    const answers = answersIn(printed('follow f/640/3/root/web', path, '', 'sum', path, sha256, 'bytes', path, Buffer.from('abc').toString('base64')))
    const state = stateOf({ path, content: 'always' }, answers)
    expect([state?.type, state?.mode, state?.owner, state?.group, state?.content?.bytes?.toString()]).to.deep.equal(['file', '0640', 'root', 'web', 'abc'])
  })

  it('says nothing of a path that was not answered for', () => {
    expect(stateOf({ path: '/b' }, answersIn(printed('follow f/644/1/root/root', '/a', '')))).to.equal(null)
  })

  it('distinguishes a link and its target', () => {
    expect([wayOf({ path: '/a' }), wayOf({ path: '/a', noFollow: true })]).to.deep.equal(['follow', 'link'])
    const answers = answersIn(printed('link l/777/3/root/root', '/a', '/etc', 'follow d/755/0/root/root', '/a', ''))
    expect(stateOf({ path: '/a', noFollow: true }, answers)).to.deep.equal({ type: 'link', target: '/etc' })
    expect(stateOf({ path: '/a' }, answers)?.type).to.equal('directory')
  })
})
