import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { secret } from '../../lib/index.ts'
import { comesFrom } from '../../lib/resources/python/direct-url.ts'
import { readRequirements } from '../../lib/resources/python/requirements-file.ts'
import { apt } from '../../modules/apt.ts'
import { pipVenv } from '../../modules/pip-venv.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { makeWheels } from '../helpers/make-wheels.ts'
import { labHost, type SpecHost } from '../helpers/module-host.ts'
import { findLabHost } from '../helpers/lab-host.ts'
import { refusal, runTask, statusesOf } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const options = { path: '/srv/venv', findLinks: ['/srv/wheels'], noIndex: true }
/** Whatever is in the environment, to the nanosecond, and which programs were run. */
const proof = 'find /srv/venv -printf "%p %i %T@ %C@\\n" | sort | md5sum; cat /srv/python.log 2>/dev/null || :'

describe('pip-venv', function () {
  this.timeout(240_000)
  let host: SpecHost
  const directory = mkdtempSync(join(tmpdir(), 'stead-pip-'))
  const local = (name: string, text: string) => {
    mkdirSync(join(directory, 'more'), { recursive: true })
    writeFileSync(join(directory, name), text)
    return join(directory, name)
  }
  before(async () => {
    host = await labHost(unitHostName)
    expect((await runTask(host, apt({ packages: ['python3-venv'] }))).error).to.equal(undefined)
    await host.sh(`rm -rf /srv/venv /srv/venv2 /srv/venv3; ${makeWheels}`)
  })
  after(() => {
    rmSync(directory, { recursive: true })
  })
  const apply = (args: Partial<Parameters<typeof pipVenv>[0]>, check = false) => runTask(host, pipVenv({ ...options, ...args }), { check })

  it('[pip 1] creates an environment with any spelling of names, keeps it, restores what was removed', () => goThroughFourRounds(host, {
    task: () => pipVenv({ ...options, packages: ['edge.demo-PKG[More]==1', 'leaf<2'] }), prepare: 'rm -rf /srv/venv', drift: '/srv/venv/bin/pip uninstall -qy leaf', proof, drifted: ['venv[/srv/venv]'],
  }))
  it('a no-op runs no pip and no Python', async () => {
    await host.sh(`p=$(readlink -f /usr/bin/python3); mv $p $p.real; printf '#!/bin/sh\\necho "$0 $*" >>/srv/python.log\\nexec %s.real "$@"\\n' $p >$p; chmod 755 $p; rm -f /srv/python.log; /srv/venv/bin/python3 -c 1; wc -l </srv/python.log; rm /srv/python.log`)
    const { status } = await apply({ packages: ['Edge_Demo.Pkg[more]', 'leaf~=1.0'] })
    const ran = await host.sh('cat /srv/python.log 2>/dev/null || :; p=$(readlink -f /usr/bin/python3); mv $p.real $p; /srv/venv/bin/python3 -c 1')
    expect([status, ran]).to.deep.equal(['ok', ''])
  })
  it('[pip 4, pip 9] accepts an installed pre-release, and an empty list', async () => {
    await host.sh('/srv/venv/bin/pip install -q --no-index --find-links /srv/wheels --pre early old')
    expect((await apply({ packages: ['early'] })).status).to.equal('ok')
    expect((await apply({ packages: [] })).status).to.equal('ok')
    expect((await apply({ packages: ['pip'] })).status).to.equal('ok')
  })
  it('[pip 3] does not install unavailable packages, and says why; refuses an illegal name before any connection', async () => {
    const proof = 'find /srv/venv -mindepth 1 -printf "%p %i %T@ %C@\\n" | sort | md5sum'
    const before = await host.sh(proof)
    expect((await apply({ packages: ['leaf==9', 'old'] })).error).to.contain('No matching distribution found for leaf==9')
    expect(await host.sh(proof)).to.equal(before)
    expect(pipVenv({ path: '/x', packages: ['djan=+-~!@#$go'] }).issues[0]?.message).to.contain('The requirement')
  })
  it('[pip 11] removes unwanted packages; one that is not installed is ok', async () => {
    const task = await apply({ packages: ['leaf'], absentPackages: ['OLD', 'never-there'] })
    expect(task.changes[0]?.diff).to.equal('unwanted: old → (none)')
    expect((await apply({ packages: ['leaf'], absentPackages: ['OLD', 'never-there'] })).status).to.equal('ok')
  })
  it('[pip 13] accepts requirements files with extras, markers, hashes, nested files and constraints, and is ok the second time', async () => {
    const hash = async (wheel: string) => (await host.sh(`sha256sum </srv/wheels/${wheel}`)).slice(0, 64)
    local('more/nested.txt', `# a comment\nleaf==1.5 \\\n  --hash=sha256:${'0'.repeat(64)} \\\n  --hash=sha256:${await hash('leaf-1.5-py3-none-any.whl')} # chosen\n`)
    local('limits.txt', 'leaf<2\n')
    const top = local('requirements.txt', `-c limits.txt\n-rmore/nested.txt\nEdge-demo-pkg[more]==1.0 ; python_version >= "3.8" --hash=sha256:${await hash('Edge_Demo_Pkg-1.0-py3-none-any.whl')}\r\nnothing-for-us==1 ; sys_platform == "win32" --hash=sha256:${'1'.repeat(64)}\n`)
    const args = { path: '/srv/venv2', requirements: top }
    const task = await apply(args)
    expect(task.error, task.error).to.equal(undefined)
    expect(task.status).to.equal('change')
    expect(await host.sh('ls -d /srv/venv2/lib/python3*/site-packages/leaf*info')).to.contain('leaf-1.5.dist-info')
    expect((await apply(args)).status).to.equal('ok')
    local('limits.txt', 'leaf==1.0\n')
    expect((await apply(args, true)).changes[0]?.diff).to.contain('leaf 1.5 does not satisfy ==1.0 (a constraint)')
  })
  it('[pip 7, pip 8] keeps what was installed from a URL, and installs the new one when the URL changes', async () => {
    const from = (version: string) => ({ path: '/srv/venv2', packages: [`leaf @ file:///srv/wheels/leaf-${version}-py3-none-any.whl`] })
    expect((await apply(from('2.0'))).changes[0]?.diff).to.contain('leaf does not come from file:///srv/wheels/leaf-2.0')
    expect((await apply(from('2.0'))).status).to.equal('ok')
    expect((await apply(from('1.0'))).status).to.equal('change')
    expect((await apply(from('1.0'))).status).to.equal('ok')
  })
  it('[pip 7] a requirement from a URL whose marker excludes this Python is ignored', async () => {
    expect((await apply({ path: '/srv/venv2', packages: ['leaf==1.0', 'leaf @ file:///srv/wheels/leaf-2.0-py3-none-any.whl ; python_version < "3"'] })).status).to.equal('ok')
  })
  it('[pip 12] ignores what an interrupted pip left behind, and what another minor version of Python has', async () => {
    await host.sh('cd /srv/venv2/lib/python3.*/site-packages; mv leaf-1.0.dist-info ~eaf-1.0.dist-info; mkdir -p ../../python3.7/site-packages; cp -a ~eaf-1.0.dist-info ../../python3.7/site-packages/leaf-1.0.dist-info')
    const wanted = { path: '/srv/venv2', packages: ['leaf==1.0'] }
    expect((await apply(wanted, true)).changes[0]?.diff).to.contain('leaf is missing')
    expect((await apply(wanted)).status).to.equal('change')
    expect((await apply(wanted)).status).to.equal('ok')
    await host.sh('rm -r /srv/venv2/lib/python3.*/site-packages/~eaf* /srv/venv2/lib/python3.7')
  })
  it('[pip 9] a new environment is a change, with the system\'s packages too; packages of the system are not removed', async () => {
    await host.sh('rm -rf /srv/venv4; mkdir -p /usr/local/lib/python3.11/dist-packages/local_one-1.0.dist-info; printf "Name: local-one\\nVersion: 1.0\\n" >/usr/local/lib/python3.11/dist-packages/local_one-1.0.dist-info/METADATA')
    const wanted = { path: '/srv/venv4', systemSitePackages: true, packages: ['pip', 'local-one==1.0'], absentPackages: ['local-one', 'leaf'] }
    expect((await apply(wanted)).status).to.equal('change')
    expect((await apply(wanted)).status).to.equal('ok')
    await host.sh('rm -r /srv/venv4 /usr/local/lib/python3.11/dist-packages/local_one-1.0.dist-info')
  })
  it('[pip 9] rebuilds an environment whose Python was replaced by another minor version in an upgrade, as --check predicted', async () => {
    await host.sh('ln -sfn /usr/bin/python3.7 /srv/venv2/bin/python3')
    const args = { path: '/srv/venv2', packages: ['leaf==1.5'] }
    const foretold = await apply(args, true)
    expect(foretold.changes[0]?.diff).to.match(/python: broken \(made for 3\.\d+\.\d+\) → sound/)
    expect((await apply(args)).status).to.equal('change')
    expect(await host.sh('/srv/venv2/bin/python3 -c "import leaf; print(1)"')).to.equal('1\n')
    expect((await apply(args)).status).to.equal('ok')
  })
  it('rebuilds an environment that was made for another minor version, or that saw other packages', async () => {
    await host.sh("sed -i 's/^version = .*/version = 3.9.2/' /srv/venv2/pyvenv.cfg")
    const args = { path: '/srv/venv2', packages: ['leaf==1.5'] }
    expect((await apply(args)).changes[0]?.diff).to.contain('broken (made for 3.9.2)')
    expect((await apply({ ...args, systemSitePackages: true })).changes[0]?.diff).to.contain('systemSitePackages: false → true')
    expect((await apply({ ...args, systemSitePackages: true })).status).to.equal('ok')
  })
  it('[fault 57] never replaces or removes something else, and a check says so: a file, data, an environment without its pyvenv.cfg', async () => {
    const places = ['echo precious >/srv/venv3', 'mkdir /srv/venv3; echo precious >/srv/venv3/data', 'cp -a /srv/venv /srv/venv3; rm /srv/venv3/pyvenv.cfg', 'ln -s /nowhere /srv/venv3']
    const found: string[] = []
    for (const place of places) {
      await host.sh(`rm -rf /srv/venv3; ${place}`)
      const before = await host.sh('ls -lRA --time-style=full-iso /srv/venv3')
      for (const call of [pipVenv({ ...options, path: '/srv/venv3', packages: ['leaf'] }), pipVenv({ path: '/srv/venv3', state: 'absent' })]) found.push(await refusal(host, () => call))
      expect(await host.sh('ls -lRA --time-style=full-iso /srv/venv3')).to.equal(before)
    }
    await host.sh('rm -rf /srv/venv3')
    const told = ['is not a directory', 'contains something other than a virtual environment', 'there is no pyvenv.cfg', 'is a broken link']
    found.forEach((text, index) => expect(text).to.contain(`/srv/venv3 `).and.to.contain(told[Math.floor(index / 2)]))
  })

  it('[fault 64] names the Python that is missing, in a check and in a run', async () => {
    for (const check of [true, false]) {
      const { status, error } = await apply({ path: '/srv/venv7', packages: [], python: 'python3.99' }, check)
      expect([status, error?.includes('eval')], error).to.deep.equal(['failed', false])
      expect(error).to.match(/python3\.99/)
    }
    expect(await host.sh('ls -d /srv/venv7 2>/dev/null || echo none')).to.equal('none\n')
  })

  describe('[fault 53, fault 69] that was interrupted, or moved', () => {
    const packages = ['edge-demo-pkg[more]==1', 'leaf==1.0']
    const wanted = { path: '/srv/venv5', packages }
    const sound = async () => expect(await host.sh('cd /srv/venv5; ls -A; bin/pip check; bin/pip --version | cut -d" " -f4; bin/python3 -c "import leaf, Edge_Demo_Pkg"; ls -d /tmp/pip-* 2>/dev/null || :')).to.match(/^bin\ninclude\nlib\nlib64\npyvenv.cfg\nNo broken requirements found.\n\/srv\/venv5\/lib\/python3[^\n]*\n$/)
    const mended: [string, string, RegExp][] = [
      ['while pip unpacked itself', 'rm -rf $s/*; python3 -m venv --without-pip .; mkdir $s/pip; touch $s/pip/__init__.py', /python: unfinished \(pip without a RECORD\) → sound/],
      ['while a wheel was written whose metadata comes first', 'rm $s/leaf.py $s/leaf-*/RECORD $s/leaf-*/INSTALLER', /python: unfinished \(leaf without a RECORD\) → sound/],
      ['and is another\'s that was moved', 'cd /; rm -rf /srv/venv6; mv /srv/venv5 /srv/venv6; mv /srv/venv6 /srv/venv5; sed -i 1s,venv5,venv6, /srv/venv5/bin/pip', /python: moved \(made as \/srv\/venv6\) → sound/],
    ]
    before(async () => void (await host.sh('rm -rf /srv/venv5 /tmp/pip-*')))
    for (const [when, script, diff] of mended) {
      it(`${when}, is created again, as a check predicted`, async () => {
        expect((await apply(wanted)).error).to.equal(undefined)
        await sound()
        await host.sh(`cd /srv/venv5; s=$(echo lib/python3*/site-packages); ${script}`)
        const [check, applied] = [await apply(wanted, true), await apply(wanted)]
        expect([check.status, applied.status], applied.error).to.deep.equal(['change', 'change'])
        expect(applied.changes).to.deep.equal(check.changes)
        expect(applied.changes[0]?.diff).to.match(diff)
        await sound()
        expect((await apply(wanted)).status).to.equal('ok')
      })
    }
    it('[fault 69] is recognised if pip was killed, but not if it merely failed', async () => {
      await host.sh('rm -rf /srv/venv5')
      await apply({ ...wanted, packages: ['leaf==1.0'] })
      expect((await apply({ ...wanted, packages: ['leaf==9'] })).status).to.equal('failed')
      expect((await apply({ ...wanted, packages: ['leaf==1.0'] })).status, 'it failed').to.equal('ok')
      await host.sh(`echo "import sys, os; 'install' in sys.orig_argv and os.kill(os.getpid(), 9)" >/srv/venv5/lib/python3.11/site-packages/killer.pth`)
      expect((await apply({ ...wanted, packages: ['leaf==1.5'] })).status).to.equal('failed')
      expect((await apply({ ...wanted, packages: ['leaf==1.0'] }, true)).changes[0]?.diff, 'it was killed').to.contain('unfinished (a run was interrupted)')
      expect((await apply({ ...wanted, packages: ['leaf==1.0'] })).status).to.equal('change')
      await host.sh('rm -rf /srv/venv5')
    })
  })

  it('leaves nothing behind if an environment cannot be created, so that the next run creates a complete one', async () => {
    await host.sh('for d in /usr/lib/python3.*/ensurepip; do mv $d $d.away; done')
    try {
      expect((await apply({ path: '/srv/venv3', packages: ['leaf'] })).error).to.contain('was not created successfully').and.contain('ensurepip')
      expect(await host.sh('ls -A /srv/venv3')).to.equal('')
    } finally {
      await host.sh('for d in /usr/lib/python3.*/ensurepip.away; do mv $d ${d%.away}; done')
    }
  })
  it('[pip 12] restores a missing pip when there is something to install', async () => {
    await host.sh('rm -rf /srv/venv/bin/pip* /srv/venv/lib/python3*/site-packages/pip*')
    expect((await apply({ packages: ['leaf==1.0'] })).error).to.equal(undefined)
    expect((await apply({ packages: ['leaf==1.0'] })).status).to.equal('ok')
  })
  it('gives a secret index to pip in a file: no command line, no environment and no report has it', async () => {
    const watch = (await findLabHost(unitHostName)).watch(`cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -a -o -x -e 'pip' -e '.*hunter2[2].*' || :`, 0)
    const task = await apply({ packages: ['leaf==9'], index: secret('file:///srv/hunter22/simple'), noIndex: false, findLinks: [] })
    expect(await watch.stop()).to.deep.equal(['pip'])
    expect(task.error).to.contain('No matching distribution found for leaf==9')
    expect(JSON.stringify(task)).to.not.contain('hunter22')
    expect(pipVenv({ path: '/x', proxy: 'http://me:pw@127.0.0.1:1' }).issues[0]?.message).to.contain('without a password')
  })
  it('removes the whole environment with state absent, and then there is nothing to do', async () => {
    const gone = pipVenv({ path: '/srv/venv2', state: 'absent' })
    expect(await statusesOf(host, gone, gone)).to.deep.equal(['change', 'ok'])
  })
  it('[pip 13] names file and line of what it does not support', () => {
    const fails = (text: string) => () => readRequirements([local('bad.txt', `leaf\n${text}\n`)])
    expect(fails('-e git+https://example.org/a#egg=a')).to.throw('bad.txt:2: Editable requirements are not supported')
    expect(fails('./a.whl')).to.throw('has no package name')
    expect(fails('a>>1')).to.throw('bad.txt:2: The requirement "a>>1"')
    expect(fails('-r gone.txt')).to.throw(/gone\.txt, named in \S+bad\.txt:2, cannot be read/)
    expect(fails('--index-url https://${USER}@x/')).to.throw('Variables')
    expect(readRequirements([local('loop.txt', '-r loop.txt\na\\\n==1\n--pre\n')])).to.deep.equal({ requirements: ['a==1'], constraints: [], lines: ['a==1', '--pre'], constraintLines: [] })
  })
  it('[pip 8] compares where a package came from', () => {
    const git = (revision?: string) => JSON.stringify({ url: 'https://h/r', vcs_info: { vcs: 'git', requested_revision: revision, commit_id: 'abc' } })
    expect(comesFrom(git('v1'), 'git+https://h/r@v1')).to.equal(true)
    expect(comesFrom(git('v1'), 'git+https://me@h/r@v2')).to.equal(false)
    expect(comesFrom(git(), 'git+https://me@h/r')).to.equal(true)
    expect(comesFrom(git('v1'), 'git+https://h/r@abc')).to.equal(true)
    expect(comesFrom(undefined, 'git+https://h/r')).to.equal(false)
    expect(comesFrom(JSON.stringify({ url: 'https://h/a.zip', archive_info: { hash: 'sha256=1' } }), 'https://h/a.zip#sha256=2')).to.equal(false)
    expect(comesFrom(JSON.stringify({ url: 'https://h/a.zip', subdirectory: 's', archive_info: {} }), 'https://h/a.zip#subdirectory=s')).to.equal(true)
  })
})
