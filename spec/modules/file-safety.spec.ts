import { expect } from 'chai'
import { ReadError } from '../../lib/resource.ts'
import { writeFile } from '../../lib/resources/files/file-write.ts'
import { Content } from '../../lib/state/content.ts'
import type { FileDesired, FileKey } from '../../lib/resources/files/file.ts'
import { archive } from '../../modules/archive.ts'
import { blockInFile } from '../../modules/block-in-file.ts'
import { directory } from '../../modules/directory.ts'
import { download } from '../../modules/download.ts'
import { file } from '../../modules/file.ts'
import { generatedSecret } from '../../modules/generated-secret.ts'
import { lineInFile } from '../../modules/line-in-file.ts'
import { symlink } from '../../modules/symlink.ts'
import { refused, settle } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { changed, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'
import { bytesOf } from '../helpers/bytes-of.ts'

const d = '/srv/safety-spec'
const theirs = `${d}/theirs`

describe('files, where users may write too and where the disk is full', function () {
  this.timeout(180_000)
  let host: SpecHost
  before(async () => void (host = await labHost(fileHostName)))
  beforeEach(() => host.sh(`umount ${d}/full 2>/dev/null; rm -rf ${d}; mkdir -p ${d}; echo precious >${d}/precious; chmod 600 ${d}/precious; install -d -o nobody -g nogroup ${theirs}`))

  const asNobody = (script: string) => host.sh(`runuser -u nobody -- sh -c '${script}'`)
  const precious = () => host.sh(`stat -c '%a %U %i %Y %Z' ${d}/precious; cat ${d}/precious`)

  /** Runs what would be written of a state that was read, after it has become another one. */
  const writeLate = async (key: FileKey, desired: FileDesired): Promise<string> => {
    const { script, stdin } = writeFile(key, { type: desired.type, mode: '0700', owner: 'nobody', group: 'nogroup' }, desired)
    try {
      await host.sh(script.text, bytesOf(stdin))
      return ''
    } catch (error) {
      if (error instanceof Error) return error.message
      throw new ReadError(String(error))
    }
  }

  it('a link of a user to what is not his is followed by nobody, in check mode too', async () => {
    await host.sh(`mkdir ${d}/inner`)
    await asNobody(`cd ${theirs}; ln -s ${d}/precious f; ln -s ${d}/inner dir; ln -s ${d}/new dangling`)
    const before = await precious()
    for (const call of [
      file({ path: `${theirs}/f`, content: 'x' }), file({ path: `${theirs}/f`, owner: 'nobody' }), file({ path: `${theirs}/f`, mode: '0666', inPlace: true }),
      lineInFile({ path: `${theirs}/f`, line: 'x' }), blockInFile({ path: `${theirs}/f`, block: 'x' }),
      directory({ path: `${theirs}/dir`, owner: 'nobody' }), file({ path: `${theirs}/dir/f`, content: 'x' }), symlink({ path: `${theirs}/dir/l`, target: 'x' }),
    ]) {
      expect(errorOf(await host.check(call))).to.contain('is a symbolic link whose owner is neither')
      const error = await refused(host, call)
      expect(error).to.contain('is a symbolic link whose owner is neither').and.not.contain('precious\n')
    }
    expect(await refused(host, file({ path: `${theirs}/dangling`, content: 'x' }))).to.contain('is a symbolic link whose owner is neither')
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
    ]) expect(await refused(host, call)).to.contain('is a symbolic link whose owner is neither')
    expect(await host.sh(`find ${d}/inner -printf '%p %i %T@ %C@\\n'`)).to.equal(before)
  })

  it('a user\'s link is not followed further up in a path either, or behind a link of root', async () => {
    await host.sh(`mkdir -p ${d}/inner/sub; ln -s theirs/f ${d}/of-root; echo kept >${d}/inner/sub/f`)
    await asNobody(`cd ${theirs}; ln -s ${d}/precious f; ln -s ${d}/inner dir; ln -s ${d}/new app`)
    const state = `find ${d} ! -path ${theirs} -printf '%p %i %m %U %T@ %C@\\n' | sort; cat ${d}/precious`
    const before = await host.sh(state)
    for (const call of [
      file({ path: `${theirs}/dir/sub/f`, content: 'x', owner: 'nobody' }), file({ path: `${theirs}/dir/sub/deep/f`, content: 'x', parents: true }), file({ path: `${theirs}/dir/sub/f`, state: 'absent' }),
      file({ path: `${d}/of-root`, content: 'x' }), file({ path: `${d}/of-root`, mode: '0666' }), directory({ path: `${theirs}/dir/sub`, owner: 'nobody' }), directory({ path: `${theirs}/dir/new` }),
      generatedSecret({ path: `${theirs}/dir/sub/s` }), archive({ path: `${theirs}/app`, url: 'file:///nothing', sha256: '0'.repeat(64) }), archive({ path: `${theirs}/dir/app`, url: 'file:///nothing', sha256: '0'.repeat(64) }),
    ]) {
      expect(errorOf(await host.check(call))).to.contain('is a symbolic link whose owner is neither')
      expect(await refused(host, call)).to.contain('is a symbolic link whose owner is neither')
    }
    for (const path of [`${theirs}/dir/sub/f`, `${d}/of-root`]) expect(await writeLate({ path }, { type: 'file', content: Content.of('x') })).to.contain('symbolic link whose owner is neither')
    expect(await writeLate({ path: `${theirs}/dir/made/f`, parents: true }, { type: 'file', content: Content.of('x') })).to.contain('symbolic link whose owner is neither')
    expect(await host.sh(state)).to.equal(before)
  })

  it('what is written in place is what was there, opened once: no link that a user puts there leads root on', async () => {
    await asNobody(`echo old >${theirs}/f`)
    const before = await precious()
    const swap = ['sh', '-c', `runuser -u nobody -- ln -sfn ${d}/precious ${theirs}/f`, '%s']
    await host.run(file({ path: `${theirs}/f`, content: 'evil\n', inPlace: true, owner: 'nobody', mode: '0644', validate: swap }))
    expect(await precious()).to.equal(before)
    await settle(host, file({ path: `${theirs}/f`, content: 'new\n', inPlace: true, follow: false }))
    expect(await precious()).to.equal(before)
    expect(await host.sh(`stat -c %F ${theirs}/f; cat ${theirs}/f`)).to.equal('regular file\nnew\n')
  })

  it('what is written in place is readable for nobody who may not read it afterwards', async () => {
    await host.sh(`echo old >${d}/f; chmod 644 ${d}/f; printf '#!/bin/sh\\nstat -c %%a ${d}/f >>${d}/seen; exec /usr/bin/cat "$@"\\n' >/usr/local/bin/cat; chmod 755 /usr/local/bin/cat`)
    try {
      await host.apply(file({ path: `${d}/f`, content: 'secret', mode: '0600', inPlace: true }))
    } finally {
      await host.sh('rm /usr/local/bin/cat')
    }
    expect((await host.sh(`tail -n 1 ${d}/seen`)).trim()).to.equal('600')
  })

  it('a user who replaces a secret with links while it is created, or entries of a directory during recursion, cannot redirect root', async () => {
    const before = await precious()
    await asNobody(`mkdir ${theirs}/a; cd ${theirs}/a; seq 300 | xargs touch; echo x >precious; chmod 666 *`)
    await host.sh(`cat >${d}/storm <<'END'
end=$(($(date +%s) + 60)); cd ${theirs}; while [ -e go ] && [ $(date +%s) -lt $end ]; do
for f in s*.???????? .stead.????????; do if [ -e "$f" ]; then ln -sfn ${d}/precious "$f"; fi; done; mv a b; ln -sfn .. a; rm a; mv b a; done
END
chmod 755 ${d}/storm; : >${theirs}/go; runuser -u nobody -- sh ${d}/storm </dev/null >/dev/null 2>&1 &`)
    for (let count = 0; count < 4; count += 1) await host.run([generatedSecret({ path: `${theirs}/s${count}`, owner: 'nobody', length: 8000 })])
    for (let count = 0; count < 2; count += 1) await host.run(directory({ path: theirs, owner: 'nobody', mode: count % 2 ? 'go=rwX' : 'go=', recursive: true }))
    await host.sh(`rm -f ${theirs}/go; sleep 0.2`)
    expect(await precious()).to.equal(before)
    expect(await host.sh(`find ${theirs} -name '*.????????' -type f`)).to.equal('')
  })

  it('what is replaced goes last: a wrong checksum, a validator or a failure leaves what was there, replaceOther or not', async () => {
    await host.sh(`cd ${d}; mkdir full empty; echo kept >full/x; ln -s nowhere dangling; echo src >src`)
    for (const backup of [true, false]) for (const place of ['full', 'empty', 'dangling']) {
      const given = { path: `${d}/${place}`, replaceOther: true, backup }
      await refused(host, download({ ...given, url: `file://${d}/src`, sha256: '1'.repeat(64) }))
      await refused(host, file({ ...given, content: 'x', validate: ['false', '%s'] }))
    }
    expect(await host.sh(`cd ${d}; ls -A; cat full/x; readlink dangling`)).to.equal('dangling\nempty\nfull\nprecious\nsrc\ntheirs\nkept\nnowhere\n')
    for (const place of ['full', 'empty', 'dangling']) await settle(host, file({ path: `${d}/${place}`, content: 'x', replaceOther: true, backup: true }))
    expect(await host.sh(`cd ${d}; cat full.*~/x; cat full empty dangling`)).to.equal('kept\nxxx')
  })

  it('what somebody else wrote to a file between its reading and its edit is not lost', async () => {
    await host.sh(`echo a >${d}/f; chmod 644 ${d}/f`)
    const state = { type: 'file', mode: '0644', owner: 'root', group: 'root', content: Content.of('a\n') } as const
    const { script, stdin } = writeFile({ path: `${d}/f`, madeFrom: 'what is there' }, state, { type: 'file', content: Content.of('a\nb\n') })
    await host.sh(`echo other >>${d}/f`)
    expect((await host.trySh(script.text, bytesOf(stdin))).stderr).to.contain(`Somebody else has just changed ${d}/f`)
    expect(await host.sh(`cat ${d}/f; ls -A ${d}`)).to.equal('a\nother\nf\nprecious\ntheirs\n')
  })

  it('[fault 50] a new file gets the group of a setgid directory, missing directories above belong to root, and a new owner does not clear setuid', async () => {
    await host.sh(`cd ${d}; mkdir shared; chgrp nogroup shared; chmod 2775 shared; cp /bin/true suid; mkdir below; cp /bin/true below/suid; chmod 4755 suid below/suid`)
    const calls = [file({ path: `${d}/shared/f`, content: 'x' }), file({ path: `${d}/shared/empty` }), directory({ path: `${d}/shared/d/e` })]
    const named = [file({ path: `${d}/shared/f`, group: 'nogroup' }), file({ path: `${d}/shared/empty`, group: 'nogroup' }), directory({ path: `${d}/shared/d/e`, group: 'root', mode: '0755' })]
    await host.apply(calls)
    expect(changed(await host.apply(named))).to.deep.equal([])
    await settle(host, [file({ path: `${d}/suid`, owner: 'nobody' }), directory({ path: `${d}/below`, owner: 'nobody', recursive: true })])
    expect(await host.sh(`stat -c '%a %U' ${d}/suid ${d}/below/suid`)).to.equal('4755 nobody\n4755 nobody\n')
  })

  it('a link of root, or of the owner of what it leads to, is followed', async () => {
    await host.sh(`ln -s ${d}/precious ${theirs}/of-root`)
    await asNobody(`cd ${theirs}; echo old >own; ln -s own of-owner`)
    await settle(host, [file({ path: `${theirs}/of-root`, content: 'new\n' }), file({ path: `${theirs}/of-owner`, content: 'new\n', mode: '0600' })])
    expect(await host.sh(`cd ${theirs}; readlink of-root of-owner; cat ../precious own; stat -c '%a %U' own`)).to.equal(`${d}/precious\nown\nnew\nnew\n600 nobody\n`)
  })

  for (const noFollow of [false, true]) {
    it(`what a user exchanges between reading and writing is not touched${noFollow ? ', where links are not followed' : ''}`, async () => {
      await host.sh(`mkdir ${d}/inner; cp -p ${d}/precious ${d}/inner/f`)
      await asNobody(`cd ${theirs}; ln -s ${d}/precious f; ln -s ${d}/inner dir`)
      const before = await precious()
      const inner = await host.sh(`ls -la --time-style=full-iso ${d}/inner`)
      const owned = { owner: 'nobody', mode: '0644' } as const
      expect(await writeLate({ path: `${theirs}/f`, noFollow }, { type: 'file', ...owned })).to.match(/has just been replaced|symbolic link whose owner/)
      expect(await writeLate({ path: `${theirs}/dir`, noFollow }, { type: 'directory', ...owned })).to.match(/has just been replaced|symbolic link whose owner/)
      for (const desired of [{ type: 'file', ...owned }, { type: 'file', content: Content.of('x'), ...owned }] as const) {
        expect(await writeLate({ path: `${theirs}/dir/f`, noFollow }, desired)).to.contain('symbolic link whose owner is neither')
      }
      const error = await writeLate({ path: `${theirs}/f`, noFollow }, { type: 'file', content: Content.of('x'), ...owned })
      expect(error).to.match(noFollow ? /^$/ : /symbolic link whose owner is neither/)
      expect(await precious()).to.equal(before)
      expect(await host.sh(`ls -la --time-style=full-iso ${d}/inner`)).to.equal(inner)
    })
  }

  it('a user who replaces the new file with links while it is written cannot redirect root', async () => {
    const before = await precious()
    await host.sh(`cat >${d}/storm <<'END'
end=$(($(date +%s) + 60)); while [ -e ${theirs}/go ] && [ $(date +%s) -lt $end ]; do for f in ${theirs}/.stead.????????; do ln -sfn ${d}/precious "$f"; done; done
END
chmod 755 ${d}/storm; : >${theirs}/go; for i in 1 2; do runuser -u nobody -- sh ${d}/storm </dev/null >/dev/null 2>&1 & done`)
    for (let count = 0; count < 15; count += 1) await host.run(file({ path: `${theirs}/f`, content: `${count}`.repeat(100_000), owner: 'nobody', mode: '0666' }))
    await host.sh(`rm -f ${theirs}/go`)
    expect(await precious()).to.equal(before)
  })

  it('a full disk is an error in the system\'s words; the old file stays, without temporary files', async () => {
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

  it('does not overwrite a file next to it', async () => {
    await host.sh(`cd ${d}; echo mine >l.stead-new; mkdir dir.stead-new; echo mine >dir.stead-new/kept`)
    await settle(host, [symlink({ path: `${d}/l`, target: 'x' }), symlink({ path: `${d}/dir`, target: 'y' })])
    expect(await host.sh(`cd ${d}; readlink l dir; cat l.stead-new dir.stead-new/kept; ls -A`)).to.equal('x\ny\nmine\nmine\ndir\ndir.stead-new\nl\nl.stead-new\nprecious\ntheirs\n')
    const long = 'x'.repeat(255)
    await settle(host, [symlink({ path: `${d}/${long}`, target: 'x' }), file({ path: `${theirs}/${long}`, content: 'x' })])
  })
})
