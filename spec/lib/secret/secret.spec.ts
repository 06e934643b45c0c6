import { format, inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { PlaybookError } from '../../../lib/errors.ts'
import { redact } from '../../../lib/secret/redact.ts'
import { Secret, secret, SecretAsText } from '../../../lib/secret/secret.ts'
import { Content } from '../../../lib/state/content.ts'

/** Numbers are known to the whole process: each time that a test is run it takes other values. */
let turn = 0

describe('Secret', () => {
  let password: Secret
  before(() => {
    password = secret('the-password-of-secret-spec')
  })

  it('reveals its value only when asked', () => {
    expect(password).to.be.instanceOf(Secret)
    expect(password.reveal()).to.equal('the-password-of-secret-spec')
  })

  it('[fault 5] refuses to become text, in every way there is, and says what to do instead', () => {
    // In JavaScript: the compiler and the linter refuse most of them ahead.
    const ways = ['String(value)', '`pw=${value}`', '"pw=" + value', '["pw=", value].join("")', 'JSON.stringify({ value })', '[value].toString()', '({ [value]: 1 })', 'encodeURIComponent(value)', 'value == "x"', 'Number(value)', '"x".concat(value)', '"x".replace("x", value)']
    for (const way of ways) expect(() => void runInNewContext(way, { value: password }), way).to.throw(/used as text/)
    expect(() => format('%s', password)).to.throw(SecretAsText)
    try {
      String(password)
    } catch (error) {
      expect(error).to.have.property('hint').that.includes('secret`password=${value}`').and.matches(/It happened at .*secret\.spec\.ts:\d+:\d+\.$/)
    }
  })

  it('[fault 5] a Content, which may contain one, refuses as well', () => {
    const content = Content.of('the-password-of-secret-spec', { secret: true })
    for (const way of [() => String(content), () => JSON.stringify({ content }), () => [content].join()]) expect(way).to.throw(TypeError, 'used as text')
    expect(inspect({ content })).to.equal('{ content: <secret> }')
  })

  it('shows as <secret> in a debugger and on the console', () => {
    expect(inspect({ nested: { password } }, { showHidden: true, depth: 9 })).to.equal('{ nested: { password: <secret> } }')
    expect(format('%o', password)).to.equal('<secret>')
    expect(Object.keys(password)).to.deep.equal([])
  })

  it('[fault 5] can be joined with text by the tag secret, and stays a secret', () => {
    const joined = secret`user=${'bob'}\nport=${5432}\npassword=${password}\n`
    expect(joined).to.be.instanceOf(Secret)
    expect(joined.reveal()).to.equal('user=bob\nport=5432\npassword=the-password-of-secret-spec\n')
    expect(redact(joined.reveal())).to.not.include('the-password')
    // The text beside it is the playbook's own, and is shown.
    expect(redact('user=bob\npassword=the-password-of-secret-spec')).to.equal('user=bob\npassword=<secret>')
    expect(() => void Reflect.apply(secret, undefined, [Object.assign(['', ' ', ''], { raw: [] }), password, null])).to.throw(TypeError, 'secrets, text and numbers are allowed')
  })

  it('[fault 5] is not made from the word that is printed instead of one', () => {
    expect(() => secret('<secret>')).to.throw(PlaybookError, 'contains the text <secret>')
    expect(() => secret`password=${'<secret>'}`).to.throw(PlaybookError, 'contains the text <secret>').with.property('hint', '<secret> is what stead prints instead of a secret. Give the value itself.')
  })

  it('has a number that tells equal values from others, and nothing else', () => {
    turn += 1
    const [one, two, again] = [secret(`the-first-of-secret-spec ${turn}`), secret(`the-second-of-secret-spec ${turn}`), secret(`the-first-of-secret-spec ${turn}`)]
    expect(one.number).to.be.a('number').and.equal(again.number).and.not.equal(two.number)
    expect([one.number, two.number, again.number]).to.deep.equal([one.number, one.number + 1, one.number])
  })

  it('names what the tag secret was given that is none of what it takes', () => {
    const tag = (...values: unknown[]) => () => void Reflect.apply(secret, undefined, [Object.assign(['a', 'b'], { raw: ['a', 'b'] }), ...values])
    expect(tag(undefined)).to.throw(TypeError, 'was given undefined;')
    expect(tag(['x'])).to.throw(TypeError, 'was given object;')
    expect(tag(true)).to.throw(TypeError, 'was given boolean;')
  })

  it('refuses what is no string, and does not show it', () => {
    const wrong: unknown = JSON.parse('7')
    expect(() => void Reflect.construct(Secret, [wrong])).to.throw(TypeError, 'given as number')
  })
})
