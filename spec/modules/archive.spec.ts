import { expect } from 'chai'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { archive } from '../../modules/archive.ts'
import { apt } from '../../modules/apt.ts'
import { refused, settle } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, diffs, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = fileHostName
const d = '/srv/archive-spec'
const target = `${d}/app`
type Arguments = Omit<Parameters<typeof archive>[0], 'path'>

/** Makes archives of a small tree on the host, so that they are what its own tools make. */
const make = `rm -rf ${d}; mkdir -p ${d}/in/top/bin '${d}/in/top/ü $(x)&'; cd ${d}/in
echo one >top/one; echo run >top/bin/run; chmod 4755 top/bin/run; ln -s bin/run top/link; ln top/one top/hard; echo odd >'top/ü $(x)&/à (copy)!@#%^&-.jpg'
tar -cf ../a.tar top; gzip -k ../a.tar; xz -k ../a.tar; bzip2 -k ../a.tar; zstd -q -k ../a.tar; zip -qry ../a.zip top
echo two >top/one; tar -czf ../b.tar.gz top; echo one >top/one
: >../empty.tar.gz; echo '<html>not found</html>' >../html.tar.gz; head -c 200 ../a.tar.gz >../cut.tar.gz
mkdir -p ../evil; cd ../evil; echo evil >evil
tar -P --transform 's,evil,top/../../evil,' -cf ../up.tar evil; tar -P --transform 's,evil,/srv/evil,' -cf ../absolute.tar evil
ln -s /etc out; tar -cf ../link.tar out; ln -sfn ../../etc out; mkdir deep; mv out deep/out; tar -cf ../relative.tar deep
mkdir -p chain/a; ln -s ../.. chain/a/up2 2>/dev/null; rm -rf deep; mkdir -p x/y; ln -s .. x/y/up; ln -s y/up/../.. x/out; tar -cf ../chain.tar x
ln -sfn /srv out; tar -P --transform 's,^evil$,out/evil,S' -cf ../through.tar out evil; ln evil hard; tar -P --transform 's,^evil$,/etc/passwd,RS' -cf ../hard.tar evil hard
mkdir -p n; mkfifo n/pipe; tar -cf ../pipe.tar n; (mkdir -p q; cd q; zip -q ../../up.zip ../evil)`

