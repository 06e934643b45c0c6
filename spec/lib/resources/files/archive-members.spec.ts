import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { tar } from '../../../../lab/tar.ts'
import { listMembers, unpackMembers } from '../../../../lib/resources/files/archive-members.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

type Selection = Parameters<typeof unpackMembers>[0]

/** Lists and unpacks an archive as the writing script does; gives the files of it, or why it was refused. */
function unpack(directory: string, archive: Buffer, selection: Selection = {}): { files: string[] } | { refused: string } {
  writeFileSync(path.join(directory, 'archive'), archive)
  mkdirSync(path.join(directory, 'tree'))
  const { status, stderr } = spawnSync('sh', ['-c', `set -e; w=$1\n${listMembers(selection.strip ?? 0).text}\n${unpackMembers(selection).text}`, 'sh', directory], { encoding: 'utf8' })
  if (status !== 0) return { refused: stderr }
  const found = execFileSync('find', [path.join(directory, 'tree'), '!', '-type', 'd', '-printf', '%P\\0'], { encoding: 'utf8' })
  return { files: found.split('\0').slice(0, -1).sort() }
}

/** What GNU tar packs of a directory that a script made. */
function packed(directory: string, script: string): Buffer {
  const work = path.join(directory, 'in')
  mkdirSync(work)
  execFileSync('sh', ['-c', `umask 022; ${script}`], { cwd: work, stdio: 'pipe' })
  return execFileSync('tar', ['-C', work, '-c', '.'])
}

describe('members of archives', function () {
  this.timeout(180_000)

  it('[archive 5] with any names, either all are below the destination or nothing is unpacked (property)', async () => {
    const part = fc.constantFrom('a', 'b', '.', '..', '...', '-n', 'ü $(id)`', 'say "hi"', 'back\\slash', "it's", 'new\nline')
    const name = fc.tuple(fc.constantFrom('', '', '', '/'), fc.array(part, { maxLength: 4 })).map(([root, parts]) => root + [...parts, ''].join('/'))
    await fc.assert(fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 4 }), names => inTemporaryDirectory(async directory => {
      const members = names.map((each, index) => `${each}file${index}`)
      const found = unpack(directory, tar(Object.fromEntries(members.map(member => [member, 'x']))))
      const leaves = members.filter(member => member.startsWith('/') || member.split('/').includes('..'))
      if (leaves.length > 0) {
        expect(found).to.have.property('refused').that.includes('nothing was unpacked').and.includes('is outside of the destination')
        expect(readdirSync(path.join(directory, 'tree'))).to.deep.equal([])
      } else expect(found).to.deep.equal({ files: members.map(member => path.normalize(member)).sort() })
    })), { numRuns: 40 })
  })

  it('[archive 9] a link may point to other members, and nowhere else', () => inTemporaryDirectory(async directory => {
    expect(unpack(directory, packed(directory, 'mkdir a; echo >a/b; ln -s a/b link; ln -s ../a/b a/up; ln a/b hard'))).to.deep.equal({ files: ['a/b', 'a/up', 'hard', 'link'] })
  }))

  for (const [what, script] of Object.entries({ 'to an absolute path': 'ln -s /etc out', 'above itself': 'mkdir a; ln -s ../.. a/out', 'by another link': 'mkdir -p x/y; ln -s .. x/y/up; ln -s y/up/../.. x/out' })) {
    it(`[archive 5] a link that points outside is refused: ${what}`, () => inTemporaryDirectory(async directory => {
      expect(unpack(directory, packed(directory, script))).to.have.property('refused').that.matches(/points? outside/).and.includes('out')
    }))
  }

  it('of what is a pipe, nothing is unpacked', () => inTemporaryDirectory(async directory => {
    expect(unpack(directory, packed(directory, 'mkfifo pipe; echo >file'))).to.have.property('refused').that.includes('./pipe is a device or a pipe')
  }))

  it('[archive 11] are selected by patterns and stripped of leading parts; if none is left, that is an error', async () => {
    const archive = tar({ 'top/a.js': '1', 'top/b.map': '2', 'top/deep/c.js': '3' })
    const chosen = (selection: Selection) => inTemporaryDirectory(async directory => unpack(directory, archive, selection))
    expect(await chosen({ strip: 1 })).to.deep.equal({ files: ['a.js', 'b.map', 'deep/c.js'] })
    expect(await chosen({ include: ['*.js'] })).to.deep.equal({ files: ['top/a.js', 'top/deep/c.js'] })
    expect(await chosen({ exclude: ['*.js'], strip: 1 })).to.deep.equal({ files: ['b.map'] })
    expect(await chosen({ strip: 9 })).to.have.property('refused').that.includes('left to unpack')
  })

  it('[archive 11] an empty file, a damaged archive and a web page are recognised', () => Promise.all(([['', '0 bytes'], ['<html>not found', 'starts with: <html>not found']] as const)
    .map(([text, words]) => inTemporaryDirectory(async directory => expect(unpack(directory, Buffer.from(text))).to.have.property('refused').that.includes(words)))))
})
