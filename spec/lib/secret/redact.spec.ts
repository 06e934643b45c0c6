import { expect } from 'chai'
import fc from 'fast-check'
import { redact } from '../../../lib/secret/redact.ts'
import { secret } from '../../../lib/secret/secret.ts'
import { quote } from '../../../lib/shell/quote.ts'

/** Secrets are registered for the whole process, so these start with a word that no other spec prints. */
const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }).map(text => `Zq7${text}`).filter(text => text.trim() === text)
const around = fc.string({ maxLength: 20 })

describe('redact', () => {
  it('leaves a text without secrets as it is', () => {
    fc.assert(fc.property(fc.string().filter(text => !text.includes('Zq7')), text => redact(text) === text))
    const bytes = Buffer.from([0, 255, 128, 10])
    expect(redact(bytes).equals(bytes)).to.be.true
  })

  it('leaves no form of a secret, in text and in bytes', () => {
    fc.assert(fc.property(value, around, around, (plain, before, after) => {
      secret(plain)
      for (const shown of [plain, JSON.stringify(plain), Buffer.from(plain).toString('base64'), encodeURIComponent(plain), quote(plain)]) {
        for (const text of [redact(before + shown + after), redact(Buffer.from(before + shown + after)).toString()]) {
          expect(text).to.include('<secret>')
          expect(text).to.not.include(plain)
        }
      }
    }))
  })

  it('gives the exact rest around a secret', () => {
    secret('hunter22-exact')
    expect(redact('a hunter22-exact, b hunter22-exact')).to.equal('a <secret>, b <secret>')
    expect(redact(Buffer.from('\0ü hunter22-exact\xff', 'latin1')).toString('latin1')).to.equal('\0ü <secret>\xff')
  })

  it('changes nothing when done twice, even when a secret is a part of the marker', () => {
    secret('ecret>')
    expect(redact('my ecret>')).to.equal('my <secret>')
    expect(redact(redact('my ecret>'))).to.equal('my <secret>')
  })

  it('leaves no rest when one secret holds another, or overlaps it', () => {
    secret('Wx5abcd')
    secret('Wx5abcdefgh')
    secret('efghijkl')
    expect(redact('Wx5abcdefgh')).to.equal('<secret>')
    expect(redact('Wx5abcdefghijkl!')).to.equal('<secret>!')
    expect(redact('Wx5abcdWx5abcd')).to.equal('<secret><secret>')
  })

  it('replaces a short secret only where it stands alone', () => {
    secret('q7')
    expect(redact('q7 faq7 q7x "q7" q7')).to.equal('<secret> faq7 q7x "<secret>" <secret>')
  })

  it('finds a secret inside a longer base64 text, whatever stands before it', () => {
    secret('correct horse battery')
    for (const user of ['a', 'ab', 'abc', 'abcd']) {
      const text = redact(`Authorization: Basic ${Buffer.from(`${user}:correct horse battery`).toString('base64')}`)
      const rest = text.replace('Authorization: Basic ', '').replace('<secret>', '')
      expect(text).to.include('<secret>')
      expect(rest.length).to.be.lessThan(12)
    }
  })

  it('finds what Python, PHP, forms and traces of a shell make of it', () => {
    secret("schlüs/sel d'or")
    for (const text of ["schl\\u00fcs/sel d'or", "schl\u00fcs\\/sel d'or", 'schl%C3%BCs%2Fsel+d%27or', 'schl%C3%BCs/sel%20d%27or', `'schlüs/sel d'"'"'or'`]) {
      expect(redact(text), text).to.include('<secret>')
    }
  })

  it('finds each longer line of a secret of several lines, indented or not', () => {
    secret('-----BEGIN KEY-----\nMIIEvgIBADANBg\nshort\n')
    expect(redact('key: |\n    MIIEvgIBADANBg\n')).to.equal('key: |\n    <secret>\n')
    expect(redact('a short line')).to.equal('a short line')
  })

  it('ignores an empty secret', () => {
    secret('')
    expect(redact('ab')).to.equal('ab')
  })

  it('is fast over a large text', () => {
    for (let index = 0; index < 50; index += 1) secret(`Vk9-generated-secret-${index}`)
    const text = 'an ordinary line of output, as hosts print them\n'.repeat(20_000)
    const started = performance.now()
    expect(redact(text)).to.equal(text)
    expect(performance.now() - started).to.be.lessThan(3000)
  })
})
