import { expect } from 'chai'
import fc from 'fast-check'
import { didYouMean, distance, nearest } from '../../../lib/text/nearest.ts'

describe('the word that a misspelt one stands for', () => {
  it('counts what has to be added, taken, replaced or swapped', () => {
    const cases: [string, string, number][] = [['', '', 0], ['a', '', 1], ['', 'ab', 2], ['ab', 'ba', 1], ['abc', 'acb', 1], ['kitten', 'sitting', 3], ['same', 'same', 0], ['content', 'contnet', 1], ['abcd', 'badc', 2]]
    for (const [one, other, far] of cases) expect(distance(one, other), `${one} ${other}`).to.equal(far)
  })

  it('is as far from one as the other from it, and no distance from itself alone', () => {
    const word = fc.string({ maxLength: 8 })
    fc.assert(fc.property(word, word, (one, other) => {
      expect(distance(one, other)).to.equal(distance(other, one))
      expect(distance(one, other) === 0).to.equal(one === other)
      expect(distance(one, other)).to.be.at.least(Math.abs(one.length - other.length)).and.at.most(Math.max(one.length, other.length))
    }))
  })

  it('is the nearest, whatever hyphens and capitals it has, and none where all are far', () => {
    expect(nearest('contnet', ['packages', 'contend', 'content'])).to.equal('content')
    expect(nearest('clearnet-federation', ['clearnet_federation'])).to.equal('clearnet_federation')
    expect(nearest('Port', ['port'])).to.equal('port')
    for (const [given, words] of [['web', ['database']], ['a', ['b']], ['ab', ['xy']], ['abcdef', ['abcxyz']], ['x', []], ['port', ['']]] as const) expect(nearest(given, words), given).to.equal(undefined)
    expect(nearest('abcdef', ['abcxef'])).to.equal('abcxef')
  })

  it('ends a message, or adds nothing to it', () => {
    expect(didYouMean('contnet', ['content'])).to.equal(' Did you mean "content"?')
    expect(didYouMean('web', ['database'])).to.equal('')
  })
})
