import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { archive } from '../../modules/archive.ts'
import { apt } from '../../modules/apt.ts'
import { download } from '../../modules/download.ts'
import { refused, settle } from '../helpers/file-actions.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { changed, dropHost, errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'

const name = 'spec-files'
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
  after(() => {
    rmSync(local, { recursive: true, force: true })
    return dropHost(name)
  })

  const of = (file: string, given: Arguments = {}) => archive({ path: target, url: `file://${d}/${file}`, sha256: sums.get(file), ...given })
  const tree = () => host.sh(`cd ${target} && find . -mindepth 1 ! -name .stead-archive -printf '%P\\n' | sort`)
  const whole = "bin\nbin/run\nhard\nlink\none\nü $(x)&\nü $(x)&/à (copy)!@#%^&-.jpg\n"

  fourRounds({
    host: name, name: '[archive 7] an archive from a URL', task: () => archive({ path: `${d}/four`, url: `file://${d}/a.tar.gz`, sha256: sums.get('a.tar.gz'), strip: 1, owner: 'nobody', group: 'nogroup' }),
    drift: `rm ${d}/four/one; chmod 700 ${d}/four/bin`, repaired: ['whole: false → true'],
    proof: `find ${d} -printf '%p %i %T@ %C@\\n'`, holds: `cd ${d}/four; find . -printf '%P %m %u %l\\n' | sort; cat one`,
  })

  for (const file of ['a.tar', 'a.tar.gz', 'a.tar.xz', 'a.tar.bz2', 'a.tar.zst', 'a.zip']) {
    it(`[archive 10] unpacks ${file}, whatever its members are called, without setuid`, async () => {
      await settle(host, of(file, { strip: 1 }))
      expect(await tree()).to.equal(whole)
      expect(await host.sh(`cd ${target}; readlink link; cat one link; stat -c '%a %U' bin/run .`)).to.equal('bin/run\none\nrun\n755 root\n755 root\n')
    })
  }

  it('[archive 10] gives owner and mode to all, the top included', async () => {
    await settle(host, of('a.tar', { owner: 'nobody', group: 'nogroup', mode: 'u=rwX,go=' }))
    expect(await host.sh(`find ${target} ! -type l ! -name .stead-archive -printf '%m %u %g\\n' | sort | uniq -c | tr -s ' '`)).to.equal(' 3 600 nobody nogroup\n 5 700 nobody nogroup\n')
  })

  it('pushes an archive from the controller', async () => {
    writeFileSync(path.join(local, '日本.tar.gz'), host.bytesOf(`${d}/a.tar.gz`))
    await settle(host, archive({ path: target, source: path.join(local, '日本.tar.gz'), strip: 1 }))
    expect(await tree()).to.equal(whole)
    const wrong = archive({ path: target, source: path.join(local, '日本.tar.gz'), sha256: '0'.repeat(64) })
    expect(errorOf(await host.check(wrong))).to.contain('was to be 0000')
  })

  it('[archive 11] unpacks what include names and leaves out what exclude names; another selection is a change', async () => {
    for (const file of ['a.tar.gz', 'a.zip']) {
      await settle(host, of(file, { strip: 1, include: ['top/b*'] }))
      expect(await tree()).to.equal('bin\nbin/run\n')
      await settle(host, of(file, { strip: 1, exclude: ['top/bin*', '*.jpg'] }))
      expect(await tree()).to.contain('one').and.not.contain('run').and.not.contain('.jpg')
    }
    expect(of('a.tar', { include: ['a'], exclude: ['b'] }).issues[0]?.message).to.contain('together')
  })

  it('[archive 11] does nothing where `creates` is there', async () => {
    expect(changed(await host.apply(of('a.tar', { creates: '/etc/passwd' })))).to.deep.equal([])
  })

  it('[archive 6] [archive 7] [archive 9] what was edited at the same size and time, added, or linked elsewhere is repaired', async () => {
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

  it('keeps what it is told to keep, and takes over nothing that it did not make', async () => {
    await host.apply(of('a.tar', { strip: 1, keep: ['own'] }))
    await host.sh(`mkdir ${target}/own; echo mine >${target}/own/f`)
    expect(changed(await host.apply(of('a.tar', { strip: 1, keep: ['own'] })))).to.deep.equal([])
    await settle(host, of('b.tar.gz', { strip: 1, keep: ['own'] }))
    expect(await host.sh(`cat ${target}/own/f ${target}/one`)).to.equal('mine\ntwo\n')
    await host.sh(`rm ${target}/.stead-archive`)
    expect(errorOf(await host.check(of('a.tar')))).to.contain('holds something that is not from an archive')
    await settle(host, of('a.tar', { strip: 1, replaceOther: true }))
    expect(await tree()).to.equal(whole)
  })

  it('[archive 9] goes through a link to a directory; a file in its place is an error', async () => {
    await host.sh(`mkdir -p ${d}/real; ln -s ${d}/real ${target}`)
    await settle(host, of('a.tar', { strip: 1 }))
    expect(await host.sh(`readlink ${target}; cat ${d}/real/one; rm ${target}; rm -r ${d}/real; echo x >${target}`)).to.equal(`${d}/real\none\n`)
    expect(await refused(host, of('a.tar'))).to.contain('is no directory')
    expect(await host.sh(`cat ${target}`)).to.equal('x\n')
  })

  for (const [file, why] of [
    ['up.tar', 'top/../../evil is outside of the destination'], ['absolute.tar', '/srv/evil is outside'], ['up.zip', '../evil is outside'],
    ['link.tar', 'out is a link that leads out, to /etc'], ['relative.tar', 'deep/out is a link that leads out'], ['chain.tar', 'lead out'], ['pipe.tar', 'n/pipe is a device or a pipe'],
  ] as const) {
    it(`[archive 5] [decided] refuses ${file} and writes nothing`, async () => {
      await host.apply(of('a.tar', { strip: 1 }))
      const state = `find ${d} /srv -maxdepth 2 ! -path '${d}' -printf '%p %i %T@\\n' | sort; find ${target} -printf '%p %i %T@\\n'`
      const before = await host.sh(state)
      const error = await refused(host, of(file))
      if (file === 'chain.tar') expect(error).to.match(/lead/)
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
      expect(await host.sh(`ls -d ${target}.new* 2>/dev/null || :`)).to.equal('')
    })
  }

  it('[archive 1] a wrong checksum leaves what was there, and nothing beside it', async () => {
    await host.apply(of('a.tar', { strip: 1 }))
    expect(await refused(host, of('a.tar', { sha256: '1'.repeat(64) }))).to.match(/checksum of the archive is \w{64}, and was to be 1111/)
    expect(await tree()).to.equal(whole)
    expect(await host.sh(`ls -d ${target}.new* 2>/dev/null || :`)).to.equal('')
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

  /** Promises more than it sends, once a connection. */
  const liar = `(perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8099", Listen => 5, ReuseAddr => 1) or die; alarm 20; while ($c = $s->accept) { sysread $c, $b, 4096; print $c "HTTP/1.0 200 OK\\r\\nContent-Length: 100000\\r\\n\\r\\nhalf"; close $c }' >/dev/null 2>&1 &); sleep 0.5`

  it('[archive 1] an interrupted download leaves nothing', async () => {
    await host.sh(liar)
    const url = 'http://127.0.0.1:8099/a.tar.gz'
    expect(await refused(host, archive({ path: target, url, sha256: '2'.repeat(64) }))).to.contain('curl: (18)')
    expect(await refused(host, download({ path: `${d}/got`, url, sha256: '2'.repeat(64) }))).to.contain('curl: (18)')
    expect(await host.sh(`ls -d ${target}* ${d}/got ${d}/.stead* 2>/dev/null || :`)).to.equal('')
  })

  describe('download', () => {
    fourRounds({
      host: name, name: '[archive 2] a file', task: () => download({ url: `file://${d}/a.tar`, path: `${d}/fetched`, sha256: `sha256:${sums.get('a.tar') ?? ''}.`, mode: '0600' }),
      drift: `echo x >>${d}/fetched; chmod 644 ${d}/fetched`, repaired: ['mode: 0644 → 0600'],
      proof: `stat -c '%i %Y %Z' ${d} ${d}/fetched`, holds: `sha256sum ${d}/fetched; stat -c %a ${d}/fetched`,
    })

    it('[archive 2] fetches nothing where the checksum fits; attributes alone are a change', async () => {
      await host.sh(`cp ${d}/a.tar ${d}/fits; chmod 644 ${d}/fits`)
      const call = download({ url: 'http://127.0.0.1:9/nothing', path: `${d}/fits`, sha256: sums.get('a.tar'), mode: '0600' })
      expect((await host.check(call)).tasks[0]?.changes[0]?.diff).to.equal('mode: 0644 → 0600')
      await settle(host, call)
    })

    it('[archive 1] a wrong checksum keeps what is there', async () => {
      await host.sh(`echo old >${d}/kept`)
      expect(await refused(host, download({ url: `file://${d}/a.tar`, path: `${d}/kept`, sha256: '3'.repeat(64) }))).to.match(/checksum of file:\S+ is \w{64}, and was to be 3333/)
      expect(await host.sh(`cat ${d}/kept; ls -A ${d} | grep -c '^.stead' || :`)).to.equal('old\n0\n')
    })

    it('[archive 3] takes its checksum from a list', async () => {
      const list = `${createHash('sha256').update('other').digest('hex')}  other\n${sums.get('a.tar') ?? ''}  ./a.tar\n`
      await settle(host, download({ url: `file://${d}/a.tar`, path: `${d}/listed`, checksums: list }))
      expect(errorOf(await host.check(download({ url: `file://${d}/b.tar.gz`, path: `${d}/listed`, checksums: list })))).to.contain('There is no SHA-256 for the file b.tar.gz')
    })
  })
})
