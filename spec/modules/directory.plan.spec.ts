import { expect } from 'chai'
import { directory } from '../../modules/directory.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('directory', () => {
  it('wants a directory with what is said of it, and no more', async () => {
    expect(await desired(directory({ path: '/srv//data/', mode: '750', owner: 'www-data' }))).to.deep.equal([['file /srv/data', { type: 'directory', mode: '0750', owner: 'www-data' }]])
    expect(await desired(directory({ path: '/srv/data' }))).to.deep.equal([['file /srv/data', { type: 'directory' }]])
  })

  it('removes it, with its content only on request', async () => {
    for (const recursive of [true, false]) {
      const [want] = wantsOf(await directory({ path: '/srv/data', state: 'absent', recursive }).plan(hostView()))
      expect(want).to.deep.equal({ resource: 'file /srv/data', key: { path: '/srv/data', recursive, backup: false, noFollow: true }, desired: null })
    }
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(directory, { path: '/a/../b', mode: 755, owner: '-x', content: '' }))).to.deep.equal(['arguments', 'mode', 'owner', 'path'])
  })
})
