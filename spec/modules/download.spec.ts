import { expect } from 'chai'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { archive } from '../../modules/archive.ts'
import { download, nameIn } from '../../modules/download.ts'
import { apt } from '../../modules/apt.ts'
import { eventually } from '../helpers/eventually.ts'
import { refused, settle } from '../helpers/file-actions.ts'
import { fileHostName } from '../helpers/file-host.ts'
import { fourRounds } from '../helpers/four-rounds.ts'
import { errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'
import { Stead } from '../helpers/run-stead.ts'
import { WorkDirectory } from '../helpers/work-directory.ts'

const d = '/srv/download-spec'
const local = `file://${d}/a.tar`
const slow = 'http://127.0.0.1:8099/a.tar'

/** A server that sends half of a file, and the rest once `go` is there; with `cut` it closes the connection instead. */
const server = `cd ${d}; perl -MIO::Socket::INET -e '
my $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1:8099", Listen => 5, ReuseAddr => 1) or die; alarm 120; $SIG{PIPE} = "IGNORE";
open my $f, "<", "a.tar" or die; binmode $f; my $all = do { local $/; <$f> }; my $half = int(length($all) / 2);
while (my $c = $s->accept) {
  sysread $c, my $request, 4096; print $c "HTTP/1.0 200 OK\\r\\nContent-Length: " . length($all) . "\\r\\n\\r\\n" . substr($all, 0, $half); $c->flush;
  select undef, undef, undef, 0.02 until -e "go" or -e "cut"; print $c substr($all, $half) if -e "go"; close $c
}' </dev/null >/dev/null 2>&1 & echo $! >${d}/server; sleep 0.3`

describe('download', function () {
  this.timeout(180_000)
  let host: SpecHost
  const sums = new Map<string, string>()
  const sha256 = () => sums.get('a.tar') ?? ''
  before(async () => {
    host = await labHost(fileHostName)
    await host.apply(apt({ packages: ['curl'] }))
    await host.sh(`rm -rf ${d}; mkdir -p ${d}/top; cd ${d}; head -c 3000000 /dev/urandom >top/f; tar -cf a.tar top; echo other >b.tar.gz`)
    for (const line of (await host.sh(`cd ${d} && sha256sum *.*`)).trim().split('\n')) sums.set(line.slice(66), line.slice(0, 64))
    await host.sh(server)
  })
  after(() => host.sh(`kill $(cat ${d}/server)`))

  fourRounds({
    host: fileHostName, name: '[archive 2] a file', task: () => download({ url: local, path: `${d}/fetched`, sha256: `sha256:${sha256()}.`, mode: '0600' }),
    drift: `echo x >>${d}/fetched; chmod 644 ${d}/fetched`, repaired: ['mode: 0644 → 0600'],
    proof: `stat -c '%i %Y %Z' ${d} ${d}/fetched`, holds: `sha256sum ${d}/fetched; stat -c %a ${d}/fetched`,
  })

  it('[archive 2] downloads nothing if the checksum matches; attributes alone are a change', async () => {
    await host.sh(`cp ${d}/a.tar ${d}/fits; chmod 644 ${d}/fits`)
    const call = download({ url: 'http://127.0.0.1:9/nothing', path: `${d}/fits`, sha256: sha256(), mode: '0600' })
    expect((await host.check(call)).tasks[0]?.changes[0]?.diff).to.equal('mode: 0644 → 0600')
    await settle(host, call)
  })

  it('[archive 1] a wrong checksum keeps what is there', async () => {
    await host.sh(`echo old >${d}/kept`)
    expect(await refused(host, download({ url: local, path: `${d}/kept`, sha256: '3'.repeat(64) }))).to.match(/checksum of file:\S+ is \w{64} but should be 3333/)
    expect(await host.sh(`cat ${d}/kept; ls -A ${d} | grep -c '^.stead' || :`)).to.equal('old\n0\n')
  })

  it('[archive 3] takes its checksum from a list', async () => {
    const list = `${createHash('sha256').update('other').digest('hex')}  other\n${sha256()}  ./a.tar\n`
    await settle(host, download({ url: local, path: `${d}/listed`, checksums: list }))
    expect(errorOf(await host.check(download({ url: `file://${d}/b.tar.gz`, path: `${d}/listed`, checksums: list })))).to.contain('There is no SHA-256 for the file b.tar.gz')
  })

  it('refuses a URL with a password, and takes brackets in it as they are', async () => {
    for (const url of ['https://me:word@example.org/x', 'https://token@example.org/x']) {
      expect(download({ url, path: '/x', sha256: '0'.repeat(64) }).issues[0]).to.deep.include({ argument: 'url' })
      expect(archive({ url, path: '/x', sha256: '0'.repeat(64) }).issues[0]).to.deep.include({ argument: 'url' })
    }
    await host.sh(`cp ${d}/a.tar '${d}/a{1,2}[3-4].tar'`)
    await settle(host, download({ url: `file://${d}/a{1,2}[3-4].tar`, path: `${d}/brackets`, sha256: sha256() }))
  })

  it('[archive 1] if the server cuts off in the middle, what was there stays, and nothing else', async () => {
    await host.sh(`cd ${d}; : >cut; echo old >got; mkdir -p app; echo old >app/own`)
    const call = { url: slow, sha256: sha256() }
    const before = await host.sh(`find ${d} ! -path '${d}' -printf '%p %i %T@\\n'`)
    expect(await refused(host, download({ path: `${d}/got`, ...call }))).to.contain('curl: (18)')
    expect(await refused(host, archive({ path: `${d}/app`, replaceOther: true, ...call }))).to.contain('curl: (18)')
    expect(await refused(host, archive({ path: `${d}/fresh`, ...call }))).to.contain('curl: (18)')
    expect(await host.sh(`find ${d} ! -path '${d}' -printf '%p %i %T@\\n'`)).to.equal(before)
    await host.sh(`rm -r ${d}/cut ${d}/got ${d}/app`)
  })

  it('nobody reads of what is under way who may not read what it becomes', async () => {
    await host.sh(`cd ${d}; echo old >private; chmod 644 private`)
    const running = host.run(download({ url: slow, path: `${d}/private`, sha256: sha256(), owner: 'nobody', mode: '0600' }))
    try {
      expect(await eventually(10, async () => host.sh(`cd ${d}; stat -c '%s %a %U' .stead.* | grep -v ^0`), 50)).to.match(/^\d+ 600 nobody\n$/)
    } finally {
      await host.sh(`: >${d}/go`)
    }
    expect(errorOf(await running)).to.equal(undefined)
    expect(await host.sh(`cd ${d}; rm go; stat -c '%a %U' private; ls -A | grep -c '^.stead' || :`)).to.equal('600 nobody\n0\n')
  })

  describe('when stead is killed in the middle', () => {
    const work = new WorkDirectory('download')
    const stead = new Stead(work)
    const inventory = work.inventory('host.ts', { [fileHostName]: { groups: ['files'] } })
    after(() => work.remove())

    /** Starts a playbook of one task, and kills stead as soon as `under` way is seen: a path below the host's root that has bytes. */
    const killed = async (task: string, under: () => string | undefined): Promise<void> => {
      const playbook = work.write('kill.ts', `import { playbook } from '<project>/lib/index.ts'
import { archive } from '<project>/modules/archive.ts'
import { download } from '<project>/modules/download.ts'
export default playbook({ name: 'Kill', hosts: 'all', tasks: ({ task }) => void task('Fetch', ${task}) })
`)
      const running = stead.start(playbook, inventory)
      await eventually(20, async () => {
        const file = under()
        if (file === undefined || statSync(file).size === 0) throw new Error('It is not under way.')
        return Promise.resolve()
      }, 1)
      running.sigkill()
      expect((await running.ended).status).to.equal(undefined)
    }
    /** The file that is being written below a directory of the host. */
    const partOf = (directory: string, name: RegExp, inside = '') => () => {
      const all = path.join(host.root, directory)
      const found = readdirSync(all).find(each => name.test(each))
      return found === undefined || (inside && !readdirSync(path.join(all, found)).includes(inside)) ? undefined : path.join(all, found, inside)
    }
    /** Waits until the host's own end of the run is over. */
    const over = () => host.sh('flock -w 30 /run/stead/lock true')
    const left = () => host.sh(`cd ${d}; ls -Ad .stead* app* got* 2>/dev/null || :`)
    beforeEach(() => host.sh(`cd ${d}; rm -rf go cut got app`))

    it('[archive 1] an interrupted download leaves nothing', async () => {
      await killed(`download({ url: '${slow}', path: '${d}/got', sha256: '${sha256()}' })`, partOf(d, /^\.stead\./))
      await host.sh(`: >${d}/cut`)
      await over()
      expect(await left()).to.equal('')
    })

    it('[archive 1] an archive that arrives after all is complete, and the next run finds it so', async () => {
      await killed(`archive({ url: '${slow}', path: '${d}/app', sha256: '${sha256()}', strip: 1 })`, partOf(d, /^app\.stead-/, 'archive'))
      expect(await left()).to.match(/^app\.stead-\w{8}\n$/)
      await host.sh(`: >${d}/go`)
      await over()
      expect(await left()).to.equal('app\n')
      expect((await host.apply(archive({ url: local, path: `${d}/app`, sha256: sha256(), strip: 1 }))).status).to.equal('ok')
    })

    it('[archive 1] an archive that was only sent in part leaves what was there', async () => {
      const large = work.write('large.tar', randomBytes(40_000_000))
      await settle(host, archive({ url: local, path: `${d}/app`, sha256: sha256(), strip: 1 }))
      const before = await host.sh(`cd ${d}/app; find . -printf '%p %i %T@ %C@\\n'`)
      await killed(`archive({ source: '${large}', path: '${d}/app', strip: 1 })`, partOf(d, /^app\.stead-/, 'archive'))
      await over()
      expect(await left()).to.equal('app\n')
      expect(await host.sh(`cd ${d}/app; find . -printf '%p %i %T@ %C@\\n'`)).to.equal(before)
    })
  })

  it('looks for the file in a list of checksums by its name, not as a URL spells it', () => {
    expect([nameIn('https://example.org/x/a%20b.tar?c'), nameIn('https://example.org/100%')]).to.deep.equal(['a b.tar', '100%'])
  })
})
