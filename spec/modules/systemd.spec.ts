import { expect } from 'chai'
import type { Play } from '../../lib/index.ts'
import { file as writeFile } from '../../modules/file.ts'
import { systemd } from '../../modules/systemd.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { changed, diffs, labHost, type SpecHost } from '../helpers/module-host.ts'
import { refusal, runTask, statusesOf } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const units = ['plain', 'static', 'indirect', 'broken', 'crashing', 'norm', 'once', 'stays', 'slow', 'lingers', 'wrong', 'elsewhere', 'empty', 'again', 'starts']
const invocations = 'systemctl show -p Id,InvocationID,UnitFileState,StateChangeTimestampMonotonic plain.service; find /etc/systemd/system -printf "%p %i %T@ %C@\\n" | sort'

describe('systemd', function () {
  this.timeout(240_000)
  let host: SpecHost
  const file = (name: string, text: string) => `printf '%b' ${JSON.stringify(text)} >/etc/systemd/system/${name};`
  const left = [...units.map(unit => `${unit}.service`), 'sleeper@*.service', 'nick.service', 'indirect.socket', 'indirect2.socket', 'indirect@.socket', 'brought.service']
  const clean = `systemctl stop ${left.map(unit => `'${unit}'`).join(' ')} 2>/dev/null; systemctl reset-failed
cd /etc/systemd/system; update-rc.d spec-init remove; rm -f /etc/init.d/spec-init; rm -rf ${left.join(' ')} ${left.map(unit => `*.wants/${unit} /run/systemd/system/${unit}`).join(' ')} /usr/lib/systemd/system/brought.service /srv/units; systemctl daemon-reload;`
  before(async () => {
    host = await labHost(unitHostName)
    await host.sh(`${clean}
${file('plain.service', '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n')}
${file('lingers.service', '[Service]\\nExecStart=/bin/sleep infinity\\nExecStop=/bin/sleep 1\\n')}
${file('static.service', '[Service]\\nExecStart=/bin/sleep infinity\\n')}
${file('indirect.service', '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nAlso = indirect.socket indirect2.socket\\n')}
${file('indirect2.socket', '[Socket]\\nListenStream=/run/indirect2\\n[Install]\\nWantedBy=sockets.target\\n')}
${file('indirect.socket', '[Socket]\\nListenStream=/run/indirect\\n[Install]\\nWantedBy=sockets.target\\n')}
${file('broken.service', '[Service]\\nExecStart=/bin/sh -c "echo the reason is here >&2; exit 3"\\nRestart=always\\nRestartSec=1\\n[Install]\\nWantedBy=multi-user.target\\n')}
${file('sleeper@.service', '[Service]\\nExecStart=/bin/sleep %i\\n[Install]\\nWantedBy=multi-user.target\\n')}
${file('norm.service', '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\nAlias=nick.service\\n')}
${file('once.service', '[Service]\\nType=oneshot\\nExecStart=/bin/true\\n')}
${file('stays.service', '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/true\\n')}
mkdir -p /mnt/made; grep -q /mnt/made /etc/fstab || echo 'tmpfs /mnt/made tmpfs noauto 0 0' >>/etc/fstab
systemctl daemon-reload`)
  })
  after(async () => {
    await host.sh(`${clean} sed -i '\\#/mnt/made#d' /etc/fstab; systemctl daemon-reload`)
  })

  const apply = (args: Parameters<typeof systemd>[0], check = false) => runTask(host, systemd(args), { check })
  const statuses = (...calls: Parameters<typeof systemd>[0][]) => statusesOf(host, ...calls.map(systemd))

  it('[systemd 9] starts and enables a unit, keeps its invocation, repairs what was stopped', () => goThroughFourRounds(host, {
    task: () => systemd({ unit: 'plain', state: 'started', enabled: true }), prepare: 'systemctl disable -q --now plain', drift: 'systemctl disable -q --now plain', proof: invocations, drifted: ['unit[plain.service]'],
  }))
  it('reloads a unit file that was changed by hand, and says so', async () => {
    await host.sh('echo "# by hand" >>/etc/systemd/system/plain.service')
    const task = await apply({ unit: 'plain', state: 'started' })
    expect(task.changes[0]?.diff).to.equal('needsDaemonReload: true → false')
    expect(await statuses({ unit: 'plain', state: 'started' })).to.deep.equal(['ok'])
  })
  it('[systemd 1] accepts a static unit as enabled and as disabled: there is nothing to do', async () => {
    expect(await statuses({ unit: 'static', enabled: true }, { unit: 'static', enabled: false })).to.deep.equal(['ok', 'ok'])
  })
  it('[systemd 2] judges an indirect unit by the unit that it enables', async () => {
    expect(await statuses({ unit: 'indirect', enabled: false }, { unit: 'indirect', enabled: true }, { unit: 'indirect', enabled: true }, { unit: 'indirect', enabled: false }, { unit: 'indirect', enabled: false }))
      .to.deep.equal(['ok', 'change', 'ok', 'change', 'ok'])
  })
  it('[systemd 2] counts an indirect unit neither as enabled nor as disabled if it enables two units and only one is enabled', async () => {
    for (const enabled of [false, true]) {
      await host.sh('systemctl disable -q indirect2.socket; systemctl enable -q indirect.socket')
      expect(await statuses({ unit: 'indirect', enabled }, { unit: 'indirect', enabled })).to.deep.equal(['change', 'ok'])
      const state = enabled ? 'enabled' : 'disabled'
      expect(await host.sh('systemctl is-enabled indirect.socket indirect2.socket || :')).to.equal(`${state}\n${state}\n`)
    }
  })
  it('[systemd 2] enables what an indirect unit enables through a template, and fails if it names a unit that does not exist', async () => {
    const also = (name: string) => host.sh(`${file('indirect.service', `[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nAlso=${name}\\n`)} ${file('indirect@.socket', '[Socket]\\nListenStream=/run/indirect%i\\n[Install]\\nWantedBy=sockets.target\\nDefaultInstance=x\\n')} systemctl daemon-reload`)
    await also('indirect@.socket')
    expect(await statuses(...[false, true, true, false].map(enabled => ({ unit: 'indirect', enabled })))).to.deep.equal(['ok', 'change', 'ok', 'change'])
    await also('nosuch.socket')
    expect(await refusal(host, () => systemd({ unit: 'indirect', enabled: true }))).to.contain('starts at boot is unknown')
  })
  it('[systemd 9] notices that the link that starts a unit at boot was removed behind systemd\'s back, and restores it', async () => {
    await host.sh('systemctl enable -q plain; systemctl show plain; rm /etc/systemd/system/multi-user.target.wants/plain.service')
    expect(await statuses({ unit: 'plain', enabled: true }, { unit: 'plain', enabled: true })).to.deep.equal(['change', 'ok'])
    expect(await host.sh('ls /etc/systemd/system/multi-user.target.wants/plain.service')).to.contain('plain.service')
  })
  it('[systemd 10] enables and disables a script of init.d', async () => {
    await host.sh("printf '#!/bin/sh\n### BEGIN INIT INFO\n# Provides: spec-init\n# Default-Start: 2 3 4 5\n# Default-Stop: 0\n# Required-Start:\n# Required-Stop:\n### END INIT INFO\n' >/etc/init.d/spec-init; chmod 755 /etc/init.d/spec-init; systemctl daemon-reload")
    expect(await statuses(...[false, true, true, false, false].map(enabled => ({ unit: 'spec-init', enabled })))).to.deep.equal(['ok', 'change', 'ok', 'change', 'ok'])
  })
  it('[systemd 10] leaves a generated unit alone with enabled: false, and fails in systemd\'s words with enabled: true, in check mode too', async () => {
    expect(await statuses({ unit: 'mnt-made.mount', enabled: false })).to.deep.equal(['ok'])
    for (const check of [true, false]) expect((await apply({ unit: 'mnt-made.mount', enabled: true }, check)).error).to.contain('is transient or generated')
  })
  it('[systemd 4] does not mask a unit with a file of the administrator', async () => {
    for (const check of [true, false]) expect((await apply({ unit: 'plain', masked: true }, check)).error).to.contain('Failed to mask unit, file "/etc/systemd/system/plain.service" already exists.')
  })
  it('[systemd 5] masks a unit that is not installed, refuses to start it, unmasks it, also from a mask until reboot', async () => {
    expect(await statuses({ unit: 'slow', masked: true }, { unit: 'slow', masked: true })).to.deep.equal(['change', 'ok'])
    for (const args of [{ unit: 'slow', enabled: true }, { unit: 'slow', state: 'started' as const }]) expect((await apply(args)).error).to.contain('is masked')
    expect(await statuses({ unit: 'slow', masked: false }, { unit: 'slow', masked: false })).to.deep.equal(['change', 'ok'])
    await host.sh('systemctl mask --runtime slow.service')
    expect(await statuses({ unit: 'slow', masked: false }, { unit: 'slow', masked: false })).to.deep.equal(['change', 'ok'])
  })
  it('[systemd 5] recognises an empty unit file as a mask', async () => {
    await host.sh(': >/etc/systemd/system/empty.service; systemctl daemon-reload')
    expect(await statuses({ unit: 'empty', masked: true })).to.deep.equal(['ok'])
  })
  it('[systemd 5] turns a mask until reboot into a permanent one, keeps it, masks again', () => goThroughFourRounds(host, {
    task: () => systemd({ unit: 'slow', masked: true }), drift: 'systemctl unmask -q slow.service; systemctl mask -q --runtime slow.service', proof: invocations, drifted: ['unit-mask[slow.service]'],
  }))
  it('[systemd 5] unmasks, enables and starts in one task; stops, disables and masks in one', async () => {
    await host.sh(`printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/usr/lib/systemd/system/brought.service; systemctl daemon-reload; systemctl enable -q --now brought`)
    const off = { unit: 'brought', masked: true, state: 'stopped' as const, enabled: false }
    const on = { unit: 'brought', masked: false, state: 'started' as const, enabled: true }
    expect(await statuses(off, off)).to.deep.equal(['change', 'ok'])
    expect(await host.sh('systemctl is-enabled brought || :; systemctl is-active brought || :')).to.equal('masked\ninactive\n')
    expect(await statuses(on, on)).to.deep.equal(['change', 'ok'])
    await host.sh('systemctl disable -q --now brought; rm /usr/lib/systemd/system/brought.service; systemctl daemon-reload')
  })
  it('[systemd 6] starts and enables one instance of a template, and no other', async () => {
    const on = { unit: 'sleeper@100', state: 'started' as const, enabled: true }
    const off = { unit: 'sleeper@100', state: 'stopped' as const, enabled: false }
    expect(await statuses(on, on)).to.deep.equal(['change', 'ok'])
    expect(await host.sh('systemctl is-enabled sleeper@2.service || :')).to.equal('disabled\n')
    expect(await statuses(off, off)).to.deep.equal(['change', 'ok'])
    expect(systemd({ unit: 'sleeper@.service', enabled: true }).issues[0]?.message).to.contain('must name an instance')
  })
  it('[systemd 8] refuses patterns, keeps other suffixes', () => {
    expect(systemd({ unit: 'ssh*' }).issues[0]?.message).to.contain('patterns are not allowed')
    expect(systemd({ unit: 'a.timer' }).issues).to.deep.equal([])
  })
  it('[systemd 9] counts a oneshot that stays active as running; refuses to keep one started that ends, but restarts it in a handler', async () => {
    expect(await statuses({ unit: 'stays', state: 'started' }, { unit: 'stays', state: 'started' })).to.deep.equal(['change', 'ok'])
    expect((await apply({ unit: 'once', state: 'started' })).error).to.contain('oneshot that does not stay active')
    const { handlers } = await host.run(({ task, handler }) => {
      const again = handler('again', systemd({ unit: 'once', state: 'restarted' }))
      task('change', systemd({ unit: 'stays', state: 'stopped' }), { notify: again })
    })
    expect(handlers.map(({ status, error }) => [status, error])).to.deep.equal([['change', undefined]])
  })
  it('[systemd 9] waits for a unit that is still stopping', async () => {
    await host.sh('systemctl start lingers; systemctl stop --no-block lingers')
    expect((await apply({ unit: 'lingers', state: 'stopped' })).changes[0]?.diff).to.equal('running: deactivating → false')
    expect(await host.sh('systemctl is-active lingers || :')).to.equal('inactive\n')
  })
  it('[systemd 9] a unit that a handler restarts or reloads runs afterwards, even if it was stopped', async () => {
    for (const state of ['restarted', 'reloaded'] as const) {
      await host.sh('systemctl stop plain; systemctl start stays')
      const { handlers } = await host.run(({ task, handler }) => void task('change', systemd({ unit: 'stays', state: 'stopped' }), { notify: handler('again', systemd({ unit: 'plain', state })) }))
      expect(handlers.map(({ status, error }) => [status, error])).to.deep.equal([['change', undefined]])
      expect(await host.sh('systemctl is-active plain')).to.equal('active\n')
    }
  })
  it('[fault 35] a handler for a unit with a misspelt name fails in a check as in a run', async () => {
    await host.sh('rm -f /srv/misspelt')
    const work = ({ task, handler }: Play) => void task('tell', writeFile({ path: '/srv/misspelt', content: 'x' }), { notify: handler('restart', systemd({ unit: 'crno', state: 'restarted' })) })
    for (const check of [true, false]) {
      const { handlers, status } = await host.run(work, { check })
      expect([status, handlers.map(each => each.status)]).to.deep.equal(['failed', ['failed']])
      expect(handlers[0]?.error).to.include('There is no unit crno.service.')
    }
  })

  it('[fault 71] waits for a unit that is being started, and reports if that fails', async () => {
    const starting = (then: string) => host.sh(`${file('starts.service', `[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/sh -c "until [ -e /run/slow.go ]; do sleep 0.1; done; ${then}"\\n`)} rm -f /run/slow.go; systemctl daemon-reload; systemctl stop starts 2>/dev/null; systemctl start --no-block starts; timeout 30 sh -c "until systemctl is-active starts | grep -q activating; do sleep 0.1; done"`)
    const go = '(sleep 1; touch /run/slow.go) >/dev/null 2>&1 &'
    await starting('true')
    await host.sh(go)
    const { status, changes, error } = await apply({ unit: 'starts', state: 'started' })
    expect([status, changes, error]).to.deep.equal(['ok', [], undefined])
    expect(await host.sh('systemctl is-active starts')).to.equal('active\n')
    await starting('echo the reason is here; exit 3')
    expect((await apply({ unit: 'starts', state: 'started' }, true)).error).to.contain('starts.service has not started: it is activating')
    await host.sh(go)
    expect((await apply({ unit: 'starts', state: 'started' })).error).to.contain('the reason is here')
    await host.sh('systemctl reset-failed starts; rm /etc/systemd/system/starts.service; systemctl daemon-reload')
  })
  it('[fault 9] enables a unit as its file requests now if [Install] was changed, and a check says so', async () => {
    const norm = (install: string) => `[Service]\nExecStart=/bin/sleep infinity\n[Install]\n${install}\n`
    const play = (install: string) => ({ task }: Play) => {
      task('file', writeFile({ path: '/etc/systemd/system/norm.service', content: norm(install) }))
      task('enabled', systemd({ unit: 'norm', enabled: true }))
    }
    const links = () => host.sh('cd /etc/systemd/system; find . -name "*norm*" -type l -o -name "nick*" | sort')
    await host.apply(play('WantedBy=multi-user.target'))
    expect(await links()).to.equal('./multi-user.target.wants/norm.service\n')
    const other = play('WantedBy=timers.target sockets.target\nAlias=nick.service')
    const foretold = await host.check(other)
    expect(diffs(foretold)).to.contain('unit[norm.service]\nlinks: multi-user.target.wants → nick.service, sockets.target.wants, timers.target.wants')
    expect(diffs(await host.apply(other))).to.equal(diffs(foretold))
    expect(await links()).to.equal('./nick.service\n./sockets.target.wants/norm.service\n./timers.target.wants/norm.service\n')
    expect((await host.check(other)).status).to.equal('ok')
    expect(changed(await host.apply(play('WantedBy=sockets.target')))).to.deep.equal(['file[/etc/systemd/system/norm.service]', 'unit[norm.service]'])
    expect(await links()).to.equal('./sockets.target.wants/norm.service\n')
    await host.sh('systemctl disable -q norm')
    await host.sh(`${file('norm.service', norm('WantedBy=multi-user.target\nAlias=nick.service').replaceAll('\n', '\\n'))} systemctl daemon-reload`)
  })
  it('[fault 48] in one run, disables a unit that is enabled both permanently and until reboot, and unmasks one that is masked both ways', async () => {
    await host.sh('systemctl enable -q plain; systemctl enable -q --runtime plain; systemctl mask -q slow; systemctl mask -q --runtime slow')
    expect(await statuses({ unit: 'plain', enabled: false }, { unit: 'plain', enabled: false }, { unit: 'slow', masked: false }, { unit: 'slow', masked: false })).to.deep.equal(['change', 'ok', 'change', 'ok'])
    expect(await host.sh('ls -d /run/systemd/system/*.wants/plain.service /run/systemd/system/slow.service 2>/dev/null || :')).to.equal('')
  })
  it('keeps apart a target and a oneshot that are looked at together', async () => {
    const { tasks } = await host.run(({ task }) => {
      task('target', systemd({ unit: 'multi-user.target', state: 'started' }))
      task('oneshot', systemd({ unit: 'once', enabled: false }))
    })
    expect(tasks.map(({ status, error }) => [status, error])).to.deep.equal([['ok', undefined], ['ok', undefined]])
  })
  it('enables and disables a unit whose file is elsewhere, and leaves the link to it', async () => {
    await host.sh("mkdir -p /srv/units; printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/srv/units/elsewhere.service; systemctl link -q /srv/units/elsewhere.service")
    expect(await statuses(...[false, true, true, false, false].map(enabled => ({ unit: 'elsewhere', enabled })))).to.deep.equal(['ok', 'change', 'ok', 'change', 'ok'])
    expect(await host.sh('systemctl is-enabled elsewhere || :')).to.equal('linked\n')
  })
  it('[systemd 13] fails with the last lines of the journal when a unit does not start or keeps failing', async () => {
    for (const time of ['first', 'second', 'third']) expect((await apply({ unit: 'broken', state: 'started' })).error, time).to.contain('the reason is here')
    await host.sh('systemctl stop broken; systemctl reset-failed broken || :')
  })
  it('[systemd 9] stops a failed unit for good that systemd is about to restart', async () => {
    await host.sh(`${file('again.service', '[Service]\\nExecStart=/bin/false\\nRestart=always\\nRestartSec=2\\n')} systemctl daemon-reload; systemctl start again; until systemctl show -p SubState again | grep -q auto-restart; do sleep 0.1; done`)
    expect((await apply({ unit: 'again', state: 'stopped' })).changes[0]?.diff).to.equal('running: restarting → false')
    await host.sh('sleep 2.5')
    expect(await host.sh('systemctl show -p ActiveState --value again')).to.match(/^(inactive|failed)\n$/)
    expect(await statuses({ unit: 'again', state: 'stopped' })).to.deep.equal(['ok'])
  })
  it('[systemd 13] a handler that restarts a broken unit fails with the last lines of its journal, and runs again the next time', async () => {
    const play = (state: 'started' | 'stopped') => host.run(({ task, handler }) => void task('change', systemd({ unit: 'plain', state }), { notify: handler('again', systemd({ unit: 'broken', state: 'restarted' })) }))
    for (const state of ['stopped', 'stopped', 'started'] as const) {
      const { handlers } = await play(state)
      expect(handlers.map(({ status, error = '' }) => [status, error.includes('the reason is here')])).to.deep.equal([['failed', true]])
    }
    await host.sh('systemctl stop broken; rm -f /var/lib/stead/notified/*')
  })
  it('[systemd 13] fails with systemd\'s words when a unit cannot be loaded', async () => {
    await host.sh(`${file('wrong.service', '[Service]\\nType=simple\\n')} systemctl daemon-reload`)
    expect((await apply({ unit: 'wrong', state: 'started' })).error).to.contain('bad unit file setting').and.contain('wrong.service')
  })
  it('[systemd 13] fails with systemd\'s words when the program does not exist', async () => {
    await host.sh(`${file('crashing.service', '[Service]\\nExecStart=/no/such/program\\n')} systemctl daemon-reload`)
    expect((await apply({ unit: 'crashing', state: 'started' })).error).to.contain('/no/such/program')
    expect(await statuses({ unit: 'crashing', state: 'stopped' })).to.deep.equal(['ok'])
  })
  it('[systemd 13] writes an alias by its unit\'s own name', async () => {
    await host.sh('systemctl enable -q norm.service; systemctl start norm')
    const task = await apply({ unit: 'nick', enabled: false, state: 'stopped' })
    expect(task.changes.map(({ resource }) => resource)).to.deep.equal(['unit[norm.service]'])
    expect(await host.sh('systemctl is-enabled norm.service || :')).to.equal('disabled\n')
  })
  it('[check 4] says that a unit does not exist, in check mode too', async () => {
    for (const check of [true, false]) expect((await apply({ unit: 'nosuch', state: 'started' }, check)).error).to.contain('There is no unit nosuch.service')
  })

})
