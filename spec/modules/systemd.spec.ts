import { expect } from 'chai'
import { systemd } from '../../modules/systemd.ts'
import { systemdUnit } from '../../modules/systemd-unit.ts'
import { timer } from '../../modules/timer.ts'
import { fourRounds } from '../helpers/rounds-of-task.ts'
import { LabHostUnderTest } from '../helpers/host-under-test.ts'

const units = ['plain', 'static', 'indirect', 'broken', 'crashing', 'norm', 'once', 'stays', 'slow']
const invocations = 'systemctl show -p Id,InvocationID,UnitFileState,StateChangeTimestampMonotonic plain.service once.timer; find /etc/systemd/system -printf "%p %i %T@ %C@\\n" | sort'

describe('systemd, systemd-unit and timer', function () {
  this.timeout(120_000)
  let host: LabHostUnderTest
  const file = (name: string, text: string) => `printf '%b' ${JSON.stringify(text)} >/etc/systemd/system/${name};`
  before(async () => {
    host = await LabHostUnderTest.up('spec-units')
    await host.shell(`systemctl unmask brought; for u in ${units.join(' ')}; do systemctl unmask $u.service --runtime; systemctl unmask $u.service; systemctl disable --now $u.service; rm -f /etc/systemd/system/$u.service; done
systemctl disable --now once.timer sleeper@100.service indirect.socket; rm -rf /etc/systemd/system/once.* /etc/systemd/system/sleeper@* /etc/systemd/system/plain.service.d /etc/systemd/system/nick.service /etc/systemd/system/indirect.socket
${file('static.service', '[Service]\\nExecStart=/bin/sleep infinity\\n')}
${file('indirect.service', '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nAlso=indirect.socket\\n')}
${file('indirect.socket', '[Socket]\\nListenStream=/run/indirect\\n[Install]\\nWantedBy=sockets.target\\n')}
${file('broken.service', '[Service]\\nExecStart=/bin/sh -c "echo the reason is here >&2; exit 3"\\nRestart=always\\n[Install]\\nWantedBy=multi-user.target\\n')}
${file('sleeper@.service', '[Service]\\nExecStart=/bin/sleep %i\\n[Install]\\nWantedBy=multi-user.target\\n')}
${file('norm.service', '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\nAlias=nick.service\\n')}
${file('once.service', '[Service]\\nType=oneshot\\nExecStart=/bin/true\\n')}
${file('stays.service', '[Service]\\nType=oneshot\\nRemainAfterExit=yes\\nExecStart=/bin/true\\n')}
mkdir -p /mnt/made; grep -q /mnt/made /etc/fstab || echo 'tmpfs /mnt/made tmpfs noauto 0 0' >>/etc/fstab
systemctl daemon-reload`)
  })
  after(() => host.close())

  const apply = async (args: Parameters<typeof systemd>[0], check = false) => {
    const { tasks: [task], error } = await host.run(({ task: add }) => void add('unit', systemd(args)), { check })
    if (!task) throw new Error(error)
    return task
  }
  const statuses = async (...calls: Parameters<typeof systemd>[0][]) => {
    const found: string[] = []
    for (const args of calls) found.push((await apply(args)).status)
    return found
  }
  const reloads = async () => Number(await host.shell('journalctl --sync; journalctl _PID=1 -o cat -b | grep -c "^Reloading" || :'))

  const plain = { name: 'plain', sections: { Service: { ExecStart: '/bin/sleep infinity' }, Install: { WantedBy: 'multi-user.target' } } }
  it('systemd-unit writes a unit file, keeps it, mends it', () => fourRounds({
    host, name: 'plain', task: () => systemdUnit(plain), drift: 'echo "# by hand" >>/etc/systemd/system/plain.service', proof: invocations, drifted: ['file[/etc/systemd/system/plain.service]'],
  }))
  it('a changed unit file or drop-in, and the removal of one, causes exactly one daemon-reload; an unchanged one none', async () => {
    const count = async (args: Parameters<typeof systemdUnit>[0]) => {
      const before = await reloads()
      const { tasks: [task] } = await host.run(({ task: add }) => void add('unit', systemdUnit(args)))
      return [task?.status, (await reloads()) - before]
    }
    const changed = { ...plain, sections: { ...plain.sections, Unit: { Description: 'changed' } } }
    expect(await count(changed)).to.deep.equal(['change', 1])
    expect(await count(changed)).to.deep.equal(['ok', 0])
    const dropIn = { name: 'plain', dropIn: 'more', sections: { Service: { Environment: ['A=1', 'B=2'] } } }
    expect(await count(dropIn)).to.deep.equal(['change', 1])
    expect(await host.shell('systemctl show -p Environment plain.service')).to.equal('Environment=A=1 B=2\n')
    expect(await count({ ...dropIn, state: 'absent' })).to.deep.equal(['change', 1])
    expect(await count({ ...dropIn, state: 'absent' })).to.deep.equal(['ok', 0])
    expect(await host.shell('ls -d /etc/systemd/system/plain.service.d 2>/dev/null || echo gone')).to.equal('gone\n')
  })
  it('[systemd 9] starts and enables a unit, keeps it the same invocation, repairs what was stopped', () => fourRounds({
    host, name: 'plain', task: () => systemd({ unit: 'plain', state: 'started', enabled: true }), blank: 'systemctl disable -q --now plain', drift: 'systemctl disable -q --now plain', proof: invocations, drifted: ['unit[plain.service]'],
  }))
  it('systemd reads a unit file anew that was changed by hand, and says so', async () => {
    await host.shell('sleep 1; echo "# by hand" >>/etc/systemd/system/plain.service')
    const task = await apply({ unit: 'plain', state: 'started' })
    expect(task.changes[0]?.diff).to.equal('needsDaemonReload: true → false')
    expect(await statuses({ unit: 'plain', state: 'started' })).to.deep.equal(['ok'])
  })
  it('[systemd 1] takes a static unit for enabled and for disabled: there is nothing to do', async () => {
    expect(await statuses({ unit: 'static', enabled: true }, { unit: 'static', enabled: false })).to.deep.equal(['ok', 'ok'])
  })
  it('[systemd 2] judges an indirect unit by the unit that it brings along', async () => {
    expect(await statuses({ unit: 'indirect', enabled: false }, { unit: 'indirect', enabled: true }, { unit: 'indirect', enabled: true }, { unit: 'indirect', enabled: false }, { unit: 'indirect', enabled: false }))
      .to.deep.equal(['ok', 'change', 'ok', 'change', 'ok'])
  })
  it('[systemd 10] leaves a generated unit alone when it is to be disabled, and fails in systemd\'s words when it is to be enabled, in check mode too', async () => {
    expect(await statuses({ unit: 'mnt-made.mount', enabled: false })).to.deep.equal(['ok'])
    for (const check of [true, false]) expect((await apply({ unit: 'mnt-made.mount', enabled: true }, check)).error).to.contain('is transient or generated')
  })
  it('[systemd 4] does not mask a unit whose file the administrator wrote', async () => {
    for (const check of [true, false]) expect((await apply({ unit: 'plain', masked: true }, check)).error).to.contain('Failed to mask unit, file "/etc/systemd/system/plain.service" already exists.')
  })
  it('[systemd 5] masks a unit that is not installed, refuses to start it, unmasks it, also from a mask until reboot', async () => {
    expect(await statuses({ unit: 'slow', masked: true }, { unit: 'slow', masked: true })).to.deep.equal(['change', 'ok'])
    for (const args of [{ unit: 'slow', enabled: true }, { unit: 'slow', state: 'started' as const }]) expect((await apply(args)).error).to.contain('is masked')
    expect(await statuses({ unit: 'slow', masked: false }, { unit: 'slow', masked: false })).to.deep.equal(['change', 'ok'])
    await host.shell('systemctl mask --runtime slow.service')
    expect(await statuses({ unit: 'slow', masked: false }, { unit: 'slow', masked: false })).to.deep.equal(['change', 'ok'])
  })
  it('[systemd 5] unmasks, enables and starts in one task; stops, disables and masks in one', async () => {
    await host.shell(`printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/usr/lib/systemd/system/brought.service; systemctl daemon-reload; systemctl enable -q --now brought`)
    const off = { unit: 'brought', masked: true, state: 'stopped' as const, enabled: false }
    const on = { unit: 'brought', masked: false, state: 'started' as const, enabled: true }
    expect(await statuses(off, off)).to.deep.equal(['change', 'ok'])
    expect(await host.shell('systemctl is-enabled brought || :; systemctl is-active brought || :')).to.equal('masked\ninactive\n')
    expect(await statuses(on, on)).to.deep.equal(['change', 'ok'])
    await host.shell('systemctl disable -q --now brought; rm /usr/lib/systemd/system/brought.service; systemctl daemon-reload')
  })
  it('[systemd 6] starts and enables one instance of a template, and no other', async () => {
    const on = { unit: 'sleeper@100', state: 'started' as const, enabled: true }
    const off = { unit: 'sleeper@100', state: 'stopped' as const, enabled: false }
    expect(await statuses(on, on)).to.deep.equal(['change', 'ok'])
    expect(await host.shell('systemctl is-enabled sleeper@2.service || :')).to.equal('disabled\n')
    expect(await statuses(off, off)).to.deep.equal(['change', 'ok'])
    expect(systemd({ unit: 'sleeper@.service', enabled: true }).issues[0]?.message).to.contain('must name an instance')
  })
  it('[systemd 8] refuses patterns, keeps other suffixes', () => {
    expect(systemd({ unit: 'ssh*' }).issues[0]?.message).to.contain('patterns are not allowed')
    expect(systemd({ unit: 'a.timer' }).issues).to.deep.equal([])
  })
  it('[systemd 9] takes a oneshot that stays for running; refuses to keep one started that ends, and restarts it in a handler', async () => {
    expect(await statuses({ unit: 'stays', state: 'started' }, { unit: 'stays', state: 'started' })).to.deep.equal(['change', 'ok'])
    expect((await apply({ unit: 'once', state: 'started' })).error).to.contain('oneshot that does not stay active')
    const { handlers } = await host.run(({ task, handler }) => {
      const again = handler('again', systemd({ unit: 'once', state: 'restarted' }))
      task('change', systemd({ unit: 'stays', state: 'stopped' }), { notify: again })
    })
    expect(handlers.map(({ status, error }) => [status, error])).to.deep.equal([['change', undefined]])
  })
  it('[systemd 13] fails with the last lines of the journal when a unit does not start or keeps failing; stopped is then ok', async () => {
    const task = await apply({ unit: 'broken', state: 'started' })
    expect(task.status).to.equal('failed')
    expect(task.error).to.contain('the reason is here')
    await host.shell('systemctl stop broken; systemctl reset-failed broken || :')
    expect(await statuses({ unit: 'broken', state: 'stopped' })).to.deep.equal(['ok'])
  })
  it('[systemd 13] fails with systemd\'s words when the program is not there', async () => {
    await host.shell(`${file('crashing.service', '[Service]\\nExecStart=/no/such/program\\n')} systemctl daemon-reload`)
    expect((await apply({ unit: 'crashing', state: 'started' })).error).to.contain('/no/such/program')
    expect(await statuses({ unit: 'crashing', state: 'stopped' })).to.deep.equal(['ok'])
  })
  it('[systemd 13] writes an alias by its unit\'s own name', async () => {
    await host.shell('systemctl enable -q norm.service; systemctl start norm')
    const task = await apply({ unit: 'nick', enabled: false, state: 'stopped' })
    expect(task.changes.map(({ resource }) => resource)).to.deep.equal(['unit[norm.service]'])
    expect(await host.shell('systemctl is-enabled norm.service || :')).to.equal('disabled\n')
  })
  it('[check 4] says that there is no such unit, in check mode too', async () => {
    for (const check of [true, false]) expect((await apply({ unit: 'nosuch', state: 'started' }, check)).error).to.contain('There is no unit nosuch.service')
  })

  const nightly = { name: 'once', schedule: 'Mon..Fri 02:30', command: ['/bin/sh', '-c', 'printf "%s" "$GREETING" >/run/once.out'], environment: { GREETING: 'say "hi" \\ 100% $HOME' } }
  it('timer makes a service with its timer, keeps both, repairs a stopped timer', () => fourRounds({
    host, name: 'nightly', blank: 'rm -f /etc/systemd/system/once.service; systemctl daemon-reload', task: () => timer(nightly), drift: 'systemctl disable -q --now once.timer', proof: invocations, drifted: ['unit[once.timer]'],
  }))
  it('timer runs the command with its words and variables as they were given', async () => {
    await host.shell('systemctl start once.service')
    expect(await host.shell('cat /run/once.out')).to.equal(nightly.environment.GREETING)
  })
  it('timer follows a new schedule, checks it before anything changes, and goes', async () => {
    const run = async (args: Parameters<typeof timer>[0]) => (await host.run(({ task }) => void task('timer', timer(args)))).tasks[0]
    const files = 'md5sum /etc/systemd/system/once.*'
    expect((await run({ ...nightly, schedule: '*-*-* 23:17:00' }))?.status).to.equal('change')
    expect(await host.shell('systemctl show -p NextElapseUSecRealtime --value once.timer')).to.contain('23:17:00')
    const before = await host.shell(files)
    expect((await run({ ...nightly, schedule: 'whenever', command: ['/bin/true'] }))?.error).to.contain('whenever')
    expect(await host.shell(files)).to.equal(before)
    expect((await run({ name: 'once', state: 'absent' }))?.status).to.equal('change')
    expect((await run({ name: 'once', state: 'absent' }))?.status).to.equal('ok')
    expect(await host.shell('systemctl list-unit-files "once.*" --no-legend; ls /etc/systemd/system/timers.target.wants/once.timer 2>/dev/null || :')).to.equal('')
  })
})
