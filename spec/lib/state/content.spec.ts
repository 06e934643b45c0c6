import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
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

  it('is asked for by its checksum, but for a secret, whose checksum could be guessed from', () => {
    expect(Content.of('x').askedBy).to.equal(createHash('sha256').update('x').digest('hex'))
    expect([Content.of('x', { secret: true }).askedBy, Content.of('x', { secret: 'parts' }).askedBy]).to.deep.equal(['', ''])
    expect([Content.of('x', { secret: 'parts' }).secret, Content.known('ab', 1).secret]).to.deep.equal(['parts', false])
  })

  it('is not text: neither JSON nor a list takes it for that; a developer sees what is known of it', () => {
    const content = Content.known('ab', 3)
    for (const use of [() => JSON.stringify({ content }), () => String(content), () => [content].join()]) expect(use).to.throw(TypeError, 'A Content was used as text. Use its bytes instead.')
    expect(inspect(content)).to.equal('Content(3 bytes, sha256 ab)')
    expect(inspect(Content.of('hidden', { secret: true }))).to.equal('<secret>')
  })
})
