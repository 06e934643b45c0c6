import { expect } from 'chai'
import fc from 'fast-check'
import { showDifferences } from '../../../lib/report/diff.ts'
import { secret } from '../../../lib/secret/secret.ts'
import { differences } from '../../../lib/state/compare.ts'
import { Content } from '../../../lib/state/content.ts'
import type { State } from '../../../lib/state/resource.ts'

const show = (current: State | null, desired: State | null): string => showDifferences(differences(current, desired), current)
const contents = (from: string | Uint8Array | undefined, to: string | Uint8Array): string => show(from === undefined ? null : { content: Content.of(from) }, { content: Content.of(to) })
const checksum = (data: string | Uint8Array): string => `${Content.of(data).size} bytes, sha256 ${Content.of(data).sha256.slice(0, 12)}…`

describe('a difference', () => {
  it('shows fields as what they are and what they will be', () => {
    expect(show({ mode: '0644', owner: 'root', groups: ['a'] }, { mode: '0640', owner: 'www-data', groups: ['a', 'b'] })).to.equal('mode: 0644 → 0640\nowner: root → www-data\ngroups: a → a, b')
    expect(show({ running: false, groups: ['a'], comment: '' }, { running: true, groups: [], comment: 'x' })).to.equal('running: false → true\ngroups: a → (none)\ncomment: (none) → x')
  })

  it('[fault 36] does not mention what is missing but need not exist, such as the packages of a new environment', () => {
    expect(show(null, { python: 'sound', missing: [], comment: '', owner: null })).to.equal('absent → present\npython: (none) → sound')
    expect(show({ missing: ['six'] }, { missing: [] })).to.equal('missing: six → (none)')
  })

  it('shows records by key', () => {
    expect(show({ settings: { a: '1', b: '2', c: '3' } }, { settings: { a: '1', b: 'two', c: null, d: '4' } })).to.equal('settings.b: 2 → two\nsettings.c: 3 → (none)\nsettings.d: (none) → 4')
    expect(show({ settings: { a: '1' } }, { settings: { a: '2', gone: null } })).to.equal('settings.a: 1 → 2')
    expect(show({ settings: { a: '1', b: '2' } }, { settings: { a: '1' } })).to.equal('settings.b: 2 → (none)')
    expect(show({ settings: { 'a\u001b': '\u001b[31m' } }, { settings: { 'a\u001b': '1' } })).to.equal('settings.a\\x1b: \\x1b[31m → 1')
  })

  it('shows what comes and what goes', () => {
    expect(show(null, { mode: '0640' })).to.equal('absent → present\nmode: (none) → 0640')
    expect(show({ mode: '0640' }, null)).to.equal('present → absent')
    // What not everybody may read is not shown, and its checksum could be found by trying.
    expect(show({ mode: '0640', content: Content.of('pin 1234\n') }, null)).to.equal('present → absent\ncontent: 9 bytes → (none)')
  })

  it('shows contents line by line, with context', () => {
    const lines = (middle: string): string => `1\n2\n3\n4\n${middle}\n6\n7\n8\n9\n`
    expect(contents(lines('5'), lines('five'))).to.equal('--- current\n+++ desired\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8')
    expect(contents(undefined, 'new\n')).to.include('--- /dev/null').and.include('+new')
  })

  it('shows a line that ends otherwise, and one that does not end', () => {
    expect(contents('a\r\n', 'a\n')).to.include('-a␍\n+a')
    expect(contents('a', 'a\n').split('\n').slice(3)).to.deep.equal(['-a', '\\ No newline at end of file', '+a'])
    expect(contents('a\n', 'a')).to.include('\\ No newline at end of file')
  })

  it('shows what a terminal would obey or hide as text', () => {
    const shown = contents('a\n', '\u001b[31mred\u001b[0m\u0007\u0008 tab\there \u007f\rhidden\n')
    expect(shown).to.include('\\x1b[31mred\\x1b[0m\\x07\\x08 tab\there \\x7f\\x0dhidden')
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 50 }), text => {
      expect(contents('', text)).to.not.match(/[\u0000-\u0008\u000b-\u001f\u007f]/)
    }))
  })

  it('shows size and checksum of binary content', () => {
    for (const bytes of [Buffer.from([0, 1]), Buffer.from([0xff, 0xfe, 0x41]), Buffer.from('a\0b')]) {
      expect(contents('a\n', bytes)).to.equal(`content: ${checksum('a\n')} → ${checksum(bytes)}`)
      expect(contents(bytes, 'a\n')).to.equal(`content: ${checksum(bytes)} → ${checksum('a\n')}`)
    }
  })

  it('shows size and checksum of what is huge, and does not look for what they share', () => {
    const huge = 'x\n'.repeat(600_000)
    expect(contents('a\n', huge)).to.equal(`content: ${checksum('a\n')} → ${checksum(huge)}`)
    expect(show({ content: Content.known('0'.repeat(64), 5_000_000) }, { content: Content.of('a') })).to.match(/^content: 5000000 bytes, sha256 0{12}… → 1 bytes/)
  })

  it('shows many changed lines, and size and checksum of two large texts that share nothing', () => {
    const numbers = (count: number, offset: number): string => Array.from({ length: count }, (_, index) => `${index * 2 + offset}\n`).join('')
    expect(contents(numbers(900, 0), numbers(900, 1))).to.include('\n+1799')
    const all = numbers(20_000, 1)
    expect(contents('', all).split('\n')).to.deep.equal([
      '--- current', '+++ desired', '@@ -0,0 +1,20000 @@', ...all.split('\n').slice(0, 2000).map(line => `+${line}`),
      `… 18000 more lines; as a whole 0 bytes, sha256 ${Content.of('').sha256.slice(0, 12)}… → ${checksum(all)}`,
    ])
    expect(contents(numbers(20_000, 0), numbers(20_000, 1))).to.match(/^content: \d+ bytes, .* → \d+ bytes/)
  })

  it('never shows a content that a secret is in, old or new', () => {
    const hidden = Content.of('password: diff-spec-hidden', { secret: true })
    for (const [from, to] of [[hidden, Content.of('plain')], [Content.of('plain'), hidden], [hidden, Content.of('other', { secret: true })]] as const) {
      expect(show({ content: from }, { content: to })).to.equal('content: <secret> (differs)')
    }
    expect(show(null, { content: hidden })).to.equal('absent → present\ncontent: <secret> (differs)')
  })

  it('[check 8] shows no part of a secret that is cut, and none in a line with escaped characters', () => {
    const password = secret(`diff-spec-cut-${'x'.repeat(40)}-\u200b-end`).reveal()
    for (let before = 940; before < 1010; before += 1) expect(contents('', `${'a'.repeat(before)}${password}\n`), `after ${before}`).to.not.include('diff-spec').and.not.include('-end')
    expect(show({ settings: { a: password }, comment: password }, { settings: { a: null }, comment: '' })).to.equal('settings.a: <secret> → (none)\ncomment: <secret> → (none)')
  })

  describe('[fault 54] of a file that not everybody may read', () => {
    const old = (mode: string) => ({ type: 'file', mode, content: Content.of('a\npin 1234\nb\n') })
    const to = { content: Content.of('a\npin 5678\nb\n') }

    it('does not show what it held before, nor size and checksum of that', () => {
      for (const mode of ['0600', '0640', '0660', '0700']) expect(show(old(mode), to), mode).to.equal('--- current\n+++ desired\n@@ -1,3 +1,3 @@\n a\n-<hidden: not everybody may read it>\n+pin 5678\n b')
      expect(show(old('0644'), to)).to.include('-pin 1234')
      expect(show({ ...old('0600'), content: Content.known('0'.repeat(64), 5) }, to)).to.match(/^content: <hidden> → 13 bytes/)
    })

    it('shows nothing of what stays, where a line or a block of it is edited', () => {
      const list = differences(old('0640'), to)
      expect(showDifferences(list, old('0640'), { edited: true })).to.equal('--- current\n+++ desired\n@@ -1,3 +1,3 @@\n <hidden: not everybody may read it>\n-<hidden: not everybody may read it>\n+pin 5678\n <hidden: not everybody may read it>')
      expect(showDifferences(list, old('0644'), { edited: true })).to.include(' a\n-pin 1234')
    })
  })

  it('[fault 6] shows no piece of a secret whose base64 has several lines, but does show that such a line differs', () => {
    const lines = (text: string) => (Buffer.from(text).toString('base64').match(/.{1,20}/g) ?? []).join('\n')
    const [one, two] = [secret(`diff-spec-lines-${'x'.repeat(60)}`), secret(`diff-spec-lines-${'y'.repeat(60)}`)]
    const told = contents(`key:\n${lines(one.reveal())}\nend\n`, `key:\n${lines(two.reveal())}\nend\n`)
    for (const text of [one, two]) for (const line of lines(text.reveal()).split('\n')) expect(told).to.not.include(line)
    expect(told).to.include('-<secret>').and.include('+<secret>').and.include(' key:')
  })

  it('[check 8] shows neither size nor checksum of what may contain an old secret', () => {
    const bytes = Content.of(Buffer.from([0, 1, 2]))
    expect(show({ content: bytes }, { content: Content.of('new', { secret: 'parts' }) })).to.equal('content: <secret> → <secret>')
    const old = Content.of('password: old-one\n'.repeat(2500))
    expect(show({ content: old }, { content: Content.of('new\n', { secret: 'parts' }) }).split('\n').at(-1)).to.equal('… 501 more lines; as a whole <secret> → <secret>')
  })

  it('never shows a known secret in any field or text', () => {
    const password = secret('diff-spec-password').reveal()
    expect(show({ comment: password, content: Content.of(`a ${password}\n`) }, { comment: `${password}!`, content: Content.of(`b ${password}\n`) })).to.include('<secret>').and.not.include(password)
  })
})
