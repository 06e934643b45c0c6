import { expect } from 'chai'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('generated-secret', () => {
  it('wants a file that root alone reads, of 64 hexadecimal digits', async () => {
    const [want] = wantsOf(await generatedSecret({ path: '/etc/app/secret' }).plan(hostView()))
    expect(want).to.deep.equal({ resource: 'secret /etc/app/secret', key: { path: '/etc/app/secret', format: 'hex', length: 64 }, desired: { owner: 'root', group: 'root', mode: '0600' } })
  })

  it('gives it to whom it is said', async () => {
    expect(await desired(generatedSecret({ path: '/s', owner: 'app', group: 'www-data', mode: '640' }))).to.deep.equal([['secret /s', { owner: 'app', group: 'www-data', mode: '0640' }]])
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(generatedSecret, { path: 's', length: 8, mode: 600, value: 'x' }))).to.deep.equal(['arguments', 'length', 'mode', 'path'])
  })
})
