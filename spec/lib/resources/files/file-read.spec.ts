import { spawnSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { LARGEST_FETCHED, readFiles } from '../../../../lib/resources/files/file-read.ts'
import type { FileKey } from '../../../../lib/resources/files/file.ts'
import { Content } from '../../../../lib/state/content.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

/** Reads on this machine, by a shell as a host has it. */
function read(keys: readonly FileKey[]) {
  const reading = readFiles(keys)
  const { stdout, stderr, status } = spawnSync('sh', ['-c', 'eval "$(cat)"'], { input: reading.script.text, env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1e8 })
  return reading.parse({ stdout, stderr: stderr.toString(), exitCode: status ?? 255 }).map(state => (state instanceof Error ? expect.fail(state.message) : state))
}

describe('reading files', function () {
  this.timeout(180_000)

  it('[file 18, copy 14] any name and any bytes are read exactly (property)', async () => {
    const name = fc.string({ unit: fc.constantFrom(...'ab .-\\\n\t\'"$`*?~é☃%;|&=\u0001'), minLength: 1, maxLength: 9 }).filter(text => !/^\.{1,2}$/.test(text))
    await fc.assert(fc.asyncProperty(fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 40 })), { selector: ([text]) => text, minLength: 1, maxLength: 12 }), files => inTemporaryDirectory(async directory => {
      for (const [text, bytes] of files) writeFileSync(path.join(directory, text), bytes, { mode: 0o640 })
      const states = read(files.map(([text]) => ({ path: `${directory}/${text}`, content: 'always' })))
      expect(states.map(state => state?.content?.bytes?.toString('hex'))).to.deep.equal(files.map(([, bytes]) => Buffer.from(bytes).toString('hex')))
      expect(states.map(state => state?.mode)).to.deep.equal(files.map(() => '0640'))
    })), { numRuns: 30 })
  })

  it('fetches no content that is known by its checksum, is too large to be shown, or is not asked for', () => inTemporaryDirectory(async directory => {
    const at = (text: string) => path.join(directory, text)
    writeFileSync(at('small'), 'x')
    writeFileSync(at('large'), Buffer.alloc(LARGEST_FETCHED + 1))
    mkdirSync(at('folder'))
    const first = read([{ path: at('small'), content: { unless: 'other' } }, { path: at('large'), content: { unless: 'other' } }, { path: at('small') }, { path: at('folder'), content: 'always' }, { path: at('none'), content: 'always' }])
    expect(first.map(state => state && [state.type, state.content?.bytes?.length, state.content?.size])).to.deep.equal([['file', 1, 1], ['file', undefined, LARGEST_FETCHED + 1], ['file', undefined, undefined], ['directory', undefined, undefined], null])
    expect(read([{ path: at('small'), content: { unless: first[0]?.content?.sha256 ?? '' } }, { path: at('large'), content: 'always' }]).map(state => state?.content?.bytes?.length)).to.deep.equal([undefined, LARGEST_FETCHED + 1])
  }))

  it('[file 18] files of any name are compared by content, and only those that differ are sent (property)', async () => {
    const name = fc.string({ unit: fc.constantFrom(...'ab .-\\\n\r\'"$*é☃'), minLength: 1, maxLength: 5 }).filter(text => !/^\.{1,2}$/.test(text))
    const file = fc.record({ name, text: fc.constantFrom('', 'x', 'y\n'), asked: fc.constantFrom('', 'x', 'y\n') })
    await fc.assert(fc.asyncProperty(fc.uniqueArray(file, { selector: each => each.name, minLength: 1, maxLength: 12 }), files => inTemporaryDirectory(async directory => {
      for (const each of files) writeFileSync(path.join(directory, each.name), each.text)
      const states = read(files.map(each => ({ path: `${directory}/${each.name}`, content: { unless: Content.of(each.asked).sha256 } })))
      expect(states.map(state => state?.content?.sha256)).to.deep.equal(files.map(({ text }) => Content.of(text).sha256))
      expect(states.map(state => state?.content?.bytes?.toString())).to.deep.equal(files.map(({ text, asked }) => (text === asked ? undefined : text)))
    })), { numRuns: 30 })
  })

  it('[file 2] the targets of links, and links that are broken, circular or go through a file', () => inTemporaryDirectory(async directory => {
    const at = (text: string) => path.join(directory, text)
    writeFileSync(at('file'), 'x', { mode: 0o644 })
    mkdirSync(at('folder'))
    for (const [link, target] of [['to file', 'file'], ['to folder', 'folder'], ['gone', 'no\nwhere'], ['circle', 'circle'], ['through', 'file/x']] as const) symlinkSync(target, at(link))
    const links = ['to file', 'to folder', 'gone', 'circle', 'through', 'to folder/none'].map(at)
    const followed = read(links.map(each => ({ path: each, content: { unless: '' } })))
    expect(followed.map(state => state && [state.type, state.target ?? state.real])).to.deep.equal([['file', at('file')], ['directory', at('folder')], ['link', 'no\nwhere'], ['link', 'circle'], ['link', 'file/x'], null])
    expect(followed.map(state => [state?.dangling, state?.content?.bytes?.toString()])).to.deep.equal([[undefined, 'x'], [undefined, undefined], [true, undefined], [true, undefined], [true, undefined], [undefined, undefined]])
    expect(read(links.map(each => ({ path: each, noFollow: true }))).map(state => state && [state.type, state.target, state.dangling])).to.deep.equal([
      ['link', 'file', undefined], ['link', 'folder', undefined], ['link', 'no\nwhere', undefined], ['link', 'circle', undefined], ['link', 'file/x', undefined], null,
    ])
  }))

  it('a pipe is not read, and does not keep other files from being read', () => inTemporaryDirectory(async directory => {
    const at = (text: string) => path.join(directory, text)
    spawnSync('mkfifo', [at('pipe')])
    writeFileSync(at('file'), 'x')
    expect(read(['pipe', 'none', 'file'].map(each => ({ path: at(each), content: { unless: '' } }))).map(state => state && [state.type, state.content?.bytes?.toString()])).to.deep.equal([['other', undefined], null, ['file', 'x']])
  }))

  it('as many files as do not fit into one call of a program', () => inTemporaryDirectory(async directory => {
    const names = Array.from({ length: 900 }, (_, index) => `${directory}/${String(index).padStart(200, 'long')}`)
    for (const each of names) writeFileSync(each, each, { mode: 0o640 })
    const states = read(names.map((each, index) => ({ path: each, content: { unless: index % 90 === 0 ? '' : Content.of(each).sha256 } })))
    expect(states.map(state => [state?.mode, state?.content?.sha256])).to.deep.equal(names.map(each => ['0640', Content.of(each).sha256]))
    expect(states.filter(state => state?.content?.bytes).length).to.equal(10)
  }))
})
