import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { Content } from '../../../lib/state/content.ts'

describe('Content', () => {
  it('knows size, checksum and bytes of what it is given', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
      const content = Content.of(bytes)
      expect([content.size, content.sha256]).to.deep.equal([bytes.length, createHash('sha256').update(bytes).digest('hex')])
      expect(content.bytes?.equals(bytes)).to.equal(true)
      expect(content.secret).to.equal(false)
    }))
  })

  it('takes text as UTF-8', () => {
    expect(Content.of('é').bytes?.toString('hex')).to.equal('c3a9')
  })

  it('does not change when the bytes it was made of do', () => {
    const bytes = Buffer.from('abc')
    const content = Content.of(bytes)
    bytes[0] = 0
    expect(content.bytes?.toString()).to.equal('abc')
  })

  it('is the same as another of the same checksum, secret or not, fetched or not', () => {
    const content = Content.of('x')
    expect(content.equals(Content.known(content.sha256, 1))).to.equal(true)
    expect(content.equals(Content.of('x', { secret: true }))).to.equal(true)
    expect(content.equals(Content.of('y'))).to.equal(false)
    expect(Content.known(content.sha256, 1).bytes).to.equal(undefined)
  })
})
