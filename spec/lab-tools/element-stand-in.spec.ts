import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { elementFiles, elementStandIn } from '../../lab/element-stand-in.ts'
import { gzipStored, tar } from '../../lab/tar.ts'

describe('lab: the stand-in for Element Web', () => {
  it('is the same archive whenever it is made', () => {
    expect(elementStandIn().bytes.equals(elementStandIn().bytes)).to.equal(true)
    expect(elementStandIn().sha256).to.match(/^[0-9a-f]{64}$/)
  })

  it('is unpacked by tar to the files of a release', () => {
    const dir = mkdtempSync(path.join(tmpdir(), 'stead-element-'))
    try {
      execFileSync('tar', ['-xz', '-C', dir, '--strip-components=1'], { input: elementStandIn().bytes })
      const listed = execFileSync('tar', ['-tz'], { input: elementStandIn().bytes, encoding: 'utf8' }).trim().split('\n')
      expect(listed[0]).to.equal('element-v0.0.0-stand-in/')
      for (const [name, content] of Object.entries(elementFiles())) expect(readFileSync(path.join(dir, name.replace(/^[^/]+\//, '')), 'utf8'), name).to.equal(content)
      const page = readFileSync(path.join(dir, 'index.html'), 'utf8')
      for (const [, file = ''] of page.matchAll(/(?:src|href)="([^"]+)"/g)) expect(readFileSync(path.join(dir, file), 'utf8'), file).not.to.equal('')
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  it('survives gzip and tar at sizes around their blocks', () => {
    for (const size of [0, 1, 511, 512, 513, 65535, 65536, 200_000]) {
      expect(gunzipSync(gzipStored(Buffer.alloc(size, 7))).length).to.equal(size)
      expect(execFileSync('tar', ['-xO', '-f', '-'], { input: tar({ 'a/b': 'x'.repeat(size) }), maxBuffer: 1e6 }).length).to.equal(size)
    }
    expect(() => tar({ ['a'.repeat(101)]: '' })).to.throw(/longer than the 100 bytes/)
  })
})
