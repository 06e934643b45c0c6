import { expect } from 'chai'
import fc from 'fast-check'
import { nginxString } from '../../../../lib/resources/nginx/quote.ts'

// What nginx itself makes of them: spec/modules/nginx-site.spec.ts.
describe('strings of nginx', () => {
  it('end where they are meant to: their quotes and backslashes pair up, whatever is in them (property)', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'ab"\'\\;{}#\n\r é') }), text => {
      const quoted = nginxString(text)
      expect(quoted).to.match(/^"(?:[^"\\]|\\["\\r])*"$/)
      expect(quoted.slice(1, -1).replace(/\\(.)/g, (_, character: string) => (character === 'r' ? '\r' : character))).to.equal(text)
    }))
  })

  it('contain a $ only with variables, and never a NUL', () => {
    expect(() => nginxString('$host')).to.throw(RangeError, 'variable')
    expect(nginxString('$host', { variables: true })).to.equal('"$host"')
    expect(() => nginxString('a\0b', { variables: true })).to.throw(RangeError, 'NUL')
  })
})
