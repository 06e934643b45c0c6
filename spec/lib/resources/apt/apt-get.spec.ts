import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { aptArguments, aptFunctions, autoremove, listsFunction, quietServices } from '../../../../lib/resources/apt/apt-get.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

/** Runs a script after the functions, with a directory in the place of the host's. */
function run(directory: string, text: string): { output: string; status: number | null } {
  const script = text.replaceAll(/(?<![a-zA-Z0-9])\/(?=var\/lib\/apt|var\/lib\/stead|etc\/apt|etc\/\$f|usr\/sbin\/policy)/g, `${directory}/`)
  const { stdout, stderr, status } = spawnSync('sh', ['-c', script], { encoding: 'utf8', cwd: directory })
  return { output: stdout + stderr, status }
}

/** A command that fails with `words` until it was called `times` times. */
const failing = (times: number, words: string) => `t() { echo >>calls; [ $(wc -l <calls) -gt ${times} ] || { echo ${JSON.stringify(words)}; return 100; }; }`

describe('how apt-get is called', () => {
  it('[apt 13] waits while another process holds a lock of apt or dpkg, and names the process', async () => {
    for (const words of ['E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt)', 'dpkg: error: dpkg database lock was locked by another process with pid 7']) {
      await inTemporaryDirectory(async directory => {
        const { output, status } = run(directory, `${aptFunctions({ lockTimeoutSeconds: 5 }).text}\n${failing(1, words)}\nmust t; echo done`)
        expect(status).to.equal(0)
        expect(output).to.match(/^stead-note: waits for another process, for up to 5 s: .*7.*\nstead-note: waited [1-9] s for another process: .*7.*\ndone\n$/)
      })
    }
  }).timeout(180_000)

  it('[apt 13] gives up after its timeout, with the message about the lock', () => inTemporaryDirectory(async directory => {
    const { output, status } = run(directory, `${aptFunctions({ lockTimeoutSeconds: 0 }).text}\n${failing(9, 'E: Could not get lock /x')}\nmust t; echo done`)
    expect([status, output.includes('Could not get lock /x'), output.includes('done')]).to.deep.equal([100, true, false])
  }))

  it('tries nothing twice that failed for another reason', () => inTemporaryDirectory(async directory => {
    const { output, status } = run(directory, `${aptFunctions({}).text}\n${failing(9, 'E: Unable to locate package x')}\n(must t); echo "$? $(wc -l <calls)"`)
    expect([status, output]).to.deep.equal([0, 'E: Unable to locate package x\n100 1\n'])
  }))

  it('takes lists for old where there are none, and where a source is younger', () => inTemporaryDirectory(async directory => {
    for (const folder of ['var/lib/apt/lists', 'etc/apt/sources.list.d']) mkdirSync(path.join(directory, folder), { recursive: true })
    writeFileSync(path.join(directory, 'etc/apt/sources.list'), '')
    const look = () => run(directory, `${listsFunction.text}\nlists; echo "$has/$newer/$age"`).output.trim()
    expect(look()).to.match(/^\/\d*\//)
    writeFileSync(path.join(directory, 'var/lib/apt/lists/x_Packages.lz4'), '')
    const age = (place: string, seconds: number) => utimesSync(path.join(directory, place), new Date(), new Date(Date.now() - seconds * 1000))
    for (const [place, seconds] of [['etc/apt/sources.list', 9000], ['etc/apt/sources.list.d', 9000], ['var/lib/apt/lists', 100]] as const) age(place, seconds)
    expect(look()).to.match(/^1\/\/10\d$/)
    age('etc/apt/sources.list.d', 50)
    expect(look()).to.match(/^1\/1\/10\d$/)
  }))

  it('counts lists as old without end where there is not even their directory', () => inTemporaryDirectory(async directory => {
    const { output, status } = run(directory, `${listsFunction.text}\nlists; [ "$age" -gt 1000000 ] && echo "old$has$newer"`)
    expect([status, output]).to.deep.equal([0, 'old\n'])
  }))

  it('cleans up however it ends, last things first, and keeps its exit status', () => inTemporaryDirectory(async directory => {
    const end = (how: string) => run(directory, `${aptFunctions({}).text}\nat_end 'echo first'; at_end 'echo second; false'\n${how}`)
    expect(end('echo work')).to.deep.equal({ output: 'work\nsecond\nfirst\n', status: 0 })
    expect(end('must sh -c "echo no; exit 3"')).to.deep.equal({ output: 'no\nsecond\nfirst\n', status: 3 })
    expect(end('kill -TERM $$; sleep 1; echo on')).to.deep.equal({ output: 'second\nfirst\n', status: 143 })
  }))

  it('keeps services from starting for the length of the script alone, and puts back a policy that was there, also after a run that was killed', () => inTemporaryDirectory(async directory => {
    mkdirSync(path.join(directory, 'usr/sbin'), { recursive: true })
    const policy = path.join(directory, 'usr/sbin/policy-rc.d')
    const script = `${aptFunctions({}).text}\n${quietServices({ startServices: false }).text}\n/usr/sbin/policy-rc.d; echo $?`
    expect(run(directory, script).output).to.equal('101\n')
    expect(run(directory, `ls ${path.dirname(policy)}`).output).to.equal('')
    writeFileSync(policy, '#!/bin/sh\nexit 7\n', { mode: 0o755 })
    for (const cutOff of ['', '\ntrap - EXIT']) {
      expect(run(directory, script + cutOff).output).to.equal('101\n')
      run(directory, quietServices({}).text)
      expect(execFileSync('cat', [policy], { encoding: 'utf8' })).to.contain('exit 7')
    }
  }))

  it('removes the policy that a killed run left, and no other', () => inTemporaryDirectory(async directory => {
    mkdirSync(path.join(directory, 'usr/sbin'), { recursive: true })
    const policy = path.join(directory, 'usr/sbin/policy-rc.d')
    const cutOff = `${aptFunctions({}).text}\n${quietServices({ startServices: false }).text}\ntrap - EXIT`
    run(directory, cutOff)
    expect(existsSync(policy)).to.equal(true)
    run(directory, quietServices({}).text)
    expect(existsSync(policy)).to.equal(false)
    writeFileSync(policy, '#!/bin/sh\nexit 7\n', { mode: 0o755 })
    run(directory, quietServices({}).text)
    expect(existsSync(policy)).to.equal(true)
  }))

  it('never prompts, keeps changed configuration, and does dangerous things only on request', () => {
    const usual = aptArguments({})
    expect(aptArguments({ failOnRemove: false })).not.to.include('--no-remove')
    expect(usual).to.include.members(['--no-remove', '-y', 'Dpkg::Options::=--force-confold', '--no-install-recommends', 'APT::Get::AutomaticRemove=false'])
    expect(usual.filter(each => /allow/.test(each))).to.deep.equal([])
    expect(aptArguments({ allowDowngrade: true, allowChangeHeld: true, release: 'x', recommends: true })).to.include.members(['--allow-downgrades', '--allow-change-held-packages', '-t', 'x', '--install-recommends'])
  })

  it('removes what is needed no more by a call of its own, since what is installed may remove nothing', () => {
    expect(autoremove({}).text).to.equal(':')
    expect(autoremove({ autoremove: true }).text).to.match(/^must apt-get autoremove /).and.not.contain('--no-remove')
    expect(autoremove({ autoremove: true, purge: true }).text).to.contain('--purge')
  })
})
