import { expect } from 'chai'
import { isBelow, overlap } from '../../../lib/text/overlap.ts'

describe('two paths', () => {
  it('overlap if they are equal or one contains the other, and not if one only begins like the other', () => {
    for (const [one, other, expected] of [['/a', '/a', true], ['/a', '/a/b', true], ['/a', '/ab', false], ['/', '/a', true], ['/a/b', '/a/c', false]] as const) {
      expect([overlap(one, other), overlap(other, one)], `${one} ${other}`).to.deep.equal([expected, expected])
    }
    expect([isBelow('/a', '/a'), isBelow('/a/b', '/a'), isBelow('/a', '/a/b'), isBelow('/ab', '/a')]).to.deep.equal([false, true, false, false])
  })
})
