import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { edgeCases } from '../../docs/edge-cases.ts'

describe('docs/edge-cases.md', () => {
  const { text, problems } = edgeCases()

  it('names a spec or a reason for every edge case, never both', () => expect(problems).to.deep.equal([]))

  it('is what the titles of the specs say now; if not: npx tsx docs/make-edge-cases.ts', () => {
    expect(readFileSync(new URL('../../docs/edge-cases.md', import.meta.url), 'utf8')).to.equal(text)
  })

  it('says something: most are covered', () => {
    const [, all, covered] = /\*\*all\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\*/.exec(text) ?? []
    expect(Number(covered) / Number(all)).to.be.above(0.9)
  })
})
