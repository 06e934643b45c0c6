import { expect } from 'chai'
import fc from 'fast-check'
import { postgresRoleResource } from '../../../lib/resources/postgres/postgres-role.ts'
import { redact, redactLines } from '../../../lib/secret/redact.ts'
import { secret } from '../../../lib/secret/secret.ts'
import { quote } from '../../../lib/text/quote.ts'
import { base64Within, encodings, windows } from './encodings.ts'

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

  describe('[fault 6] leaves no 8 characters in a row of a secret', () => {
    /** What a text says besides the frame that its way of writing puts around any value. */
    const within = (shown: string, frame: string): string => {
      let head = 0
      while (head < frame.length && shown[head] === frame[head]) head += 1
      let tail = 0
      while (tail < frame.length - head && shown.at(-1 - tail) === frame.at(-1 - tail)) tail += 1
      return shown.slice(head, shown.length - tail)
    }
    const letters = fc.stringMatching(/^[A-Ya-y0-9]{8,20}$/)
    const special = fc.array(fc.constantFrom(...Array.from('\'"\\$%&<>/+-_=;:,.!?#@~^*()[]{}|` üß漢😀\n\t')), { maxLength: 12 })
    const hard = fc.tuple(letters, special, letters, special).map(([one, two, three, four]) => [...two.slice(0, 4), ...one, ...two.slice(4), ...three, ...four].join('').trim())
    const context = fc.stringMatching(/^[z =,]{0,20}$/)

    for (const [name, encode] of Object.entries(encodings)) {
      it(name, () => {
        // JUnit's `message` has the first line alone: one of less than 8 characters may be shown, with the frame beside it.
        const taken = (text: string) => name.includes('systemd') ? !/[\n\t]/.test(text) : name !== 'XML' || !/^.{0,7}\n/.test(text)
        fc.assert(fc.property(hard.filter(taken), context, context, (plain, before, after) => {
          secret(plain)
          const shown = encode(plain)
          const text = redact(`${before} ${shown} ${after}`)
          // A report in XML shows the value twice; what stands between them is no part of it.
          const own = within(shown, encode('')).split(name === 'XML' ? '">' : /$/)
          for (const part of [...windows(plain, 8), ...own.flatMap(each => windows(each, 8))].filter(window => window.trim().length === 8)) expect(text, `of ${shown}`).to.not.include(part)
        }), { numRuns: name.includes('%q') ? 10 : 40 })
      })
    }

    it('also where a doubled % is followed by two digits, which alone would stand for a character', () => {
      secret("q%41000aa0a00aaAa0':(?~%漢")
      expect(redact(`ExecStart=/bin/echo "q%%41000aa0a00aaAa0':(?~%%漢" z`)).to.equal('ExecStart=/bin/echo "<secret>" z')
    })

    it('base64, at any alignment, in either alphabet, broken into lines, in JSON too', () => {
      fc.assert(fc.property(hard, context, context, fc.constantFrom(0, 5, 64, 76), fc.boolean(), fc.boolean(), (plain, before, after, line, url, inJson) => {
        secret(plain)
        const { text: shown, own } = base64Within(plain, before, after, { line, url })
        const text = redact(inJson ? JSON.stringify({ shown }) : `Basic ${shown}`).replace(/\s|\\n/g, '')
        for (const part of windows(own, 8)) expect(text, `of ${shown}`).to.not.include(part)
      }))
    })

    it('where one is a part of another, and where they overlap, in any order', () => {
      // Without bias: what is drawn most often, as a row of one letter, is a part of an earlier secret.
      fc.assert(fc.property(fc.noBias(fc.stringMatching(/^[A-Za-z0-9]{25,40}$/)), fc.nat(8), fc.integer({ min: 8, max: 16 }), fc.boolean(), (whole, start, length, first) => {
        const parts = [whole, whole.slice(start, start + length)]
        for (const part of first ? parts : parts.reverse()) secret(part)
        const text = redact(`a ${whole} b ${whole.slice(0, start + length)}`)
        expect(text).to.equal(`a <secret> b ${start === 0 ? '' : whole.slice(0, start)}<secret>`)
      }), { endOnFailure: true })
    })
  })

  it('[fault 38] replaces all of a secret that contains another one', () => {
    secret('Lm3-inner-part')
    secret('before-Lm3-inner-part-behind')
    expect(redact('a before-Lm3-inner-part-behind b')).to.equal('a <secret> b')
    secret('Ln3 short in a long one, and more')
    secret('short in')
    expect(redact('Ln3 short in a long one, and more')).to.equal('<secret>')
  })

  it('[fault 6] keeps the lines of a text if requested', () => {
    secret('Mn5-first-line\nMn5-second-line')
    expect(redactLines('a\n Mn5-first-line\n Mn5-second-line\nb\n')).to.equal('a\n <secret>\n<secret>\nb\n')
  })

  it('[fault 3] does not learn secrets from a host, which could use that to hide any word for all hosts', () => {
    const role = { name: 'app', login: true, superuser: false, createdb: false, createrole: false, inherit: true, replication: false, bypassrls: false, validUntil: null, connectionLimit: -1, comment: '', config: [], memberOf: [] }
    const [state] = postgresRoleResource.read([{ name: 'app' }]).parse({ stdout: Buffer.from(JSON.stringify([{ ...role, password: 'FAILED' }])), stderr: '', exitCode: 0 })
    expect(state).to.have.property('password').that.includes({ secret: true })
    expect(redact('web2  FAILED')).to.equal('web2  FAILED')
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
    const before = process.cpuUsage()
    expect(redact(text)).to.equal(text)
    expect(process.cpuUsage(before).user / 1e6, 'seconds of this process, however busy the machine is').to.be.lessThan(3)
  })
})
