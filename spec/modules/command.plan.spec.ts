import { expect } from 'chai'
import { command } from '../../modules/command.ts'
import { desired, misuse, wrongArguments } from './plan-module.ts'

describe('command', () => {
  it('wants what it creates', async () => {
    expect(await desired(command({ argv: ['make', 'it'], creates: '/srv/it' }))).to.deep.equal([['command /srv/it', { made: '/srv/it' }]])
  })

  it('[check 10] runs every time if it does not say what it creates', async () => {
    const plan = await command({ argv: ['date', '-u'] }).plan({ current: () => Promise.reject(new Error('not asked')), packagesPending: () => false, anythingPending: () => false, get facts(): never { throw new Error('not asked') } })
    expect(plan.wants[0]?.resource.event?.describe(plan.wants[0].key)).to.equal('run date -u (every time, since nothing shows whether it has run)')
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(command, { argv: 'make it', creates: 'it', umask: 22, shell: true }))).to.deep.equal(['arguments', 'argv', 'creates', 'umask'])
    expect(wrongArguments(command({ argv: [] }))).to.deep.equal(['argv'])
  })
})
