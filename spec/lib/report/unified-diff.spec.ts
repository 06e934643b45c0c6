import { expect } from 'chai'
import { applyPatch } from 'diff'
import fc from 'fast-check'
import { secret } from '../../../lib/index.ts'
import { differences } from '../../../lib/state/compare.ts'
import { Content } from '../../../lib/state/content.ts'
import { showDifferences } from '../../../lib/report/diff.ts'
import { unifiedDiff } from '../../../lib/report/unified-diff.ts'

function shown(from: string | Buffer | null, to: string | Buffer | Content): string {
  const current = from === null ? null : { type: 'file', mode: '0644', content: Content.of(from) }
  return showDifferences(differences(current, { type: 'file', content: to instanceof Content ? to : Content.of(to) }), current)
}
const numbered = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `line ${from + index}\n`).join('')

describe('A diff', function () {
  this.timeout(180_000)

  it('is unified, with three lines of context', () => {
    expect(shown(numbered(10), numbered(10).replace('line 5\n', 'new 5\n'))).to.equal(
      '--- current\n+++ desired\n@@ -3,7 +3,7 @@\n line 2\n line 3\n line 4\n-line 5\n+new 5\n line 6\n line 7\n line 8')
  })

  it('of a new file is against /dev/null, and of a removed one too', () => {
    expect(shown(null, 'a\n')).to.contain('--- /dev/null\n+++ desired\n@@ -0,0 +1 @@\n+a')
    const gone = { type: 'file', mode: '0644', content: Content.of('a\n') }
    expect(showDifferences(differences(gone, null), gone)).to.equal('present → absent\n--- current\n+++ /dev/null\n@@ -1 +0,0 @@\n-a')
  })

  it('shows mode and owner', () => {
    const current = { type: 'file', mode: '0644', owner: 'root' }
    expect(showDifferences(differences(current, { mode: '0640', owner: 'www-data' }), current)).to.equal('mode: 0644 → 0640\nowner: root → www-data')
  })

  it('[check 9] makes CRLF and a missing last newline visible', () => {
    expect(shown('a\r\nb', 'a\nb\n')).to.contain('-a␍\n-b\n\\ No newline at end of file\n+a\n+b')
  })

  it('[check 9, copy 14] shows binary content and invalid UTF-8 by size and checksum', () => {
    expect(shown(Buffer.from([0xff]), Buffer.from([0xfe]))).to.match(/^content: 1 bytes, sha256 \w{12}… → 1 bytes, sha256 \w{12}…$/)
    expect(shown(Buffer.from([0, 1]), 'text')).to.match(/^content: 2 bytes/)
  })

  it('lets no escape sequence and no change of direction through to the terminal', () => {
    expect(shown('a\n', 'b\u001b[31m\u202e\u009b\n')).to.contain('+b\\x1b[31m\\u202e\\x9b')
  })

  it('[check 8] hides old lines if the new content contains secrets, and the secrets in new lines', () => {
    const password = secret('new-password-1').reveal()
    const diff = shown('a: 1\npassword: old-password\n', Content.of(`a: 1\npassword: ${password}\n`, { secret: 'parts' }))
    expect(diff).to.contain(' a: 1\n-<hidden').and.contain('+password: <secret>').and.not.contain('old-password')
    expect(shown('old\n', Content.of('x', { secret: true }))).to.equal('content: <secret> (differs)')
  })

  it('[check 9] of one line in 10 MB is found quickly, with little memory', () => {
    const text = numbered(900_000)
    const before = process.cpuUsage()
    expect(shown(text, text.replace('line 400000\n', 'changed\n'))).to.contain('-line 400000\n+changed\n line 400001')
    expect(process.cpuUsage(before).user / 1e6, 'seconds of this process').to.be.below(5)
  })

  it('[check 9] gives up if two texts have little in common, and shows sizes', () => {
    const before = process.cpuUsage()
    const mixed = (seed: number) => Array.from({ length: 100_000 }, (_, index) => `${(index * seed) % 9973}\n`).join('')
    expect(shown(mixed(7919), mixed(6007))).to.match(/^content: \d+ bytes, sha256/)
    expect(process.cpuUsage(before).user / 1e6, 'seconds of this process').to.be.below(5)
  })

  it('[check 9] is limited in lines and bytes, and says how much is omitted and how much there is in total', () => {
    const last = (diff: string) => diff.split('\n').at(-1)
    const lines = numbered(50_000)
    expect(last(shown(null, lines))).to.equal(`… 48000 more lines; as a whole (none) → ${lines.length} bytes, sha256 ${Content.of(lines).sha256.slice(0, 12)}…`)
    expect(shown(null, numbered(2000))).to.not.contain('more')
    expect(last(shown(null, numbered(2001)))).to.contain('… 1 more line; as a whole (none) → ')
    const wide = `${'x'.repeat(999)}\n`.repeat(1000)
    expect(last(shown(null, wide))).to.contain('… 800 more lines; as a whole (none) → 1000000 bytes, sha256')
    expect(Buffer.byteLength(shown(null, `${'é'.repeat(5000)}\n`.repeat(5000)))).to.be.below(210_000)
    expect(shown('a', 'x'.repeat(100_000))).to.contain(`+${'x'.repeat(1000)}… (99000 characters more)\n`).and.contain('… no more lines; as a whole 1 bytes, ').and.have.lengthOf.below(2000)
  })

  it('distinguishes two long lines that differ after the cut', () => {
    const [one, other] = ['a', 'b'].map(end => `${'x'.repeat(5000)}${end}\n`)
    expect(shown(one ?? '', other ?? '')).to.match(/as a whole 5002 bytes, sha256 (\w{12})… → 5002 bytes, sha256 (?!\1)\w{12}…$/)
  })

  it('is a patch that makes the one text of the other, for any two texts', () => {
    const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'd\r\n'), { maxLength: 30 }).chain(lines => fc.constantFrom('', 'last').map(last => lines.join('') + last))
    fc.assert(fc.property(text, text, (from, to) => {
      const diff = unifiedDiff(from, to, { from: 'a', to: 'b', visible: line => line })
      if (from === to) return
      expect(applyPatch(from, `${diff ?? ''}\n`, { autoConvertLineEndings: false })).to.equal(to)
    }), { numRuns: 500 })
  })
})
