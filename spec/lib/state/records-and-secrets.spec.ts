import { expect } from 'chai'
import { showDifferences } from '../../../lib/report/diff.ts'
import { differences } from '../../../lib/state/compare.ts'
import { Content } from '../../../lib/state/content.ts'

describe('differences of records and secrets', () => {
  it('null in a record is the same as no entry, and a removed value is reported', () => {
    expect(differences({ config: { a: '1' } }, { config: { a: '1', b: null } })).to.deep.equal([])
    expect(showDifferences(differences({ config: { a: '1', b: '2' } }, { config: { a: '1', b: null } }), {})).to.equal('config.b: 2 → (none)')
  })

  it('of a secret neither content nor checksum is shown, also where it goes', () => {
    const stored = Content.of('a stored hash', { secret: true })
    expect(showDifferences(differences({ password: stored }, { password: null }), { password: stored })).to.equal('password: <secret> → (none)')
    expect(showDifferences(differences({ password: null }, { password: stored }), { password: null })).to.equal('password: <secret> (differs)')
  })
})
