import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { readFiles } from '../../../../lib/resources/files/file-read.ts'
import { fetchTo, NEW, own, same, withPath, writeFile, wrongType } from '../../../../lib/resources/files/file-write.ts'
import type { FileDesired, FileKey } from '../../../../lib/resources/files/file.ts'
import { read } from '../../../../lib/shell/script.ts'
import { Content } from '../../../../lib/state/content.ts'
import { bytesOf } from '../../../helpers/bytes-of.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

/** A shell as a host has it, with a /var/lib of its own: what is noted down there is the machine's affair. */
const shell = (text: string, input?: Uint8Array) => spawnSync('unshare', [process.getuid?.() === 0 ? '-m' : '-rm', 'sh', '-c', 'mount -t tmpfs tmpfs /var/lib && exec sh -c "$1"', 'sh', text], { input, encoding: 'utf8' })

/** Reads and writes on this machine, by a shell as a host has it; gives what it complained of. */
function write(key: FileKey, desired: FileDesired | null): string {
  const reading = readFiles([key])
  const [current = null] = reading.parse({ stdout: Buffer.from(shell(reading.script.text).stdout), stderr: '', exitCode: 0 })
  if (current instanceof Error) throw current
  const writing = writeFile(key, current, desired)
  const { status, stderr } = shell(writing.script.text, bytesOf(writing.stdin))
  return status === 0 ? '' : stderr
}

const file = (text: string): FileDesired => ({ type: 'file', mode: '0600', content: Content.of(text) })

