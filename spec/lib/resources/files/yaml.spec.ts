import { expect } from 'chai'
import fc from 'fast-check'
import { parse } from 'yaml'
import { yamlString } from '../../../../lib/resources/files/yaml.ts'

describe('strings of YAML', () => {
  it('are read back as they were by every version, in a block and in a flow, whatever is in them (property)', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'a:#-"\'\\{}[],&*!|>%@` \n\r\t\0\u0085\u2028\ufeff\u007f😀') }), fc.constantFrom('yes', 'null', '1', '~', '1e3', '2001-01-01', '<<'))
    fc.assert(fc.property(text, value => {
      expect(yamlString(value)).to.match(/^"[\u0020-\u007e]*"$/)
      for (const version of ['1.1', '1.2'] as const) {
        expect(parse(`a: ${yamlString(value)}\nb:\n  - ${yamlString(value)}\nc: [${yamlString(value)}]\nd: 1\n`, { version })).to.deep.equal({ a: value, b: [value], c: [value], d: 1 })
      }
    }), { numRuns: 500 })
  })

  it('contain no half of a character', () => {
    expect(() => yamlString('\ud800')).to.throw(RangeError, 'half a character')
  })
})
