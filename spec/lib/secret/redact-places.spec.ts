import { expect } from 'chai'
import { redact as redactNow, redactLines as redactLinesNow } from '../../../lib/secret/redact.ts'
import { secret } from '../../../lib/secret/secret.ts'

const hex = (text: string): string => Buffer.from(text).toString('hex')
const base64 = (text: string): string => Buffer.from(text).toString('base64')

// Secrets are known to the whole process. So K stands for a word of 4 letters, and § for one character, that are others each time a test is run.
let turn = 0
beforeEach(() => {
  turn += 1
})
const own = (text: string): string => text.replaceAll('K', `K${turn.toString(36).padStart(3, '0')}`).replaceAll('§', String.fromCharCode(0x4e00 + turn))
const plain = (text: string): string => text.replaceAll(own('K'), 'K').replaceAll(own('§'), '§')
const keep = (text: string) => secret(own(text))
const redact = (text: string): string => plain(redactNow(own(text)))
/** Of a text that was encoded from an {@link own} one: its letters mean themselves, K among them. */
const redactEncoded = (text: string): string => plain(redactNow(text))
const redactLines = (text: string): string => plain(redactLinesNow(own(text)))

describe('the place of a secret', () => {
  it('is all of its encoded form, and nothing else', () => {
    keep('K "twelve" $words')
    keep('K 1+1 "eleven"')
    expect(redact('a K 1+1 \\"eleven\\" b')).to.equal('a <secret> b')
    for (const shown of ['K "twelve" $words', 'K \\"twelve\\" \\$words', 'K\\ \\"twelve\\"\\ \\$words', 'K%20%22twelve%22%20%24words', 'K+%22twelve%22+%24words', 'K &quot;twelve&quot; $words', 'K\n"twelve"\t$$words']) {
      expect(redact(`a=${shown};`), shown).to.equal('a=<secret>;')
      expect(redact(shown), shown).to.equal('<secret>')
    }
  })

  it('begins and ends with its own quotes, however they are escaped, and leaves those of others', () => {
    keep('"K-in-quotes"')
    keep('K-without-quotes')
    expect(redact('say \\"K-in-quotes\\" now')).to.equal('say <secret> now')
    expect(redact('\\"K-in-quotes\\"')).to.equal('<secret>')
    expect(redact('say \\"K-without-quotes\\" now')).to.equal('say \\"<secret>\\" now')
    keep(' K-between-blanks\t')
    expect(redact('say \\"K-between-blanks\\" now')).to.equal('say \\"<secret>\\" now')
    keep('K-at-its-head')
    keep("'K-at-its-head")
    expect(redact("x \\'K-at-its-head\\' y")).to.equal("x <secret>\\' y")
    keep("'K-head-first")
    keep('K-head-first')
    expect(redact("x \\'K-head-first\\' y")).to.equal("x <secret>\\' y")
    keep("K-at-its-end'")
    keep('K-at-its-end')
    expect(redact("x \\'K-at-its-end\\' y")).to.equal("x \\'<secret> y")
    keep('K-end-last')
    keep("K-end-last'")
    expect(redact("x \\'K-end-last\\' y")).to.equal("x \\'<secret> y")
  })

  it('is that of its hexadecimal digits, in either case, with blanks or colons between', () => {
    keep('K-hexadecimal')
    const digits = hex(own('K-hexadecimal'))
    for (const between of ['', ':', ' ', '\n']) for (const shown of [digits, digits.toUpperCase()]) expect(redact(`<${shown.replace(/..(?=.)/g, `$&${between}`)}>`)).to.equal('<<secret>>')
  })

  it('is that of its base64, in either alphabet, broken into lines', () => {
    keep('K55>>>???base64')
    const text = base64(own('K55>>>???base64'))
    expect(text).to.match(/^.{8}Pj4\+Pz8\/YmFzZTY0$/)
    for (const shown of [text, text.replace('+', '-').replace('/', '_'), text.replace(/..../g, '$&\n').trim(), encodeURIComponent(text)]) expect(redactEncoded(`(${shown})`), shown).to.equal('(<secret>)')
    // Two bytes before it decide on the first two characters and a part of the next; the last byte on one that belongs to no whole group.
    expect(redactEncoded(base64(own('u:K55>>>???base64')))).to.equal('dTp<secret>Q=')
  })

  it('is that of the longer secret if one form contains another', () => {
    keep('K-one')
    keep('(K-one) and K-two')
    expect(redact('> (K-one) and K-two <')).to.equal('> <secret> <')
    expect(redact('K-one, (K-one) and K-two, K-one')).to.equal('<secret>, <secret>, <secret>')
  })

  it('is not a marker that stands there already, even where a secret is a part of it; beside one it counts', () => {
    keep('K-beside-it')
    expect(redact('<secret>K-beside-it<secret>K-beside-it')).to.equal('<secret><secret><secret><secret>')
    keep('secret>K')
    keep('<secre')
    expect(redact('<secret> and <secret>')).to.equal('<secret> and <secret>')
    expect(redact('<secret> <secre <secret> <secre')).to.equal('<secret> <secret> <secret> <secret>')
    expect(redact('a <secret>K b')).to.equal('a <<secret> b')
  })
})

