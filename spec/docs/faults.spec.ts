import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { faults } from '../../docs/faults.ts'

describe('docs/faults.md', () => {
  const { text, problems } = faults()

  it('names a spec or a reason for every fault', () => expect(problems).to.deep.equal([]))

  it('is what the titles of the specs say now; if not: npx tsx docs/make-faults.ts', () => {
    expect(readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8')).to.equal(text)
  })
})