describe('archive', function () {
  this.timeout(240_000)
  let host: SpecHost
  let local: string
  const sums = new Map<string, string>()
  before(async () => {
    local = mkdtempSync(path.join(tmpdir(), 'files-archive-'))
    host = await labHost(name)
    await host.apply(apt({ packages: ['curl', 'unzip', 'zip', 'xz-utils', 'bzip2', 'zstd'] }))
    await host.sh(make)
    for (const line of (await host.sh(`cd ${d} && sha256sum *.*`)).trim().split('\n')) sums.set(line.slice(66), line.slice(0, 64))
  })
  beforeEach(() => host.sh(`rm -rf ${target}`))
  after(() => rmSync(local, { recursive: true, force: true }))

  const of = (file: string, given: Arguments = {}) => archive({ path: target, url: `file://${d}/${file}`, sha256: sums.get(file), ...given })
  const tree = () => host.sh(`cd ${target} && find . -mindepth 1 ! -name '.stead-archive*' -printf '%P\\n' | sort`)
  const kept = { strip: 1, keep: ['own'] }
  const whole = "bin\nbin/run\nhard\nlink\none\nü $(x)&\nü $(x)&/à (copy)!@#%^&-.jpg\n"

  fourRounds({
    host: name, name: '[archive 7] an archive from a URL', task: () => archive({ path: `${d}/four`, url: `file://${d}/a.tar.gz`, sha256: sums.get('a.tar.gz'), strip: 1, owner: 'nobody', group: 'nogroup' }),
    drift: `rm ${d}/four/one; chmod 700 ${d}/four/bin`, repaired: ['not as unpacked: bin (changed), hard (changed), one (gone) → (none)'],
    proof: `find ${d} -printf '%p %i %T@ %C@\\n'`, holds: `cd ${d}/four; find . -printf '%P %m %u %l\\n' | sort; cat one`,
  })

  for (const file of ['a.tar', 'a.tar.gz', 'a.tar.xz', 'a.tar.bz2', 'a.tar.zst', 'a.zip']) {
    it(`[archive 10] unpacks ${file}, whatever its members are called, without setuid`, async () => {
      await settle(host, of(file, { strip: 1 }))
      expect(await tree()).to.equal(whole)
      expect(await host.sh(`cd ${target}; readlink link; cat one link; stat -c '%a %U' bin/run .`)).to.equal('bin/run\none\nrun\n755 root\n755 root\n')
    })
  }

  it('[archive 10] sets owner and mode of everything, including the top', async () => {
    await settle(host, of('a.tar', { owner: 'nobody', group: 'nogroup', mode: 'u=rwX,go=' }))
    expect(await host.sh(`find ${target} ! -type l ! -name '.stead-archive*' -printf '%m %u %g\\n' | sort | uniq -c | tr -s ' '`)).to.equal(' 3 600 nobody nogroup\n 5 700 nobody nogroup\n')
  })

  it('pushes an archive from the controller', async () => {
    writeFileSync(path.join(local, '日本.tar.gz'), host.bytesOf(`${d}/a.tar.gz`))
    await settle(host, archive({ path: target, source: path.join(local, '日本.tar.gz'), strip: 1 }))
    expect(await tree()).to.equal(whole)
    const wrong = archive({ path: target, source: path.join(local, '日本.tar.gz'), sha256: '0'.repeat(64) })
    expect(errorOf(await host.check(wrong))).to.contain('should be 0000')
  })

  it('[archive 11] unpacks what include names and skips what exclude names; another selection is a change', async () => {
    for (const file of ['a.tar.gz', 'a.zip']) {
      await settle(host, of(file, { strip: 1, include: ['top/b*'] }))
      expect(await tree()).to.equal('bin\nbin/run\n')
      await settle(host, of(file, { strip: 1, exclude: ['top/bin*', '*.jpg'] }))
      expect(await tree()).to.contain('one').and.not.contain('run').and.not.contain('.jpg')
    }
    expect(of('a.tar', { include: ['a'], exclude: ['b'] }).issues[0]?.message).to.contain('together')
  })

  it('[archive 11] does nothing if `creates` exists', async () => {
    expect(changed(await host.apply(of('a.tar', { creates: '/etc/passwd' })))).to.deep.equal([])
  })

  it('[archive 6, archive 7, archive 9] what was edited at the same size and time, added, or linked elsewhere is repaired', async () => {
    await host.apply(of('a.tar', { strip: 1 }))
    for (const drift of ['touch -r one /tmp/t; echo xyz >one; touch -r /tmp/t one', 'echo more >added', 'ln -sfn one link', 'chown nobody bin']) {
      await host.sh(`cd ${target}; ${drift}`)
      expect(changed(await host.check(of('a.tar', { strip: 1 })))).to.deep.equal([`archive[${target}]`])
      await settle(host, of('a.tar', { strip: 1 }))
      expect(await host.sh(`cd ${target}; cat one; readlink link; ls added 2>/dev/null; stat -c %U bin`)).to.equal('one\nbin/run\nroot\n')
    }
    await settle(host, of('b.tar.gz', { strip: 1 }))
    expect(await host.sh(`cat ${target}/one`)).to.equal('two\n')
  })

  it('[fault 17, archive 6] a check lists by name what it would delete and what drifted, as the run then does', async () => {
    await host.apply(of('a.tar', { strip: 1 }))
    await host.sh(`cd ${target}; mkdir sub; echo mine >'sub/my notes'; touch "$(printf 'a\\nb')" -- -x; rm one; echo more >>hard; chmod 700 .`)
    const shown = 'not from the archive: -x, "a\\nb", sub, sub/my notes → (none)\nnot as unpacked: . (changed), hard (changed), one (gone) → (none)'
    for (const file of ['a.tar', 'b.tar.gz']) expect(diffs(await host.check(of(file, { strip: 1 }))), file).to.contain(shown)
    expect(diffs(await host.apply(of('a.tar', { strip: 1 })))).to.contain(shown)
    await host.sh(`cd ${target}; rm .stead-archive; touch $(seq -f more-%g 100)`)
    expect(diffs(await host.check(of('a.tar', { strip: 1, replaceOther: true })))).to.match(/not from the archive: bin, bin\/run, .*, and \d+ more → \(none\)/)
    await settle(host, of('a.tar', { strip: 1, replaceOther: true }))
    // What an earlier version unpacked has no list.
    await host.sh(`cd ${target}; rm .stead-archive-list; touch added`)
    expect(diffs(await host.check(of('a.tar', { strip: 1 })))).to.contain('not as unpacked: something; the list of names is missing')
    await settle(host, of('a.tar', { strip: 1 }))
  })

  it('keeps what keep names, and takes over nothing that it did not create', async () => {
    await host.apply(of('a.tar', { strip: 1, keep: ['own'] }))
    await host.sh(`mkdir ${target}/own; echo mine >${target}/own/f`)
    expect(changed(await host.apply(of('a.tar', { strip: 1, keep: ['own'] })))).to.deep.equal([])
    await settle(host, of('b.tar.gz', { strip: 1, keep: ['own'] }))
    expect(await host.sh(`cat ${target}/own/f ${target}/one`)).to.equal('mine\ntwo\n')
    await host.sh(`rm ${target}/.stead-archive`)
    expect(errorOf(await host.check(of('a.tar')))).to.contain('contains something that is not from an archive')
    await settle(host, of('a.tar', { strip: 1, replaceOther: true }))
    expect(await tree()).to.equal(whole)
  })

  it('[fault 39, archive 7] a kept name that points elsewhere, or that is in the archive too, is refused; nothing that was there is lost', async () => {
    for (const name of ['..', '.', '', 'a/b', '/etc', '*', '.stead-archive', 'a\n']) expect(of('a.tar', { keep: [name, 'mine'] }).issues, name).not.to.deep.equal([])
    await host.apply(of('a.tar', kept))
    await host.sh(`echo mine >${target}/own; echo mine >${target}/added`)
    expect(await refused(host, of('b.tar.gz', { strip: 1, keep: ['own', 'bin'] }))).to.contain('The archive contains bin, which is also in keep')
    expect(await host.sh(`cat ${target}/own ${target}/added ${target}/one; ls -d ${target}*`)).to.equal(`mine\nmine\none\n${target}\n`)
    await settle(host, of('b.tar.gz', { strip: 1, keep: ['own', 'bin'], exclude: ['top/bin*'] }))
    expect(await host.sh(`cat ${target}/own ${target}/one ${target}/bin/run`)).to.equal('mine\ntwo\nrun\n')
  })

  it('[fault 39] if anything fails after the old directory was moved away, it is restored', async () => {
    await host.apply(of('a.tar', kept))
    await host.sh(`echo mine >${target}/own`)
    for (const failing of [`*old/own*`, `*tree*${target}`]) {
      await host.sh(`printf '#!/bin/sh\\ncase "$*" in %s) exit 1;; esac; exec /usr/bin/mv "$@"\\n' '${failing}' >/usr/local/bin/mv; chmod 755 /usr/local/bin/mv`)
      try {
        await refused(host, of('b.tar.gz', kept))
      } finally {
        await host.sh('rm /usr/local/bin/mv')
      }
      expect(await host.sh(`cat ${target}/own ${target}/one; ls -d ${target}*`)).to.equal(`mine\none\n${target}\n`)
    }
    expect(changed(await host.apply(of('a.tar', kept)))).to.deep.equal([])
  })

  it('[archive 9] goes through a link to a directory; a file in its place is an error', async () => {
    await host.sh(`mkdir -p ${d}/real; ln -s ${d}/real ${target}`)
    await settle(host, of('a.tar', { strip: 1 }))
    expect(await host.sh(`readlink ${target}; cat ${d}/real/one; rm ${target}; rm -r ${d}/real; echo x >${target}`)).to.equal(`${d}/real\none\n`)
    expect(await refused(host, of('a.tar'))).to.contain('is not a directory')
    expect(errorOf(await host.check(of('a.tar')))).to.contain('is not a directory')
    await host.sh(`rm ${target}; echo x >${d}/file; ln -s file ${target}`)
    expect(await refused(host, of('a.tar'))).to.contain('is not a directory')
    expect(await host.sh(`cat ${target}`)).to.equal('x\n')
  })

  it('[archive 10] accepts an owner by number; an owner that nothing creates is reported before anything is downloaded', async () => {
    await settle(host, of('a.tar', { strip: 1, owner: '4711' }))
    expect(await host.sh(`stat -c '%u %g' ${target} ${target}/one`)).to.equal('4711 0\n4711 0\n')
    await host.sh('useradd -u 4711 -M -N spec-late')
    expect(changed(await host.apply(of('a.tar', { strip: 1, owner: '4711' }))), 'once the account has a name').to.deep.equal([])
    await host.sh('userdel spec-late')
    for (const given of [{ owner: 'nobody-knows' }, { group: 'nobody-knows' }]) {
      expect(errorOf(await host.check(of('a.tar', given)))).to.contain('nobody-knows does not exist on this host')
      expect(await refused(host, of('a.tar', given))).to.contain('nobody-knows does not exist on this host')
    }
    expect(await tree()).to.equal(whole)
  })

  /** What a run leaves that is killed between the two renames: the old directory, the new one, and by name what was kept. */
  const kill = (script = ':') => host.sh(`w=${target}.stead-12345678; mkdir -p $w/.stead-kept $w/tree; mv ${target} $w/old; ${script}`)
  it('repairs what a run left that was killed while it swapped directories, including what is kept', async () => {
    for (const script of [':', ': >$w/.stead-kept/=own', ': >$w/.stead-kept/=own; mv $w/old/own $w/tree/own', `mkdir ${target}`]) {
      await host.sh(`rm -rf ${target}`)
      await host.apply(of('a.tar', kept))
      await host.sh(`echo mine >${target}/own`)
      await kill(script)
      await settle(host, of('b.tar.gz', kept))
      expect(await host.sh(`cat ${target}/own ${target}/one; ls -d ${target}*`)).to.equal(`mine\ntwo\n${target}\n`)
    }
  })

  it('[fault 66] leaves nothing of a run that was killed while it deleted the old directory', async () => {
    await host.apply(of('a.tar', kept))
    // The worst order: what shows whose directory it is goes first.
    await host.sh(`printf '%s\\n' '#!/bin/sh' 'for l; do :; done' 'case $l in *.stead-????????) [ ! -d "$l/tree" ] && [ -d "$l" ] || exec /bin/rm "$@"; /bin/rm -rf "$l/.stead-kept"; kill -KILL $PPID; exit 1;; esac' 'exec /bin/rm "$@"' >/usr/local/sbin/rm; chmod 755 /usr/local/sbin/rm`)
    try {
      expect((await host.run(of('b.tar.gz', kept))).status).to.equal('failed')
    } finally {
      await host.sh('/bin/rm /usr/local/sbin/rm')
    }
    await host.run(of('b.tar.gz', kept))
    expect(await host.sh(`cat ${target}/one; ls -d ${target}*`)).to.equal(`two\n${target}\n`)
  })
  it('loses nothing that is kept if the directory was created again after a run was killed', async () => {
    await host.apply(of('a.tar', kept))
    await host.sh(`echo mine >${target}/own; cp -a ${target} ${target}-copy; rm ${target}-copy/own`)
    await kill(`mv $w/old/own $w/tree/own; : >$w/.stead-kept/=own; mv ${target}-copy ${target}`)
    await settle(host, of('b.tar.gz', kept))
    expect(await host.sh(`cat ${target}/own ${target}/one; ls -d ${target}*; cp -a ${target} ${target}-copy`)).to.equal(`mine\ntwo\n${target}\n`)
    await kill(`mv ${target}-copy ${target}; echo another >${target}/own`)
    expect(await refused(host, of('a.tar', kept))).to.contain(`left ${target}.stead-12345678/old/own, but ${target}/own exists now`)
    expect(await host.sh(`cat ${target}.stead-12345678/old/own ${target}/own; rm -r ${target}.stead-12345678`)).to.equal('mine\nanother\n')
  })

  it('leaves what a user called alike', async () => {
    await host.sh(`mkdir ${target}.stead-20260101; echo kept >${target}.stead-20260101/f`)
    await settle(host, of('a.tar', { strip: 1 }))
    expect(await host.sh(`cat ${target}.stead-20260101/f; rm -r ${target}.stead-20260101`)).to.equal('kept\n')
  })

  it('touches nothing where something is mounted at the directory or below it, kept or not, and names the mount', async () => {
    for (const place of ['own', "it's a\\place"]) {
      await host.apply(of('a.tar', kept))
      await host.sh(`mkdir -p ${d}/volume "${target}/${place}"; echo precious >${d}/volume/f; mount --bind ${d}/volume "${target}/${place}"`)
      try {
        expect(await refused(host, of('b.tar.gz', kept))).to.contain(`while ${target}/${place} is a mount point`)
        expect(await host.sh(`cat ${d}/volume/f ${target}/one; ls -d ${target}*`)).to.equal(`precious\none\n${target}\n`)
      } finally {
        await host.sh(`umount "${target}/${place}"; rm -rf ${target}`)
      }
    }
  })

  it('loses nothing that a service writes to what is kept while the archive is swapped', async () => {
    await host.apply(of('a.tar', kept))
    await host.sh(`mkdir ${target}/own; (cd ${target}/own; exec 5>>log; for i in $(seq 300); do echo $i >&5; sleep 0.01; done; : >${d}/written) >/dev/null 2>&1 </dev/null 9>&- &`)
    await settle(host, of('b.tar.gz', kept))
    await host.sh(`for i in $(seq 100); do [ -e ${d}/written ] && break; sleep 0.1; done; rm ${d}/written`)
    expect(await host.sh(`wc -l <${target}/own/log`)).to.equal('300\n')
  })

  it('makes nothing writable for others that a zip says is', async () => {
    await host.sh(`cd ${d}; rm -rf open open.zip; mkdir open; echo x >open/f; chmod 777 open; chmod 666 open/f; zip -qr open.zip open`)
    for (const strip of [0, 1]) {
      await settle(host, of('open.zip', { strip, sha256: (await host.sh(`sha256sum <${d}/open.zip`)).slice(0, 64) }))
      expect(await host.sh(`find ${target} -perm /022 ! -type l`)).to.equal('')
    }
  })

  for (const [file, why] of [
    ['up.tar', 'top/../../evil is outside of the destination'], ['absolute.tar', '/srv/evil is outside'], ['up.zip', '../evil is outside'],
    ['link.tar', 'out is a link that points outside, to /etc'], ['relative.tar', 'deep/out is a link that points outside'], ['chain.tar', 'point outside'], ['pipe.tar', 'n/pipe is a device or a pipe'],
    ['through.tar', 'out is a link that points outside, to /srv'], ['hard.tar', 'hard is a hard link to /etc/passwd'],
  ] as const) {
    it(`[archive 5] [decided] refuses ${file} and writes nothing`, async () => {
      await host.apply(of('a.tar', { strip: 1 }))
      const state = `find ${d} /srv -maxdepth 2 ! -path '${d}' -printf '%p %i %T@\\n' | sort; find ${target} -printf '%p %i %T@\\n'`
      const before = await host.sh(state)
      const error = await refused(host, of(file))
      if (file === 'chain.tar') expect(error).to.match(/point/)
      else expect(error).to.contain(why)
      expect(await host.sh(state)).to.equal(before)
      expect(await host.sh('ls /srv/evil 2>/dev/null || :')).to.equal('')
    })
  }

  for (const [file, why] of [['empty.tar.gz', 'it has 0 bytes'], ['html.tar.gz', '<html>not found'], ['cut.tar.gz', 'damaged']] as const) {
    it(`[archive 11] refuses ${file} and leaves what was there`, async () => {
      await host.apply(of('a.tar', { strip: 1 }))
      expect(await refused(host, of(file))).to.contain(why)
      expect(await tree()).to.equal(whole)
      expect(await host.sh(`ls -d ${target}.stead-* 2>/dev/null || :`)).to.equal('')
    })
  }

  it('[archive 1] a wrong checksum leaves what was there, and no temporary files', async () => {
    await host.apply(of('a.tar', { strip: 1 }))
    expect(await refused(host, of('a.tar', { sha256: '1'.repeat(64) }))).to.match(/checksum of the archive is \w{64} but should be 1111/)
    expect(await tree()).to.equal(whole)
    expect(await host.sh(`ls -d ${target}.stead-* 2>/dev/null || :`)).to.equal('')
  })

  it('[archive 11] names the package of a tool that is missing', async () => {
    for (const [tool, file, pack] of [['unzip', 'a.zip', 'unzip'], ['xz', 'a.tar.xz', 'xz-utils'], ['zstd', 'a.tar.zst', 'zstd'], ['curl', 'a.tar', 'curl']] as const) {
      await host.sh(`mv /usr/bin/${tool} /usr/bin/${tool}.away`)
      try {
        expect(await refused(host, of(file))).to.contain(`package ${pack}`)
      } finally {
        await host.sh(`mv /usr/bin/${tool}.away /usr/bin/${tool}`)
      }
    }
  })
})
