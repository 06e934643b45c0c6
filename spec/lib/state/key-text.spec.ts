import { expect } from 'chai'
import fc from 'fast-check'
import { Secret } from '../../../lib/secret/secret.ts'
import { Content } from '../../../lib/state/content.ts'
import { keyText } from '../../../lib/state/key-text.ts'

describe('the text of a key', () => {
  it('is its JSON where nothing in it is a secret or a content', () => {
    fc.assert(fc.property(fc.jsonValue(), key => { expect(keyText(key)).to.equal(JSON.stringify(key)) }))
    expect(keyText(undefined)).to.equal('')
  })

  it('distinguishes secrets without showing them, at any depth', () => {
    const [one, other] = [new Secret('key-text-one'), new Secret('key-text-other')]
    const texts = [one, other].flatMap(secret => [{ a: secret }, { a: [secret] }, [{ b: secret }]].map(keyText))
    expect(new Set(texts).size).to.equal(6)
    expect(keyText({ a: [one] })).to.equal(`{"a":[{"secret":${one.number}}]}`)
    for (const text of texts) expect(text).not.to.include('key-text-')
  })

  it('says of a content its checksum alone', () => {
    const content = Content.of('x')
    expect(keyText({ content })).to.equal(`{"content":{"content":"${content.sha256}"}}`)
    expect(keyText({ content: Content.known(content.sha256, -1) })).to.equal(keyText({ content }))
  })
})
