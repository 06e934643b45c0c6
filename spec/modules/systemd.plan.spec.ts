import { expect } from 'chai'
import { differences } from '../../lib/state/compare.ts'
import { systemd } from '../../modules/systemd.ts'
import { desired, hostView, misuse, wrongArguments } from './plan-module.ts'

const unit = (enabled: string, running = false) => ({ id: 'x.service', running, enabled, invocation: 'x', needsDaemonReload: false, ends: false, succeeded: true })

/** What is left to do for a unit in this state. */
async function todo(call: ReturnType<typeof systemd>, state: ReturnType<typeof unit> | null): Promise<(string | undefined)[]> {
  const plan = await call.plan(hostView({ 'unit x.service': state }))
  return plan.wants.flatMap(want => differences(state, want.desired).map(({ field }) => field))
}

describe('systemd', () => {
  it('wants a unit running and starting at boot as far as that is said; without a suffix it is a service', async () => {
    expect(await desired(systemd({ unit: 'nginx', state: 'started', enabled: true }))).to.deep.equal([['unit nginx.service', { running: true, enabled: 'enabled' }]])
    expect(await desired(systemd({ unit: 'backup.timer', state: 'stopped' }))).to.deep.equal([['unit backup.timer', { running: false }]])
    expect(await desired(systemd({ unit: 'getty@tty1', enabled: false }))).to.deep.equal([['unit getty@tty1.service', { enabled: 'disabled' }]])
  })

  for (const state of ['enabled', 'enabled-runtime', 'static', 'indirect', 'alias', 'generated', 'transient']) {
    it(`has nothing to enable about a unit that is ${state}`, async () => {
      expect(await todo(systemd({ unit: 'x', enabled: true }), unit(state))).to.deep.equal([])
    })
  }

  for (const state of ['disabled', 'static', 'indirect', 'generated', 'transient', 'masked', 'linked', '']) {
    it(`has nothing to disable about a unit that is ${state || 'without a say in it'}`, async () => {
      expect(await todo(systemd({ unit: 'x', enabled: false }), unit(state))).to.deep.equal([])
    })
  }

  it('enables what is disabled or masked, and disables what is enabled', async () => {
    expect(await todo(systemd({ unit: 'x', enabled: true }), unit('disabled'))).to.deep.equal(['enabled'])
    expect(await todo(systemd({ unit: 'x', enabled: true }), unit('masked'))).to.deep.equal(['enabled'])
    expect(await todo(systemd({ unit: 'x', enabled: false }), unit('enabled'))).to.deep.equal(['enabled'])
  })

  it('is content with a unit that is as it should be', async () => {
    expect(await todo(systemd({ unit: 'x', state: 'started', enabled: true }), unit('enabled', true))).to.deep.equal([])
    expect(await todo(systemd({ unit: 'x', state: 'stopped' }), unit('enabled', true))).to.deep.equal(['running'])
  })

  it('takes restarted and reloaded for events that belong into handlers', async () => {
    for (const state of ['restarted', 'reloaded'] as const) {
      const call = systemd({ unit: 'nginx', state })
      expect(call.onlyInHandlers).to.include('put it into a handler')
      expect(await desired(call)).to.deep.equal([[`unit-event nginx.service ${state}`, {}]])
    }
    expect(systemd({ unit: 'nginx', state: 'started' }).onlyInHandlers).to.equal(undefined)
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(systemd, { unit: 'ngin*', state: 'running', enabled: 'yes', name: 'x' }))).to.deep.equal(['arguments', 'enabled', 'state', 'unit'])
  })
})