describe('what is known of a secret', () => {
  it('is each line of at least 8 characters, without the blanks around it, whatever ends it', () => {
    keep('  K-line-one  \r\nK-12\n  K-124\n')
    expect([redact('[K-line-one]'), redact('[K-124]'), redact('[K-12]')]).to.deep.equal(['[<secret>]', '[<secret>]', '[K-12]'])
    keep('K-long\n  K a b c  \n')
    expect(redact('[K a b c]')).to.equal('[<secret>]')
  })

  it('is the whole alone where it was joined of secrets and text', () => {
    void secret`${own('K-text beside it')}\n${keep('K-the-secret')}`
    expect(redact('K-text beside it')).to.equal('K-text beside it')
    expect(redact('K-text beside it\nK-the-secret')).to.equal('<secret>')
  })

  it('is the same without the blanks around it', () => {
    keep(' \tK-padded\n')
    expect(redact('[K-padded]')).to.equal('[<secret>]')
    keep(' §4 ')
    expect(redact('a §4 b')).to.equal('a<secret>b')
    expect(redact('(§4)')).to.equal('(<secret>)')
  })

  it('is nothing where it is blank', () => {
    for (const blank of ['', ' ', '\t\n', '  \r\n  ']) secret(blank)
    expect(redact('a b\t\n  \r\n  c')).to.equal('a b\t\n  \r\n  c')
  })

  it('counts in each form that quoting gives it where it is short, anywhere from 4 characters on', () => {
    keep('§"d1')
    for (const form of ['§"d1', '§\\"d1', '§&quot;d1', '§""d1']) expect(redact(`x${form}y`), form).to.equal('x<secret>y')
    for (const encode of [encodeURIComponent, base64, hex]) expect(redactEncoded(`x${encode(own('§"d1'))}y`), encode.name).to.equal('x<secret>y')
  })

  it('counts only alone with less than 4 characters: not beside a letter, digit or _ of any script', () => {
    keep('§#1')
    for (const text of ['§#1', '(§#1)', 'é §#1 é', '.§#1.', '😀§#1😀', '-§#1-']) expect(redact(text), text).to.equal(text.replace('§#1', '<secret>'))
    for (const text of ['a§#1', 'a§#1 and more', '§#1a', '1§#1', '§#12', '_§#1', '§#1_', 'é§#1', '§#1é', '日§#1', '§#1日', '𝒜§#1', '§#1𝒜', 'abcd§#1efgh']) expect(redact(text), text).to.equal(text)
  })

  it('counts anywhere where a longer secret is written as a form of a short one, whichever came first', () => {
    for (const text of ['§&e', '§&amp;e', '§&lt;f', '§<f']) keep(text)
    for (const form of ['§&amp;e', '§&lt;f']) expect(redact(`x${form}x`), form).to.equal('x<secret>x')
    for (const short of ['§&e', '§<f']) expect(redact(`x${short}x ${short}`), short).to.equal(`x${short}x <secret>`)
  })

  it('is found without its blanks from 8 characters on, so that shorter ones do not blank other words', () => {
    for (const text of ['K 12', 'K 34 5', 'K 6789']) keep(text)
    expect([redact('K12'), redact('K345'), redact('K67\n89'), redact('[K 12]')]).to.deep.equal(['K12', 'K345', '<secret>', '[<secret>]'])
  })
})

describe('a text with secrets', () => {
  it('comes back as text or as bytes, as it was given', () => {
    keep('K-as-it-was')
    expect(redact('ü K-as-it-was ü')).to.equal('ü <secret> ü')
    const bytes = redactNow(Buffer.from(own('\xff K-as-it-was \xfe'), 'latin1'))
    expect(bytes).to.be.instanceOf(Buffer)
    expect(bytes.toString('latin1')).to.equal('\xff <secret> \xfe')
    const part = new Uint8Array(Buffer.from(own('12K-as-it-was34'))).subarray(2, 16)
    expect(redactNow(part).toString()).to.equal('<secret>')
  })

  it('is the same text where it has none, even one that is no proper Unicode', () => {
    for (const text of ['plain', 'half \ud83d of a pair']) {
      expect(redact(text)).to.equal(text)
      expect(redactLines(text)).to.equal(text)
    }
  })

  it('keeps its lines where that is asked for: a marker in each that a secret goes over', () => {
    keep('K one two\nthree')
    expect(redactLines('a K one two\nthree b\nü K\none two\nthree\n')).to.equal('a <secret>\n<secret> b\nü <secret>\n<secret>\n<secret>\n')
    expect(redact('a K one two\nthree b')).to.equal('a <secret> b')
  })

  it('[fault 6] has none left even if it is so long that it is read in pieces: in each piece, and across pieces', () => {
    // Longer than the shortest secret that is known by far.
    const long = `K-at-a-seam-${'0123456789'.repeat(20)}`
    keep(long)
    const shown = encodeURIComponent(own(long))
    const dots = (count: number) => '.'.repeat(count)
    // A million characters are read at once.
    expect(redactNow(`${shown}${dots(999_600)}${shown}${dots(20)}${shown}!`) === `<secret>${dots(999_600)}<secret>${dots(20)}<secret>!`).to.equal(true)
  })
})
