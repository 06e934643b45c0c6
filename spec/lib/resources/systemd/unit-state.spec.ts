import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { explainUnit, parseUnits, readUnits, reloadIfNeeded, startOrExplain } from '../../../../lib/resources/systemd/unit-state.ts'
import { inTemporaryDirectory } from '../../shell/local-session.ts'

const output = (text: string, exitCode = 0) => ({ stdout: Buffer.from(text), stderr: '', exitCode })

/** Runs a script with programs of the spec's own before those of `search`. */
const withPrograms = (programs: Readonly<Record<string, string>>, script: string, search = ':/usr/bin:/bin') => inTemporaryDirectory(async directory => {
  for (const [name, text] of Object.entries(programs)) writeFileSync(path.join(directory, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  const { stdout, stderr, status } = spawnSync('/bin/sh', ['-c', script], { encoding: 'utf8', cwd: directory, env: { PATH: directory + search } })
  return { stdout, stderr, exitCode: status ?? 255 }
})

describe('units of systemd', () => {
  it('[systemd 12] are read from blocks without blank lines between them, skipping lines that are not properties', () => {
    const states = parseUnits(output('LoadState=loaded\nActiveState=active\nSubState=exited\nId=a.service\n-invalid-line==\nnonsense\nLoadState=not-found\nActiveState=inactive\nId=b.service\nLoadState=loaded\nActiveState=activating\nSubState=auto-restart\nId=c.service\n'), ['a', 'b', 'c'])
    expect(states.map(state => state && [state.id, state.running])).to.deep.equal([['a.service', true], null, ['c.service', 'restarting']])
  })
  it('keeps units apart that have different properties, as a target and a oneshot service', () => {
    const states = parseUnits(output('LoadState=loaded\nActiveState=active\nId=a.target\n\nType=oneshot\nRemainAfterExit=no\nResult=success\nLoadState=loaded\nActiveState=inactive\nId=b.service\n'), ['a.target', 'b.service'])
    expect(states.map(state => state && [state.id, state.ends])).to.deep.equal([['a.target', false], ['b.service', true]])
  })
  it('takes a unit that is only linked for disabled', () => {
    expect(parseUnits(output('LoadState=loaded\nUnitFileState=linked\nId=a\n'), ['a'])[0]?.enabled).to.equal('disabled')
  })

  it('[fault 71, systemd 9] are stopped when failed or inactive, and neither stopped nor running while activating or deactivating', () => {
    const running = (active: string) => parseUnits(output(`Id=a\nLoadState=loaded\nActiveState=${active}\nSubState=x\n`), ['a'])[0]?.running
    expect(['active', 'reloading', 'failed', 'inactive', 'deactivating', 'activating'].map(running)).to.deep.equal([true, true, false, false, 'deactivating', 'activating'])
  })

  it('[systemd 9] are neither running nor stopped while they wait for a restart', () => {
    const running = (sub: string) => parseUnits(output(`Id=a\nLoadState=loaded\nActiveState=activating\nSubState=${sub}\n`), ['a'])[0]?.running
    expect(['auto-restart', 'auto-restart-queued', 'start-pre'].map(running)).to.deep.equal(['restarting', 'restarting', 'activating'])
  })

  const names = ['a.service', "it's\\x2d@1.service", '-b.service']
  const asked = (isEnabled: string) => withPrograms({
    systemctl: `printf '%s|' "$@" >>calls; echo >>calls; case $1 in show) printf 'Id=%s\\nUnitFileState=enabled\\n\\n' 'a.service' "it's\\\\x2d@1.service" '-b.service';; is-enabled) shift 2; ${isEnabled};; esac`,
  }, `${readUnits(names).script.text}\nexec <calls; sed 's/^/call /'`)

  it('are asked for by two calls of systemctl, whatever their names', async () => {
    const { stdout, exitCode } = await asked('for u; do echo disabled; done')
    expect(exitCode).to.equal(0)
    const calls = stdout.split('\n').filter(line => line.startsWith('call '))
    expect(calls).to.have.length(2)
    expect(calls[0]).to.match(/^call show\|-p\|Id,[A-Za-z,]+\|--\|a\.service\|it's\\x2d@1\.service\|-b\.service\|$/)
    expect(calls[1]).to.equal("call is-enabled|--|a.service|it's\\x2d@1.service|-b.service|")
    expect(parseUnits(output(stdout), names).map(state => state?.enabled)).to.deep.equal(['disabled', 'disabled', 'disabled'])
  })
  it('are asked for one by one where systemctl stops at one that it does not know; of that, what systemd remembers counts', async () => {
    const { stdout } = await asked(`for u; do case $u in it*) exit 1;; *) echo disabled;; esac; done`)
    expect(parseUnits(output(stdout), names).map(state => state?.enabled)).to.deep.equal(['disabled', 'enabled', 'disabled'])
  })

  it('[systemd 2] that are indirect are judged by all units that they enable, except static ones', () => {
    const enabled = (also: string) => parseUnits(output(`Id=a\nLoadState=loaded\nUnitFileState=indirect\n=also a${also}\n`), ['a'])[0]?.enabled
    expect([' enabled', ' enabled static', ' disabled indirect', ' enabled disabled', ' enabled-runtime', ' enabled unknown', ' static', ''].map(enabled)).to.deep.equal([
      'indirect, enabled', 'indirect, enabled', 'indirect, disabled', 'indirect, partly', 'indirect, partly', 'indirect, unknown', 'static', 'indirect',
    ])
  })

  it('do not exist without systemd, and are unknown if it does not answer', async () => {
    const { exitCode } = await withPrograms({}, readUnits(['a']).script.text, '')
    expect(parseUnits(output('', exitCode), ['a'])).to.deep.equal([null])
    const silent = await withPrograms({ systemctl: 'exit 1' }, readUnits(['a']).script.text)
    expect(() => parseUnits(output('', silent.exitCode), ['a'])).to.throw('Could not query systemd')
  })

  it('are reloaded by systemd if it says that this is needed, and not otherwise', async () => {
    const calls = async (needed: string) => (await withPrograms({ systemctl: `case $1 in show) echo NeedDaemonReload=${needed};; *) echo "$@";; esac` }, reloadIfNeeded('a.service').text)).stdout
    expect([await calls('yes'), await calls('no')]).to.deep.equal(['daemon-reload\n', ''])
  })
  it('are reported in systemd\'s words and their own if something went wrong, and not otherwise', async () => {
    const told = (code: number) => withPrograms({ systemctl: 'echo "$@"', journalctl: 'echo the journal' }, `c=${code}; since=; ${explainUnit('a.service').text}`)
    expect(await told(0)).to.deep.equal({ stdout: '', stderr: '', exitCode: 0 })
    expect(await told(3)).to.deep.equal({ stdout: 'the journal\n', stderr: 'status --no-pager -l -n 0 -- a.service\nthe journal\n', exitCode: 3 })
  })
  it('of Type=simple are given a moment to fail, and then what they said is shown', async () => {
    const systemctl = (states: string) => `case "$1 $*" in "show "*"-p Type"*) echo Type=simple;; "show "*NRestarts*) echo NRestarts=\${restarts:-0};; "show "*) ${states};; "status "*) echo the status >&2; exit 3;; esac`
    const start = (states: string) => withPrograms({ systemctl: systemctl(states), journalctl: '[ "$1" = --sync ] || echo the journal' }, startOrExplain('a.service').text)
    expect(await start('echo ActiveState=active')).to.deep.equal({ stdout: '', stderr: '', exitCode: 0 })
    expect(await start('echo ActiveState=failed')).to.deep.equal({ stdout: '', stderr: 'the status\nthe journal\n', exitCode: 1 })
    expect((await withPrograms({ systemctl: systemctl('echo ActiveState=active'), journalctl: ':' }, `export restarts=2; ${startOrExplain('a.service').text}`)).exitCode).to.equal(1)
    expect((await start('echo x >>n; [ $(wc -l <n) -lt 3 ] && echo ActiveState=active || echo SubState=auto-restart')).exitCode).to.equal(1)
  })
})
