import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { secret } from '../../lib/index.ts'
import { settingsFile } from '../../lib/resources/python/uv.ts'
import { apt } from '../../modules/apt.ts'
import { pipVenv } from '../../modules/pip-venv.ts'
import { findLabHost } from '../helpers/lab-host.ts'
import { makeWheels } from '../helpers/make-wheels.ts'
import { dropHost, labHost, type SpecHost } from '../helpers/module-host.ts'
import { runTask } from '../helpers/one-task.ts'

const name = 'spec-uv'
type Arguments = Partial<Parameters<typeof pipVenv>[0]>

/**
 * All that is in an environment, with modes, owners and checksums, but for its path, what names the installer, the text of
 * launchers, and what is empty: pip makes no empty directory that a wheel has.
 */
const listing = (path: string) => `cd ${path} && find . -mindepth 1 ! -empty ! -name '*.pyc' ! -name RECORD ! -name INSTALLER ! -name REQUESTED ! -name uv_cache.json ! -name direct_url.json -printf '%P %y %m %u %g %l\\n' | sort
find . -name '*.py' -o -name METADATA | sort | while read -r f; do sed 's,${path},/ENV,g' "$f" | sha256sum | sed "s,-,$f,"; done; find . -name '*.pyc' -printf '%P\\n' | sort`

