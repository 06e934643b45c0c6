import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { secret } from '../../lib/index.ts'
import { systemd } from '../../modules/systemd.ts'
import { systemdUnit } from '../../modules/systemd-unit.ts'
import { timer } from '../../modules/timer.ts'
import { goThroughFourRounds } from '../helpers/four-rounds.ts'
import { errorOf, labHost, type SpecHost } from '../helpers/module-host.ts'
import { refusal, runTask, statusesOf } from '../helpers/one-task.ts'
import { unitHostName } from '../helpers/unit-host.ts'

const sleeper = { name: 'sleeper', sections: { Service: { ExecStart: '/bin/sleep infinity' }, Install: { WantedBy: 'multi-user.target' } } }
const dropIn = { name: 'sleeper', dropIn: 'more', sections: { Service: { Environment: ['A=1', 'B=2'] } } }
const proof = 'systemctl show -p Id,InvocationID,StateChangeTimestampMonotonic sleeper.service; find /etc/systemd/system -printf "%p %i %T@ %C@\\n" | sort; journalctl -q --sync; journalctl -q _PID=1 -o cat -b | grep -c "^Reloading" || :'

describe('systemd-unit', function () {
  this.timeout(240_000)
  let host: SpecHost
  const clean = 'systemctl stop -q sleeper.service "many@*.service"; rm -rf /etc/systemd/system/sleeper.* /etc/systemd/system/many@* /etc/systemd/system/*.wants/sleeper.service; systemctl daemon-reload'
  before(async () => {
    host = await labHost(unitHostName)
    await host.sh(clean)
  })
  after(async () => {
    await host.sh(clean)
  })
  const reloads = async () => Number(await host.sh('journalctl -q --sync; journalctl -q _PID=1 -o cat -b | grep -c "^Reloading" || :'))

  it('writes a unit file, keeps it without a reload, mends it', () => goThroughFourRounds(host, {
    task: () => systemdUnit(sleeper), drift: 'echo "# by hand" >>/etc/systemd/system/sleeper.service', proof, drifted: ['file[/etc/systemd/system/sleeper.service]'],
  }))
  it('writes a drop-in of somebody else\'s unit, keeps it, mends it', () => goThroughFourRounds(host, {
    task: () => systemdUnit(dropIn), drift: 'rm /etc/systemd/system/sleeper.service.d/more.conf', proof, drifted: ['file[/etc/systemd/system/sleeper.service.d/more.conf]'],
  }))
  it('a changed unit file or drop-in, and the removal of one, causes exactly one daemon-reload; an unchanged one none', async () => {
    const count = async (args: Parameters<typeof systemdUnit>[0]) => {
      const before = await reloads()
      const { status } = await runTask(host, systemdUnit(args))
      return [status, (await reloads()) - before]
    }
    const changed = { ...sleeper, sections: { ...sleeper.sections, Unit: { Description: 'changed' } } }
    expect(await count(changed)).to.deep.equal(['change', 1])
    expect(await count(changed)).to.deep.equal(['ok', 0])
    const other = { ...dropIn, sections: { Service: { Environment: ['A=1', 'B=3'] } } }
    expect(await count(other)).to.deep.equal(['change', 1])
    expect(await host.sh('systemctl show -p Environment sleeper.service')).to.equal('Environment=A=1 B=3\n')
    expect(await count({ ...dropIn, state: 'absent' })).to.deep.equal(['change', 1])
    expect(await count({ ...dropIn, state: 'absent' })).to.deep.equal(['ok', 0])
    expect(await host.sh('ls -d /etc/systemd/system/sleeper.service.d 2>/dev/null || echo gone')).to.equal('gone\n')
  })
  it('a changed unit file is in force after one run: one daemon-reload, one restart by its handler', async () => {
    await runTask(host, systemd({ unit: 'sleeper', state: 'started' }))
    const play = (seconds: string, check = false) => host.run(({ task, handler }) => {
      const restart = handler('Restart', systemd({ unit: 'sleeper', state: 'restarted' }))
      task('File', systemdUnit({ ...sleeper, sections: { ...sleeper.sections, Service: { ExecStart: `/bin/sleep ${seconds}` } } }), { notify: restart })
      task('Run', systemd({ unit: 'sleeper', state: 'started' }))
    }, { check })
    const told = ({ tasks, handlers }: Awaited<ReturnType<typeof play>>) => [...tasks, ...handlers].map(({ name, status }) => `${name} ${status}`)
    const before = await reloads()
    expect(told(await play('4711', true))).to.deep.equal(['File change', 'Run ok', 'Restart change'])
    expect(told(await play('4711'))).to.deep.equal(['File change', 'Run ok', 'Restart change'])
    expect((await reloads()) - before).to.equal(1)
    expect(await host.sh('tr "\\0" " " </proc/$(systemctl show -p MainPID --value sleeper)/cmdline')).to.equal('/bin/sleep 4711 ')
    expect(told(await play('4711'))).to.deep.equal(['File ok', 'Run ok'])
  })
  it('stops and disables a unit before its file goes, and all instances of a template', async () => {
    const many = { name: 'many@.service', sections: { Service: { ExecStart: '/bin/sleep %i00' }, Install: { WantedBy: 'multi-user.target' } } }
    expect((await runTask(host, systemdUnit(many))).error).to.equal(undefined)
    await host.sh('systemctl enable -q --now many@1 many@2; systemctl enable -q sleeper 2>/dev/null || :')
    expect(await statusesOf(host, ...[many, sleeper].flatMap(({ name }) => [systemdUnit({ name, state: 'absent' }), systemdUnit({ name, state: 'absent' })]))).to.deep.equal(['change', 'ok', 'change', 'ok'])
    expect(await host.sh('systemctl list-units --all --plain --no-legend "many@*" sleeper.service; ls /etc/systemd/system /etc/systemd/system/*.wants | grep -e many -e sleeper || :')).to.equal('')
  })
  it('refuses to write through a link that is an alias, a mask or a unit from elsewhere, or to remove an alias, and what it leads to stays', async () => {
    const [alias, mask, elsewhere] = ['spec-alias', 'spec-mask', 'spec-elsewhere']
    await host.sh(`cd /etc/systemd/system; printf '[Service]\\nExecStart=/bin/sleep infinity\\n' | tee spec-real.service >/srv/${elsewhere}.service
ln -s spec-real.service ${alias}.service; ln -s /dev/null ${mask}.service; ln -s /srv/${elsewhere}.service ${elsewhere}.service; systemctl daemon-reload; systemctl start spec-real`)
    const written = { sections: { Service: { ExecStart: '/bin/true' } } }
    try {
      expect(await refusal(host, () => systemdUnit({ name: alias, ...written }))).to.contain('spec-alias.service is an alias of spec-real.service')
      expect(await refusal(host, () => systemdUnit({ name: alias, state: 'absent' }))).to.contain('is an alias')
      expect(await refusal(host, () => systemdUnit({ name: mask, ...written }))).to.contain('spec-mask.service is a mask')
      expect(await refusal(host, () => systemdUnit({ name: elsewhere, ...written }))).to.contain('linked from elsewhere')
      expect(await refusal(host, () => timer({ name: alias, schedule: 'daily', command: ['/bin/true'] }))).to.contain('is an alias')
      expect(await host.sh(`cat /etc/systemd/system/spec-real.service /srv/${elsewhere}.service | grep ExecStart; systemctl is-active spec-real`)).to.equal('ExecStart=/bin/sleep infinity\nExecStart=/bin/sleep infinity\nactive\n')
      const unmasked = () => host.run(({ task }) => {
        task('unmask', systemd({ unit: mask, masked: false }))
        task('write', systemdUnit({ name: mask, ...written }))
      }, { check: true })
      expect((await unmasked()).tasks.map(({ status }) => status)).to.deep.equal(['change', 'change'])
    } finally {
      await host.sh('systemctl stop spec-real; rm -f /etc/systemd/system/spec-* /srv/spec-*.service; systemctl daemon-reload')
    }
  })
  it('refuses to write a secret into a file that everybody may read, in check mode too, and shows nothing of it', async () => {
    const directory = mkdtempSync(path.join(tmpdir(), 'stead-unit-'))
    try {
      writeFileSync(path.join(directory, 'unit.eta'), '[Service]\nEnvironment=TOKEN=<%= it.token %>\nExecStart=/bin/true\n')
      const call = systemdUnit({ name: 'sleeper', source: path.join(directory, 'unit.eta'), vars: { token: secret('tell nobody of it') } })
      const told = await host.check(call).then(errorOf, (error: unknown) => (error instanceof Error ? error.message : ''))
      expect(told).to.contain('would contain a secret').and.contain('LoadCredential=').and.not.contain('tell nobody')
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
  it('says which arguments make no sense', () => {
    expect(systemdUnit({ name: 'a' }).issues[0]?.message).to.contain('needs one of sections, content and source')
    expect(systemdUnit({ name: 'a', sections: { Service: { ExecStart: 'a\nb' } } }).issues).to.have.length(1)
    expect(systemdUnit({ name: '../a', content: '' }).issues).to.have.length(1)
  })
})
