import { expect } from 'chai'
import { parseRows, readSql, sqlLiteral, sqlName } from '../../../lib/resources/psql.ts'

describe('psql', () => {
  it('quotes texts so that nothing in them is SQL', () => {
    expect(sqlLiteral("it's")).to.equal("'it''s'")
    expect(sqlLiteral("'; DROP DATABASE x; --")).to.equal("'''; DROP DATABASE x; --'")
    expect(sqlLiteral("back\\slash'")).to.equal(" E'back\\\\slash'''")
    expect(() => sqlLiteral('a\0b')).to.throw(RangeError)
  })

  it('quotes names, whatever is in them', () => {
    expect(sqlName('a"b; --')).to.equal('"a""b; --"')
    expect(() => sqlName('a\0b')).to.throw(RangeError)
  })

  it('reads in a session that cannot write', () => {
    expect(readSql('select 1').text).to.include('default_transaction_read_only=on')
  })

  it('refuses an answer that is no list', () => {
    expect(() => parseRows({ stdout: Buffer.from('{}'), stderr: '', exitCode: 0 })).to.throw('no list')
  })
})