describe('writing files', function () {
  this.timeout(180_000)

  it('[copy 11, block 14] any name and any bytes are written exactly, and nothing else is left (property)', async () => {
    const name = fc.string({ unit: fc.constantFrom(...'ab .-\\\n\t\'"$`*?~é%;|&=(){}#!'), minLength: 1, maxLength: 9 }).filter(text => !/^\.{1,2}$/.test(text))
    await fc.assert(fc.asyncProperty(name, fc.uint8Array({ maxLength: 60 }), (text, bytes) => inTemporaryDirectory(async directory => {
      const place = `${directory}/${text}`
      expect(write({ path: place, content: 'always' }, { type: 'file', mode: '0640', content: Content.of(bytes) })).to.equal('')
      expect(readFileSync(place).equals(bytes)).to.equal(true)
      expect([readdirSync(directory), (statSync(place).mode & 0o7777).toString(8)]).to.deep.equal([[text], '640'])
      expect(write({ path: place }, null)).to.equal('')
      expect(readdirSync(directory)).to.deep.equal([])
    })), { numRuns: 25 })
  })

  it('[copy 16] after a validator refuses, the old bytes are kept and no other file is left', () => inTemporaryDirectory(async directory => {
    const place = path.join(directory, 'conf')
    writeFileSync(place, 'good\n')
    const validate = ['sh', '-c', 'grep "^good" -- "$1" || { echo "not good" >&2; exit 1; }', 'sh', '%s']
    expect(write({ path: place, content: 'always', validate }, file('bad\n'))).to.equal('not good\n')
    expect([readFileSync(place, 'utf8'), readdirSync(directory)]).to.deep.equal(['good\n', ['conf']])
    expect(write({ path: place, content: 'always', validate }, file('good too\n'))).to.equal('')
    expect(readFileSync(place, 'utf8')).to.equal('good too\n')
  }))

  it('[copy 2] writes through a link, or replaces it if requested', () => inTemporaryDirectory(async directory => {
    const [target, link] = [path.join(directory, 'target'), path.join(directory, 'link')]
    writeFileSync(target, 'old')
    symlinkSync('target', link)
    write({ path: link, content: 'always' }, file('through'))
    expect([readFileSync(target, 'utf8'), readlinkSync(link)]).to.deep.equal(['through', 'target'])
    write({ path: link, content: 'always', noFollow: true }, file('instead'))
    expect([readFileSync(target, 'utf8'), lstatSync(link).isFile(), readFileSync(link, 'utf8')]).to.deep.equal(['through', true, 'instead'])
  }))

  it('[file 5] a non-empty directory is never replaced, even with replaceOther', () => inTemporaryDirectory(async directory => {
    mkdirSync(path.join(directory, 'x', 'y'), { recursive: true })
    expect(write({ path: path.join(directory, 'x') }, file('a'))).to.contain('is a directory but should be a file')
    expect(write({ path: path.join(directory, 'x'), replaceOther: true, content: 'always' }, file('a'))).to.contain('not empty')
    expect(existsSync(path.join(directory, 'x', 'y'))).to.equal(true)
  }))

  it('says what is in the way, and where a link leads', () => {
    expect(wrongType('/x', { type: 'link', target: '/nowhere', dangling: true }, 'directory')).to.equal('/x is a broken symbolic link (to /nowhere) but should be a directory: move it away first.')
    expect(wrongType('/x', { type: 'other' }, 'link')).to.contain('neither a file nor a directory but should be a symbolic link')
  })

  it('[archive 1] a download with another checksum never gets to its path', () => inTemporaryDirectory(async directory => {
    const [from, place] = [path.join(directory, 'from'), path.join(directory, 'x')]
    writeFileSync(from, 'fetched')
    const get = (sha256: string) => write({ path: place, source: { url: `file://${from}` } }, { type: 'file', content: Content.known(sha256, -1) })
    expect(get('0'.repeat(64))).to.match(/^The checksum of file:.* is [0-9a-f]{64} but should be 0{64}\. Nothing was changed/)
    expect(readdirSync(directory)).to.deep.equal(['from'])
    expect(get(Content.of('fetched').sha256)).to.equal('')
    expect(readFileSync(place, 'utf8')).to.equal('fetched')
  }))

  it('gives up if what was opened is no longer what is at the path', () => inTemporaryDirectory(async directory => {
    const run = (meanwhile: string) => shell(`cd ${directory}; echo one >a; b=./a; t=/etc/a; exec 8>>a; ${meanwhile}; ${same(NEW).text}; echo goes on`)
    expect(run(':').stdout).to.equal('goes on\n')
    for (const meanwhile of ['mv a b; echo two >a', 'mv a b; ln -s b a', 'rm a']) {
      const { stdout, stderr, status } = run(meanwhile)
      expect([stdout, status, stderr.includes('/etc/a has just been replaced')], meanwhile).to.deep.equal(['', 1, true])
    }
  }))

  it('[fault 50] anything new belongs to its writer and the writer\'s group; in a setgid directory, to the directory\'s group', () => inTemporaryDirectory(async directory => {
    for (const [mode, group] of [['0755', '0'], ['2755', '1']] as const) {
      const { stdout } = shell(`cd ${directory}; chgrp 1 .; chmod ${mode} .; echo >f; ${own(read`f`).text}; stat -c %u:%g f; rm f`)
      expect(stdout, mode).to.equal(`0:${group}\n`)
    }
  }))

  it('replaces %s in words with a path, whatever they contain (property)', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab %s\\\n\t\'"$`*?~é;|&#!'.split(''), '%s'), maxLength: 9 })
    fc.assert(fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), text, (words, given) => {
      const { stdout } = spawnSync('sh', ['-c', `f=$1; ${withPath(words, read`"$f"`).text}; printf '%s\\0' "$@"`, 'sh', given], { encoding: 'utf8' })
      expect(stdout.split('\0').slice(0, -1)).to.deep.equal(words.map(word => word.replaceAll('%s', () => given)))
    }), { numRuns: 50 })
  })

  it('says which package is missing without curl', () => {
    const { status, stderr } = spawnSync('/bin/sh', ['-c', fetchTo({ url: 'https://example.org/' }, read`/dev/null`).text], { encoding: 'utf8', env: { PATH: '/nonexistent' } })
    expect([status, stderr]).to.deep.equal([69, 'curl is not installed on this host: install the package curl (apt).\n'])
  })
})
