import { expect } from 'chai'
import { redact, redactLines } from '../../../lib/secret/redact.ts'
import { secret } from '../../../lib/secret/secret.ts'

const hex = (text: string): string => Buffer.from(text).toString('hex')
const base64 = (text: string): string => Buffer.from(text).toString('base64')

/** Each secret begins with a word that no other spec prints: they are known to the whole process. */
describe('the place of a secret', () => {
  it('is all of what stands for it, and nothing beside it', () => {
    secret('Ka1 "twelve" $words')
    for (const shown of ['Ka1 "twelve" $words', 'Ka1 \\"twelve\\" \\$words', 'Ka1\\ \\"twelve\\"\\ \\$words', "'Ka1 \"twelve\" $words'".slice(1, -1), 'Ka1%20%22twelve%22%20%24words', 'Ka1+%22twelve%22+%24words', 'Ka1 &quot;twelve&quot; $words', 'Ka1\n"twelve"\t$$words']) {
      expect(redact(`a=${shown};`), shown).to.equal('a=<secret>;')
      expect(redact(shown), shown).to.equal('<secret>')
    }
  })

  it('begins and ends with its own quotes, however they are escaped, and leaves those of others', () => {
    secret('"Ka2-in-quotes"')
    secret('Ka3-without-quotes')
    expect(redact('say \\"Ka2-in-quotes\\" now')).to.equal('say <secret> now')
    expect(redact('\\"Ka2-in-quotes\\"')).to.equal('<secret>')
    expect(redact('say \\"Ka3-without-quotes\\" now')).to.equal('say \\"<secret>\\" now')
    secret('Ka4-at-its-head')
    secret("'Ka4-at-its-head")
    secret("Ka5-at-its-end'")
    secret('Ka5-at-its-end')
    expect(redact("x \\'Ka4-at-its-head\\' y")).to.equal("x <secret>\\' y")
    expect(redact("x \\'Ka5-at-its-end\\' y")).to.equal("x \\'<secret> y")
  })

  it('is that of its hexadecimal digits, in either case, with blanks or colons between', () => {
    secret('Ka6-hexadecimal')
    const digits = hex('Ka6-hexadecimal')
    for (const shown of [digits, digits.toUpperCase(), digits.match(/../g)?.join(':') ?? '', digits.match(/../g)?.join(' ') ?? '', digits.match(/.{16}|.+$/g)?.join('\n') ?? '']) expect(redact(`<${shown}>`), shown).to.equal('<<secret>>')
  })

  it('is that of its base64, in either alphabet, broken into lines', () => {
    secret('Ka7>>>???base64')
    const text = base64('Ka7>>>???base64')
    expect(text).to.equal('S2E3Pj4+Pz8/YmFzZTY0')
    for (const shown of [text, 'S2E3Pj4-Pz8_YmFzZTY0', 'S2E3Pj4+\nPz8/YmFz\nZTY0', 'S2E3Pj4%2BPz8%2FYmFzZTY0']) expect(redact(`(${shown})`), shown).to.equal('(<secret>)')
    // Two bytes before it decide on the first two characters and a part of the next.
    expect(redact(base64('u:Ka7>>>???base64'))).to.equal('dTp<secret>Q=')
  })

  it('is that of the longer secret where one form holds another', () => {
    secret('Ka8-one')
    secret('(Ka8-one) and Ka8-two')
    expect(redact('> (Ka8-one) and Ka8-two <')).to.equal('> <secret> <')
    expect(redact('Ka8-one, (Ka8-one) and Ka8-two, Ka8-one')).to.equal('<secret>, <secret>, <secret>')
  })

  it('is not a marker that stands there already, even where a secret is a part of it; beside one it counts', () => {
    secret('secret>Kb1')
    secret('ecre')
    expect(redact('<secret> and <secret>')).to.equal('<secret> and <secret>')
    expect(redact('a <secret> ecre <secret> ecre')).to.equal('a <secret> <secret> <secret> <secret>')
    expect(redact('a <secret>Kb1 b')).to.equal('a <<secret> b')
  })
})