describe('pip-venv with uv', function () {
  this.timeout(180_000)
  let host: SpecHost
  const directory = mkdtempSync(join(tmpdir(), 'stead-uv-'))
  const apply = (args: Arguments, check = false) => runTask(host, pipVenv({ path: '/srv/venv', installer: 'uv', findLinks: ['/srv/wheels'], ...args }), { check })
  const installer = (package_: string) => host.sh(`cat /srv/venv/lib/python3*/site-packages/${package_}-*.dist-info/INSTALLER`)
  const local = (text: string) => {
    writeFileSync(join(directory, 'requirements.txt'), text)
    return join(directory, 'requirements.txt')
  }
  before(async () => {
    host = await labHost(name)
    expect((await runTask(host, apt({ packages: ['python3-venv'] }))).error).to.equal(undefined)
    await host.sh(makeWheels)
  })
  beforeEach(() => host.sh('rm -rf /srv/venv'))
  after(async () => {
    rmSync(directory, { recursive: true })
    await dropHost(name)
  })

  it('installs what pip installs: the same files with the same modes and contents, of which the other finds nothing to change', async () => {
    const wanted = {
      packages: ['Edge_Demo.Pkg[more]', `leaf @ file:///srv/wheels/leaf-1.5-py3-none-any.whl ; python_version > "3"`, 'jsonschema==4.23.0', 'pyyaml==6.0.2', 'early'],
      requirements: local('-c limits.txt\nold==1.0 ; python_version >= "3.8"\nnothing-for-us==1 ; sys_platform == "win32"\n'),
    }
    writeFileSync(join(directory, 'limits.txt'), 'attrs<24\nrpds-py==0.20.0\n')
    const found: string[][] = []
    for (const one of ['pip', 'uv'] as const) {
      await host.sh('rm -rf /srv/venv')
      const task = await apply({ ...wanted, installer: one })
      expect([task.error, task.status]).to.deep.equal([undefined, 'change'])
      expect(await installer('rpds_py')).to.match(one === 'pip' ? /^pip/ : /^uv/)
      for (const other of ['pip', 'uv', 'auto'] as const) expect((await apply({ ...wanted, installer: other })).status).to.equal('ok')
      found.push((await host.sh(`${listing('/srv/venv')}; /srv/venv/bin/jsonschema --version; /srv/venv/bin/pip check; /srv/venv/bin/pip list --format=freeze --disable-pip-version-check; ls -A /srv/venv; ls -d /root/.cache/uv /root/.config/uv /root/.local/share/uv 2>/dev/null || :`)).split('\n'))
    }
    const [byPip = [], byUv = []] = found
    expect(byPip).to.include.members(['attrs==23.2.0', 'leaf==1.5', '4.23.0', 'No broken requirements found.', 'lib/python3.11/site-packages/jsonschema/__pycache__/cli.cpython-311.pyc'])
    expect([byUv.filter(line => !byPip.includes(line)), byPip.filter(line => !byUv.includes(line))]).to.deep.equal([[], []])
    expect(await host.sh('cd /srv/venv; bin/pip uninstall -qy jsonschema attrs rpds-py; cd lib/python3*/site-packages; ls -d attr attrs rpds jsonschema ../../../bin/jsonschema 2>/dev/null || :'), 'pip removes what uv installed').to.equal('')
  })

  it('auto takes uv for a whole environment, and pip for what is missing in one', async () => {
    expect((await apply({ installer: 'auto', packages: ['leaf==1.0'] })).status).to.equal('change')
    expect(await installer('leaf')).to.equal('uv')
    expect((await apply({ installer: 'auto', packages: ['leaf==1.0', 'old'] })).status).to.equal('change')
    expect(await installer('old')).to.equal('pip\n')
    expect((await apply({ packages: ['leaf==1.5', 'old'], absentPackages: ['early'] })).status).to.equal('change')
    expect(await installer('leaf')).to.equal('uv')
  })

  it('refuses a file whose hash is another, as pip does, and one without a hash beside one that has one; the environment stays as it is', async () => {
    await apply({ packages: ['old'] })
    const before = await host.sh(listing('/srv/venv'))
    const right = (await host.sh('sha256sum </srv/wheels/leaf-1.5-py3-none-any.whl')).slice(0, 64)
    for (const text of [`leaf==1.5 --hash=sha256:${'0'.repeat(64)}\n`, `leaf==1.5 --hash=sha256:${right}\nearly\n`]) {
      const requirements = local(text)
      expect((await apply({ requirements })).error).to.match(/hash/i)
      expect(await host.sh(listing('/srv/venv'))).to.equal(before)
    }
    const task = await apply({ requirements: local(`leaf==1.5 --hash=sha256:${right}\n`) })
    expect([task.error, task.status]).to.deep.equal([undefined, 'change'])
  })

  it('[fault 69] is created again if uv was killed, as a check predicted', async () => {
    const killer = host.sh(`while :; do for p in /proc/[0-9]*; do case $(readlink "$p/exe") in */uv/bin/uv) kill -9 "\${p#/proc/}" && exit;; esac; done; done`)
    const wanted = { packages: ['leaf==1.5', 'jsonschema==4.23.0'] }
    // The shell of runs holds a connection of its own, so the killer's does not wait for it.
    const [{ error }] = await Promise.all([apply(wanted), killer])
    expect(error, error).to.not.equal(undefined)
    const [check, applied] = [await apply(wanted, true), await apply(wanted)]
    expect(check.changes[0]?.diff).to.contain('unfinished (a run was interrupted)')
    expect([applied.error, applied.status]).to.deep.equal([undefined, 'change'])
    expect(await host.sh('ls -A /srv/venv; /srv/venv/bin/pip check')).to.equal('bin\ninclude\nlib\nlib64\npyvenv.cfg\nNo broken requirements found.\n')
    expect((await apply(wanted)).status).to.equal('ok')
  })

  it('says why pip takes its place, or fails where only uv may: no such machine, an index without uv, packages of the system', async () => {
    const packages = ['leaf==1.0', 'local-one']
    const reasons: [string, string, Arguments, RegExp][] = [
      [`printf '#!/bin/sh\\n[ "$*" = -m ] && echo riscv64 || exec /usr/bin/uname "$@"\\n' >/usr/local/bin/uname; chmod 755 /usr/local/bin/uname`, 'rm /usr/local/bin/uname', { packages: ['leaf==1.0'] }, /does not know a uv for this machine \(riscv64\)/],
      [':', ':', { packages: ['leaf==1.0'], noIndex: true }, /No matching distribution found for uv==/],
      ['mkdir -p /usr/local/lib/python3.11/dist-packages/local_one-1.0.dist-info; printf "Name: local-one\\nVersion: 1.0\\n" >/usr/local/lib/python3.11/dist-packages/local_one-1.0.dist-info/METADATA; cd /srv/wheels; cp leaf-1.0-py3-none-any.whl /tmp; python3 - <<PY\nimport zipfile\nz = zipfile.ZipFile("/srv/wheels/local_one-2.0-py3-none-any.whl", "w")\nfor n, t in {"local_one.py": "", "local_one-2.0.dist-info/METADATA": "Metadata-Version: 2.1\\nName: local-one\\nVersion: 2.0\\n", "local_one-2.0.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n", "local_one-2.0.dist-info/RECORD": ""}.items(): z.writestr(n, t)\nz.close()\nPY',
        'rm -r /usr/local/lib/python3.11/dist-packages/local_one-1.0.dist-info', { packages, systemSitePackages: true }, /does not see packages of the system, and would install its own local-one/],
    ]
    for (const [before, after, args, why] of reasons) {
      await host.sh(before)
      expect((await apply(args)).error).to.match(why)
      await host.sh('rm -rf /srv/venv')
      host.notes.length = 0
      expect((await apply({ ...args, installer: 'auto' })).error).to.equal(undefined)
      await host.sh(`${after}; rm -rf /tmp/leaf*`)
      expect(host.notes.join('\n')).to.match(why).and.contain('pip installs the packages of /srv/venv')
      expect(await installer('leaf')).to.equal('pip\n')
      await host.sh('rm -rf /srv/venv')
    }
  })

  describe('and a host whose pip is configured', () => {
    /** A mirror that has leaf and uv, and notes down what it was asked. */
    before(() => host.sh(`python3 -m venv /srv/tools && mkdir -p /srv/mirror/simple/uv /srv/mirror/simple/leaf && cd /srv/mirror/simple
/srv/tools/bin/pip download -q --disable-pip-version-check --no-deps -d uv uv==0.13.9; cp /srv/wheels/leaf-* leaf
for d in *; do for f in $d/*; do echo "<a href=\\"\${f#*/}\\">\${f#*/}</a>"; done >/tmp/index; mv /tmp/index $d/index.html; done
systemd-run -q --unit spec-mirror sh -c 'cd /srv/mirror; exec python3 -u -m http.server --bind 127.0.0.1 8099 >/srv/mirror.log 2>&1'; cp -a /etc/pip.conf /srv/pip.conf 2>/dev/null || :`))
    afterEach(() => host.sh('cp -a /srv/pip.conf /etc/pip.conf 2>/dev/null || rm -f /etc/pip.conf'))
    after(() => host.sh('systemctl stop spec-mirror'))
    const configure = (text: string) => host.sh('cat >/etc/pip.conf', Buffer.from(text))

    it('takes packages and uv from the mirror that pip takes them from, and nothing from anywhere else', async () => {
      await configure('[global]\nindex-url = http://127.0.0.1:8099/simple\n[install]\nconstraint = /srv/limits.txt\n')
      await host.sh('echo "leaf<2" >/srv/limits.txt; until grep -q Serving /srv/mirror.log; do sleep 0.1; done')
      const task = await apply({ packages: ['leaf'], findLinks: [] })
      expect([task.error, task.status]).to.deep.equal([undefined, 'change'])
      expect(await installer('leaf')).to.equal('uv')
      expect(await host.sh('ls -d /srv/venv/lib/python3*/site-packages/leaf-*; sed -n "s/.*GET \\([^ ]*\\.whl\\) .* 200.*/\\1/p" /srv/mirror.log | sort -u')).to.match(/leaf-1.5.dist-info\n\/simple\/leaf\/leaf-1.5-py3-none-any.whl\n\/simple\/uv\/uv-[^\n]*\n$/)
      // It is on PyPI, but not on the mirror.
      expect((await apply({ packages: ['six'], findLinks: [] })).error).to.match(/six/)
      expect((await apply({ installer: 'auto', path: '/srv/venv9', packages: ['six'], findLinks: [] })).error).to.match(/six/)
    })

    it('gives a secret index to uv in a file: no command line, no environment and no report has it', async () => {
      const watch = (await findLabHost(name)).watch(`cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a -o -x -e '--index-strategy' -e '.*hunter2[2].*' || :`, 0)
      const task = await apply({ packages: ['leaf==2.0', 'nowhere'], findLinks: [], index: secret('http://me:hunter22@127.0.0.1:8099/simple') })
      expect(await watch.stop()).to.deep.equal(['--index-strategy'])
      expect(task.error).to.contain('nowhere')
      expect(JSON.stringify(task)).to.not.contain('hunter22')
    })

    it('is left to pip where pip follows what uv cannot be given', async () => {
      await configure('[install]\npre = true\n')
      expect((await apply({ packages: ['leaf'] })).error).to.contain('pip is configured with pre, which uv cannot be given')
      await host.sh('rm -rf /srv/venv')
      expect((await apply({ installer: 'auto', packages: ['leaf'] })).error).to.equal(undefined)
      expect(await installer('leaf')).to.equal('pip\n')
    })

    /** What pip's configuration says, the task's own first lines, and what uv is given, or why not. */
    const cases: [string, string, string, RegExp][] = [
      ['nothing', '', '', /^--index-url https:\/\/pypi.org\/simple\n--\nexport SSL_CERT_FILE=\/\S+\n$/],
      ['indexes in pip\'s order', '[global]\nindex-url = https://a/s\nextra-index-url = https://b/s\n  https://c/s\ncert = /etc/bundle.pem\n', '', /^--extra-index-url https:\/\/a\/s\n--extra-index-url https:\/\/b\/s\n--index-url https:\/\/c\/s\n--\nexport SSL_CERT_FILE=\/etc\/bundle.pem\n$/],
      ['an index of the task\'s own, but what else was configured', '[global]\nindex-url = https://a/s\nextra-index-url = https://b/s\nfind-links = /w\n', '--index-url https://own/s', /^--find-links \/w\n--index-url https:\/\/own\/s\n--\n/],
      ['a section that wins', '[install]\nindex-url = https://won/s\n[global]\nindex-url = https://a/s\ntimeout = 99\n', '', /^--index-url https:\/\/won\/s\n--\n[^]*UV_HTTP_TIMEOUT=99\n/],
      ['a proxy', '[global]\nproxy = http://proxy:3128\n', '', /export HTTPS_PROXY=http:\/\/proxy:3128\n[^]*NO_PROXY=''/],
      ['a proxy with a password', '[global]\nproxy = http://me:pw@proxy:3128\n', '', /^pip is configured with a proxy that is not plain HTTP, or has a password\n$/],
      ['a place that depends on where pip is started', '[global]\nfind-links = wheels\n', '', /^pip is configured with find-links = wheels/],
      ['what only pip knows', '[global]\ntrusted-host = a\npre = true\n', '', /^pip is configured with pre, trusted-host, which uv cannot be given\n$/],
      ['what is of no consequence', '[global]\nno-input = yes\ncache-dir = /x\n[list]\nformat = json\n', '', /^--index-url https:\/\/pypi.org\/simple\n/],
    ]
    for (const [what, text, own, given] of cases) {
      it(`gives uv what pip would follow: ${what}`, async () => {
        await configure(text)
        const found = await host.sh(`rm -rf /srv/given; mkdir /srv/given; cat >/srv/given/requirements; cd /; if w=$(/srv/tools/bin/python3 -c '${readFileSync(settingsFile, 'utf8').replaceAll('\'', '\'\\\'\'')}' /srv/given ''); then cat /srv/given/uv-requirements; echo --; cat /srv/given/uv-environment; else printf '%s\\n' "$w"; fi`, Buffer.from(own === '' ? '' : `${own}\n`))
        expect(found).to.match(given)
      })
    }
  })
})
