import { expect } from 'chai'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { desired, hostView, misuse, wantsOf, wrongArguments } from './plan-module.ts'

describe('generated-secret', () => {
  it('wants a file that root alone reads, of 64 hexadecimal digits', async () => {
    const [want] = wantsOf(await generatedSecret({ path: '/etc/app-secret' }).plan(hostView()))
    expect(want).to.deep.equal({ resource: 'secret /etc/app-secret', key: { path: '/etc/app-secret', format: 'hex', length: 64 }, desired: { owner: 'root', group: 'root', mode: '0600' } })
  })

  it('says beforehand that there is not a directory for it, or no such user', async () => {
    const failure = (args: Parameters<typeof generatedSecret>[0]) => desired(generatedSecret(args)).then(() => '', String)
    expect(await failure({ path: '/etc/none/secret' })).to.contain('The directory /etc/none does not exist.')
    expect(await failure({ path: '/etc/secret', owner: 'nobody-here' })).to.contain('The user nobody-here does not exist')
  })

  it('sets the given owner, and recognises an account by its number', async () => {
    expect(await desired(generatedSecret({ path: '/s', owner: '33', group: 'www-data', mode: '640' }), { 'account-number passwd 33': { name: 'app' } })).to.deep.equal([['secret /s', { owner: 'app', group: 'www-data', mode: '0640' }]])
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(generatedSecret, { path: 's', length: 8, mode: 600, value: 'x' }))).to.deep.equal(['arguments', 'length', 'mode', 'path'])
  })
})