describe('what is known of a secret', () => {
  it('is each line of at least 8 characters, without the blanks around it, whatever ends it', () => {
    secret('  Kc1-line-one  \r\nKc1-12\nKc1-123\nKc1-1234\n')
    expect(redact('[Kc1-line-one]')).to.equal('[<secret>]')
    expect(redact('[Kc1-1234]')).to.equal('[<secret>]')
    expect(redact('[Kc1-123]')).to.equal('[Kc1-123]')
  })

  it('is the whole alone where it was joined of secrets and text', () => {
    secret`Kc2-text beside it\n${secret('Kc2-the-secret')}`
    expect(redact('Kc2-text beside it')).to.equal('Kc2-text beside it')
    expect(redact('Kc2-text beside it\nKc2-the-secret')).to.equal('<secret>')
  })

  it('is the same without the blanks around it', () => {
    secret(' \tKc3-padded\n')
    expect(redact('[Kc3-padded]')).to.equal('[<secret>]')
    secret(' k4 ')
    expect(redact('a k4 b')).to.equal('a<secret>b')
    expect(redact('(k4)')).to.equal('(<secret>)')
  })

  it('is nothing where it is blank', () => {
    for (const blank of ['', ' ', '\t\n', '  \r\n  ']) secret(blank)
    expect(redact('a b\t\n  \r\n  c')).to.equal('a b\t\n  \r\n  c')
  })

  it('counts in each form that quoting gives it where it is short, anywhere from 4 characters on', () => {
    secret('K"d1')
    for (const form of ['K"d1', 'K\\"d1', 'K%22d1', 'K%22D1'.replace('D', 'd'), 'K&quot;d1', 'K""d1', base64('K"d1'), hex('K"d1')]) expect(redact(`x${form}y`), form).to.equal('x<secret>y')
  })

  it('counts only alone with less than 4 characters: not beside a letter, digit or _ of any script', () => {
    secret('k#1')
    for (const text of ['k#1', '(k#1)', 'é k#1 é', '.k#1.', '😀k#1😀', '-k#1-']) expect(redact(text), text).to.equal(text.replace('k#1', '<secret>'))
    for (const text of ['ak#1', 'ak#1 and more', 'k#1a', '1k#1', 'k#12', '_k#1', 'k#1_', 'ék#1', 'k#1é', '日k#1', 'k#1日', '𝒜k#1', 'k#1𝒜', 'abcdk#1efgh']) expect(redact(text), text).to.equal(text)
  })

  it('counts anywhere where a longer secret is written as a form of a short one, whichever came first', () => {
    secret('k&e')
    secret('k&amp;e')
    secret('k&lt;f')
    secret('k<f')
    for (const form of ['k&amp;e', 'k&lt;f']) expect(redact(`x${form}x`), form).to.equal('x<secret>x')
    for (const short of ['k&e', 'k<f']) expect(redact(`x${short}x ${short}`), short).to.equal(`x${short}x <secret>`)
  })

  it('tells a loose reading from 8 characters on, so that shorter ones do not blank other words', () => {
    secret('Kg1 234')
    secret('Kg2 45 67')
    secret('Kg3 4567 8')
    expect(redact('Kg1234')).to.equal('Kg1234')
    expect(redact('Kg24567')).to.equal('Kg24567')
    expect(redact('Kg345678')).to.equal('<secret>')
  })
})

describe('a text with secrets', () => {
  it('comes back as text or as bytes, as it was given', () => {
    secret('Kh1-as-it-was')
    expect(redact('ü Kh1-as-it-was ü')).to.equal('ü <secret> ü')
    const bytes = redact(Buffer.from('\xff Kh1-as-it-was \xfe', 'latin1'))
    expect(bytes).to.be.instanceOf(Buffer)
    expect(bytes.toString('latin1')).to.equal('\xff <secret> \xfe')
    const part = new Uint8Array(Buffer.from('12Kh1-as-it-was34')).subarray(2, 15)
    expect(redact(part).toString()).to.equal('<secret>')
  })

  it('is the same text where it has none, even one that is no proper Unicode', () => {
    for (const text of ['plain', 'half \ud83d of a pair']) {
      expect(redact(text)).to.equal(text)
      expect(redactLines(text)).to.equal(text)
    }
  })

  it('keeps its lines where that is asked for: a marker in each that a secret goes over', () => {
    secret('Kh2 one two\nthree')
    expect(redactLines('a Kh2 one two\nthree b\nü Kh2\none two\nthree\n')).to.equal('a <secret>\n<secret> b\nü <secret>\n<secret>\n<secret>\n')
    expect(redact('a Kh2 one two\nthree b')).to.equal('a <secret> b')
  })
})
