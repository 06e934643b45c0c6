import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { LARGEST_FETCHED, readFiles } from '../../../../lib/resources/files/file-read.ts'
import type { FileKey } from '../../../../lib/resources/files/file.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

/** Reads on this machine, by a shell as a host has it. */
function read(keys: readonly FileKey[]) {
  const reading = readFiles(keys)
  const { stdout, stderr, status } = spawnSync('sh', ['-c', reading.script.text], { env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 1e8 })
  return reading.parse({ stdout, stderr: stderr.toString(), exitCode: status ?? 255 }).map(state => (state instanceof Error ? expect.fail(state.message) : state))
}

describe('reading files', function () {
  this.timeout(60_000)

  it('[file 18, copy 14] any name and any bytes come back as they are (property)', async () => {
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
})
