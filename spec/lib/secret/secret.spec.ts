import { inspect } from 'node:util'
import { expect } from 'chai'
import { Secret, secret } from '../../../lib/secret/secret.ts'

describe('Secret', () => {
  const password = secret('the-password-of-secret-spec')

  it('reveals its value only when asked', () => {
    expect(password).to.be.instanceOf(Secret)
    expect(password.reveal()).to.equal('the-password-of-secret-spec')
  })

  it('prints as <secret> in every way a value is printed', () => {
    expect(String(password)).to.equal('<secret>')
    // eslint-disable-next-line @typescript-eslint/restrict-template-expressions -- the very mistake that is tried here
    expect(`${password}`).to.equal('<secret>')
    expect('a ' + String(password)).to.equal('a <secret>')
    expect(JSON.stringify({ password })).to.equal('{"password":"<secret>"}')
    expect(inspect({ nested: { password } }, { showHidden: true, depth: 9 })).to.equal('{ nested: { password: <secret> } }')
    expect(Object.keys(password)).to.deep.equal([])
  })

  it('refuses what is no string, and does not show it', () => {
    const wrong: unknown = JSON.parse('7')
    expect(() => void Reflect.construct(Secret, [wrong])).to.throw(TypeError, 'given as number')
  })
})
