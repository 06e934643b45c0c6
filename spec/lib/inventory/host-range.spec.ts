import { expect } from 'chai'
import fc from 'fast-check'
import { expandHostRange } from '../../../lib/inventory/host-range.ts'

describe('expandHostRange', () => {
  it('counts, keeps leading zeros, goes through letters, and steps', () => {
    const cases: Record<string, string[]> = {
      'web[01:03].org': ['web01.org', 'web02.org', 'web03.org'],
      'web[8:11]': ['web8', 'web9', 'web10', 'web11'],
      'web[008:010]': ['web008', 'web009', 'web010'],
      'db-[a:c]': ['db-a', 'db-b', 'db-c'],
      'db-[X:Z]': ['db-X', 'db-Y', 'db-Z'],
      'n[0:6:3]': ['n0', 'n3', 'n6'],
      'n[5:5]': ['n5'],
      'r[1:2]n[a:b]': ['r1na', 'r1nb', 'r2na', 'r2nb'],
      plain: ['plain'],
      '[::1]:22': ['[::1]:22'],
    }
    for (const [pattern, names] of Object.entries(cases)) expect(expandHostRange(pattern), pattern).to.deep.equal(names)
  })

  it('says what is wrong with a range', () => {
    expect(() => expandHostRange('n[3:1]')).to.throw(RangeError, 'ends before it starts')
    expect(() => expandHostRange('n[01:100]')).to.throw(RangeError, 'different length')
    expect(() => expandHostRange('n[1:5:0]')).to.throw(RangeError, 'step')
    expect(() => expandHostRange('n[1-5]')).to.throw(RangeError, 'contains an invalid range')
    expect(() => expandHostRange('n[1:99999999]')).to.throw(RangeError, 'more than 10000')
  })

  it('means at most 10000 hosts', () => {
    expect(expandHostRange('n[1:10000]')).to.have.length(10_000)
    expect(expandHostRange('n[0:29997:3]')).to.have.length(10_000)
    expect(expandHostRange('n[90000:90001]')).to.deep.equal(['n90000', 'n90001'])
    for (const range of ['[1:10001]', '[0:30000:3]']) expect(() => expandHostRange(`n${range}`), range).to.throw(RangeError, `The range ${range} stands for more than 10000 hosts.`)
  })

  it('steps through letters, and counts from numbers without zeros as they are', () => {
    expect(expandHostRange('n[a:e:2]')).to.deep.equal(['na', 'nc', 'ne'])
    expect(expandHostRange('n[9:10]')).to.deep.equal(['n9', 'n10'])
    expect(expandHostRange('n[0:10:5]')).to.deep.equal(['n0', 'n5', 'n10'])
  })

  it('gives as many names as there are numbers, each once', () => {
    fc.assert(fc.property(fc.nat(500), fc.nat(100), (first, more) => {
      const names = expandHostRange(`n[${first}:${first + more}].x`)
      expect(new Set(names).size).to.equal(more + 1)
      expect([names[0], names.at(-1)]).to.deep.equal([`n${first}.x`, `n${first + more}.x`])
    }))
  })
})
