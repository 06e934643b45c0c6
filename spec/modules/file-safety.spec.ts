import { expect } from 'chai'
import { ReadError } from '../../lib/index.ts'
import { writeFile } from '../../lib/resources/file-write.ts'
import { Content } from '../../lib/state/content.ts'
import type { FileDesired, FileKey } from '../../lib/index.ts'
import { blockInFile } from '../../modules/block-in-file.ts'
import { directory } from '../../modules/directory.ts'
import { file } from '../../modules/file.ts'
import { lineInFile } from '../../modules/line-in-file.ts'
import { symlink } from '../../modules/symlink.ts'
import { refused, settle } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const d = '/srv/safety-spec'
const theirs = `${d}/theirs`

describe('files, where users may write too and where the disk is full', function () {
  this.timeout(60_000)
  let host: SpecHost
  before(async () => void (host = await labHost(fileHostName)))
  beforeEach(() => host.sh(`umount ${d}/full 2>/dev/null; rm -rf ${d}; mkdir -p ${d}; echo precious >${d}/precious; chmod 600 ${d}/precious; install -d -o nobody -g nogroup ${theirs}`))

  const asNobody = (script: string) => host.sh(`runuser -u nobody -- sh -c '${script}'`)
  const precious = () => host.sh(`stat -c '%a %U %i %Y %Z' ${d}/precious; cat ${d}/precious`)

  it('a link of a user to what is not his is followed by nobody, in check mode too', async () => {
    await host.sh(`mkdir ${d}/inner`)
    await asNobody(`cd ${theirs}; ln -s ${d}/precious f; ln -s ${d}/inner dir; ln -s ${d}/new dangling`)
    const before = await precious()
    for (const call of [
      file({ path: `${theirs}/f`, content: 'x' }), file({ path: `${theirs}/f`, owner: 'nobody' }), file({ path: `${theirs}/f`, mode: '0666', inPlace: true }),
      lineInFile({ path: `${theirs}/f`, line: 'x' }), blockInFile({ path: `${theirs}/f`, block: 'x' }),
      directory({ path: `${theirs}/dir`, owner: 'nobody' }), file({ path: `${theirs}/dir/f`, content: 'x' }), symlink({ path: `${theirs}/dir/l`, target: 'x' }),
    ]) {
      expect(errorOf(await host.check(call))).to.contain('is a symbolic link of somebody')
      const error = await refused(host, call)
      expect(error).to.contain('is a symbolic link of somebody').and.not.contain('precious\n')
    }
    expect(await refused(host, file({ path: `${theirs}/dangling`, content: 'x' }))).to.contain('leads nowhere')
    expect(await precious()).to.equal(before)
    expect(await host.sh(`ls -A ${d}/inner; ls -d ${d}/new 2>/dev/null || stat -c %U ${d}/inner`)).to.equal('root\n')
  })

  it('nothing is removed, made or moved aside in a directory to which a link of a user leads', async () => {
    await host.sh(`mkdir -p ${d}/inner/full; echo kept >${d}/inner/f`)
    await asNobody(`ln -s ${d}/inner ${theirs}/dir`)
    const before = await host.sh(`find ${d}/inner -printf '%p %i %T@ %C@\\n'`)
    for (const call of [
      file({ path: `${theirs}/dir/f`, state: 'absent' }), file({ path: `${theirs}/dir/f`, state: 'absent', backup: true }), symlink({ path: `${theirs}/dir/f`, state: 'absent' }),
      directory({ path: `${theirs}/dir/full`, state: 'absent', recursive: true }), symlink({ path: `${theirs}/dir/f`, target: 'x', replaceOther: true }),
      file({ path: `${theirs}/dir/new` }), directory({ path: `${theirs}/dir/new` }),
    ]) expect(await refused(host, call)).to.contain('is a symbolic link of somebody')
    expect(await host.sh(`find ${d}/inner -printf '%p %i %T@ %C@\\n'`)).to.equal(before)
  })

  it('a link of root, or of the owner of what it leads to, is followed', async () => {
    await host.sh(`ln -s ${d}/precious ${theirs}/of-root`)
    await asNobody(`cd ${theirs}; echo old >own; ln -s own of-owner`)
    await settle(host, [file({ path: `${theirs}/of-root`, content: 'new\n' }), file({ path: `${theirs}/of-owner`, content: 'new\n', mode: '0600' })])
    expect(await host.sh(`cd ${theirs}; readlink of-root of-owner; cat ../precious own; stat -c '%a %U' own`)).to.equal(`${d}/precious\nown\nnew\nnew\n600 nobody\n`)
  })

  /** Runs what would be written of a state that was read, after it has become another one. */
  const writeLate = async (key: FileKey, desired: FileDesired): Promise<string> => {
    const { script, stdin } = writeFile(key, { type: desired.type, mode: '0700', owner: 'nobody', group: 'nogroup' }, desired)
    try {
      await host.sh(script.text, stdin)
      return ''
    } catch (error) {
      if (error instanceof Error) return error.message
      throw new ReadError(String(error))
    }
  }

  for (const noFollow of [false, true]) {
    it(`what a user exchanges between reading and writing is not touched${noFollow ? ', where links are not followed' : ''}`, async () => {
      await host.sh(`mkdir ${d}/inner; cp -p ${d}/precious ${d}/inner/f`)
      await asNobody(`cd ${theirs}; ln -s ${d}/precious f; ln -s ${d}/inner dir`)
      const before = await precious()
      const inner = await host.sh(`ls -la --time-style=full-iso ${d}/inner`)
      const owned = { owner: 'nobody', mode: '0644' } as const
      expect(await writeLate({ path: `${theirs}/f`, noFollow }, { type: 'file', ...owned })).to.match(/exchanged|symbolic link of somebody/)
      expect(await writeLate({ path: `${theirs}/dir`, noFollow }, { type: 'directory', ...owned })).to.match(/exchanged|symbolic link of somebody/)
      for (const desired of [{ type: 'file', ...owned }, { type: 'file', content: Content.of('x'), ...owned }] as const) {
        expect(await writeLate({ path: `${theirs}/dir/f`, noFollow }, desired)).to.contain('symbolic link of somebody')
      }
      const error = await writeLate({ path: `${theirs}/f`, noFollow }, { type: 'file', content: Content.of('x'), ...owned })
      expect(error).to.match(noFollow ? /^$/ : /symbolic link of somebody/)
      expect(await precious()).to.equal(before)
      expect(await host.sh(`ls -la --time-style=full-iso ${d}/inner`)).to.equal(inner)
    })
  }

  it('a user who puts links in the place of the new file while it is written leads root nowhere', async () => {
    const before = await precious()
    await host.sh(`cat >${d}/storm <<'END'
end=$(($(date +%s) + 60)); while [ -e ${theirs}/go ] && [ $(date +%s) -lt $end ]; do for f in ${theirs}/.stead.????????; do ln -sfn ${d}/precious "$f"; done; done
END
chmod 755 ${d}/storm; : >${theirs}/go; for i in 1 2; do runuser -u nobody -- sh ${d}/storm </dev/null >/dev/null 2>&1 & done`)
    for (let count = 0; count < 15; count += 1) await host.run(file({ path: `${theirs}/f`, content: `${count}`.repeat(100_000), owner: 'nobody', mode: '0666' }))
    await host.sh(`rm -f ${theirs}/go`)
    expect(await precious()).to.equal(before)
  })

  it('a full disk is an error in the system\'s words; the old file stays, nothing stays beside it', async () => {
    await host.sh(`mkdir ${d}/full; mount -t tmpfs -o size=1m,mode=755 tmpfs ${d}/full; head -c 300000 /dev/urandom >${d}/full/f; cp -p ${d}/full/f ${d}/copy; mkdir ${d}/full/dir`)
    const content = new Uint8Array(2_000_000).fill(7)
    // Fits beside the old one, but not when both have grown.
    const half = new Uint8Array(600_000).fill(7)
    for (const call of [file({ path: `${d}/full/f`, content }), file({ path: `${d}/full/g`, content }), file({ path: `${d}/full/f`, content, inPlace: true }), file({ path: `${d}/full/f`, content: half, inPlace: true })]) {
      expect(await refused(host, call)).to.contain('No space left on device')
      expect(await host.sh(`cd ${d}/full; cmp f ../copy; ls -A`)).to.equal('dir\nf\n')
    }
    await settle(host, file({ path: `${d}/full/f`, content: 'small', inPlace: true }))
    await settle(host, file({ path: `${d}/full/f`, content: half.subarray(0, 400_000), inPlace: true }))
    expect(await host.sh(`cd ${d}/full; stat -c %s f; ls -A`)).to.equal('400000\ndir\nf\n')
  })

  it('takes the place of nothing that stands beside it', async () => {
    await host.sh(`cd ${d}; echo mine >l.stead-new; mkdir dir.stead-new; echo mine >dir.stead-new/kept`)
    await settle(host, [symlink({ path: `${d}/l`, target: 'x' }), symlink({ path: `${d}/dir`, target: 'y' })])
    expect(await host.sh(`cd ${d}; readlink l dir; cat l.stead-new dir.stead-new/kept; ls -A`)).to.equal('x\ny\nmine\nmine\ndir\ndir.stead-new\nl\nl.stead-new\nprecious\ntheirs\n')
    const long = 'x'.repeat(255)
    await settle(host, [symlink({ path: `${d}/${long}`, target: 'x' }), file({ path: `${theirs}/${long}`, content: 'x' })])
  })
})
