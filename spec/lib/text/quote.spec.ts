import { execFileSync } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { quote } from '../../../lib/text/quote.ts'

/** What a real shell makes of quoted words. */
function throughShell(words: readonly string[]): string[] {
  if (words.length === 0) return []
  const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(quote).join(' ')}`], { encoding: 'utf8' })
  return printed.split('\0').slice(0, -1)
}

describe('quote', () => {
  it('gives any text without a NUL to a real shell as exactly one word', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 }).map(drawn => drawn.replaceAll('\0', ''))
    fc.assert(fc.property(fc.array(text, { maxLength: 80 }), words => {
      expect(throughShell(words)).to.deep.equal(words)
    }), { numRuns: 60 })
  })

  it('keeps what shells treat specially', () => {
    const words = [
      '', ' ', '\t\n', '\n', "'", "''", "it's", '"', '\\', '\\\\', "\\'", '$HOME', '`id`', '$(id)', '*', '?', '[a]', '~', '~root', '#', '!', '!!',
      '&', ';', '|', '<', '>', '(', ')', '{a,b}', '-n', '--', '-e', '%s', '\\n', '\\0', 'a=b', 'é', '\u{1f600}', '\u0001\u007f', 'a\r\nb', "'; rm -rf / #",
    ]
    expect(throughShell(words)).to.deep.equal(words)
  })

  it('leaves plain words readable', () => {
    expect(['/etc/nginx/nginx.conf', 'a-b_c.d', 'user:group', 'HOME=1', 'a,b+c@d%'].map(quote)).to.deep.equal(['/etc/nginx/nginx.conf', 'a-b_c.d', 'user:group', 'HOME=1', 'a,b+c@d%'])
    expect(quote("it's")).to.equal(`'it'\\''s'`)
  })

  it('refuses NUL, which no argument can contain', () => {
    expect(() => quote('a\0b')).to.throw(RangeError, 'NUL')
  })
})
