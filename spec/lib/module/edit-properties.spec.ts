import { expect } from 'chai'
import fc from 'fast-check'
import { checksumFrom } from '../../../lib/module/checksums.ts'
import { mergeBlock } from '../../../lib/module/merge-block.ts'
import { mergeLine, removeLines } from '../../../lib/module/merge-line.ts'
import { splitLines, joinLines, toBytewise } from '../../../lib/module/text-lines.ts'

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map(array => Buffer.from(array).toString('latin1')),
  fc.array(fc.constantFrom('a\n', 'b\r\n', '\n', 'k=1\n', '#k=2\n', '\r', '\xe9\xff\n', 'c'), { maxLength: 12 }).map(parts => parts.join('')),
)
const line = fc.oneof(fc.constantFrom('k=1', 'a', '$1 $& $$', 'é'), fc.string({ maxLength: 12 }).filter(text => !/[\r\n]/.test(text)))
const place = fc.constantFrom('start' as const, 'end' as const, { after: /^a/ }, { before: 'k=' }, { after: /nothing here/ })
const markers = { begin: '# BEGIN stead', end: '# END stead' }
const runs = { numRuns: 1000 }

describe('An edit of a file, for any bytes,', () => {
  it('splits it into lines of which no byte is lost', () => {
    fc.assert(fc.property(bytes, text => joinLines(splitLines(text)) === text), runs)
  })

  it('[block 2] keeps every byte outside of its block, and is stable', () => {
    const block = fc.array(line, { minLength: 1, maxLength: 4 }).map(lines => lines.join('\n')).filter(text => text !== '' && !text.includes('stead'))
    fc.assert(fc.property(bytes, block, place, (text, inner, where) => {
      const merged = mergeBlock(text, toBytewise(inner), markers, where)
      expect(mergeBlock(merged, toBytewise(inner), markers, where)).to.equal(merged)
      // Taken out again, what is left is what was there, but for a newline that a last line lacked and that something now follows.
      const left = mergeBlock(merged, undefined, markers, where)
      expect([text, `${text}\n`, `${text}\r\n`]).to.include(left)
    }), runs)
  })

  it('changes no byte but those of its line, and settles', () => {
    const pattern = fc.constantFrom(undefined, /^#?k=/, /^#k=/, 'k=')
    fc.assert(fc.property(bytes.filter(text => !text.endsWith('\r')), line, pattern, place, fc.boolean(), (text, wanted, found, where, firstMatch) => {
      const edit = { line: wanted, pattern: found, place: where, firstMatch }
      const merged = mergeLine(text, edit)
      expect(mergeLine(merged, edit)).to.equal(merged)
      const before = splitLines(text).map(one => one.text)
      const after = splitLines(merged).map(one => one.text)
      expect(after).to.include(toBytewise(wanted))
      const head = after.findIndex((one, index) => one !== before[index])
      if (head < 0) return
      const dropped = after.length === before.length ? 1 : 0
      expect([...after.slice(0, head), ...after.slice(head + 1)]).to.deep.equal([...before.slice(0, head), ...before.slice(head + dropped)])
    }), runs)
  })

  it('takes out its lines and no other byte', () => {
    fc.assert(fc.property(bytes, line, (text, unwanted) => {
      const left = removeLines(text, { line: unwanted })
      expect(left).to.equal(splitLines(text).filter(one => one.text !== toBytewise(unwanted)).map(one => one.text + one.ending).join(''))
    }), runs)
  })
})

describe('A checksum out of a list', () => {
  const hash = 'a'.repeat(64)
  for (const form of [`${hash}  f.tar.gz`, `${hash}  ./f.tar.gz`, `${hash} *f.tar.gz`, hash, `SHA256 (f.tar.gz) = ${hash}`, `${'b'.repeat(64)}  other\n${hash.toUpperCase()}  f.tar.gz\r\n${hash}  copy\n`]) {
    it(`[archive 3] is read from ${JSON.stringify(form.replace(/([a-f0-9])\1+/gi, '$1…'))}`, () => expect(checksumFrom(form, 'f.tar.gz')).to.equal(hash))
  }

  it('[archive 3] is an error if the file is not listed, or listed twice with different checksums', () => {
    expect(() => checksumFrom(`${hash}  other`, 'f', 'SHA256SUMS')).to.throw('There is no SHA-256 for the file f in SHA256SUMS.')
    expect(() => checksumFrom(`${hash}  f\n${'b'.repeat(64)}  f`, 'f')).to.throw('several')
  })
})
