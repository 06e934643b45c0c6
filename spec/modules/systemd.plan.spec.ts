import { expect } from 'chai'
import { differences } from '../../lib/state/compare.ts'
import { systemd } from '../../modules/systemd.ts'
import { desired, hostView, misuse, wrongArguments } from './plan-module.ts'

const unit = (enabled: string, running: boolean | 'activating' = false) => ({ id: 'x.service', running, enabled, invocation: 'x', needsDaemonReload: false, ends: false, succeeded: true })

/** What is left to do for a unit in this state. */
async function todo(call: ReturnType<typeof systemd>, state: ReturnType<typeof unit> | null): Promise<(string | undefined)[]> {
  const plan = await call.plan(hostView({ 'unit x.service': state }))
  return plan.wants.flatMap(want => differences(state, want.desired).map(({ field }) => field))
}

/** Why nothing can be planned for a unit in this state. */
async function refusal(call: ReturnType<typeof systemd>, state: ReturnType<typeof unit> | null): Promise<string> {
  return call.plan(hostView({ 'unit x.service': state })).then(() => 'it was planned', (error: unknown) => (error instanceof Error ? error.message : String(error)))
}

describe('systemd', () => {
  it('wants a unit running and starting at boot as far as that is said; without a suffix it is a service', async () => {
    const there = (id: string, enabled: string) => ({ [`unit ${id}`]: { ...unit(enabled), id } })
    expect(await desired(systemd({ unit: 'nginx', state: 'started', enabled: true }), there('nginx.service', 'disabled'))).to.deep.equal([['unit nginx.service', { running: true, enabled: 'enabled', needsDaemonReload: false }]])
    expect(await desired(systemd({ unit: 'backup.timer', state: 'stopped' }), there('backup.timer', 'disabled'))).to.deep.equal([['unit backup.timer', { running: false, needsDaemonReload: false }]])
    expect(await desired(systemd({ unit: 'getty@tty1', enabled: false }), there('getty@tty1.service', 'enabled'))).to.deep.equal([['unit getty@tty1.service', { enabled: 'disabled', needsDaemonReload: false }]])
  })

  it('[fault 71] neither starts a unit that is already starting nor counts it as started, but waits for it', async () => {
    const starting = { 'unit x.service': unit('enabled', 'activating') }
    expect(await desired(systemd({ unit: 'x', state: 'started' }), starting)).to.deep.equal([['unit x.service', { needsDaemonReload: false }], ['unit-wait x.service', {}]])
    expect(await desired(systemd({ unit: 'x', state: 'stopped' }), starting)).to.deep.equal([['unit x.service', { running: false, needsDaemonReload: false }]])
  })

  it('fails if the unit does not exist, unless a package may bring it', async () => {
    const call = systemd({ unit: 'nginx', state: 'started', enabled: true })
    expect(await refusal(call, null)).to.equal('There is no unit nginx.service.')
    expect(await desired(call, {}, { packagesPending: true })).to.deep.equal([['unit nginx.service', { running: true, enabled: 'enabled' }]])
  })

  for (const state of ['enabled', 'static', 'alias', 'indirect, enabled']) {
    it(`has nothing to enable about a unit that is ${state}`, async () => {
      expect(await todo(systemd({ unit: 'x', enabled: true }), unit(state))).to.deep.equal([])
    })
  }

  for (const state of ['disabled', 'static', 'indirect', 'indirect, disabled', 'generated', 'transient', 'masked', 'masked-runtime', 'linked', 'linked-runtime', '']) {
    it(`has nothing to disable about a unit that is ${state || 'without a say in it'}`, async () => {
      expect(await todo(systemd({ unit: 'x', enabled: false }), unit(state))).to.deep.equal([])
    })
  }

  it('enables what is disabled, or enabled until the next boot alone, and disables what is enabled', async () => {
    for (const state of ['disabled', 'linked', 'enabled-runtime', 'indirect', 'indirect, disabled', 'indirect, partly']) expect(await todo(systemd({ unit: 'x', enabled: true }), unit(state)), state).to.deep.equal(['enabled'])
    for (const state of ['enabled', 'enabled-runtime', 'indirect, enabled', 'indirect, partly']) expect(await todo(systemd({ unit: 'x', enabled: false }), unit(state)), state).to.deep.equal(['enabled'])
  })

  it('[systemd 5, systemd 10] fails to enable a masked, generated or transient unit, in systemd\'s words', async () => {
    for (const state of ['masked', 'masked-runtime']) expect(await refusal(systemd({ unit: 'x', enabled: true }), unit(state)), state).to.equal('Unit x.service is masked.')
    for (const state of ['generated', 'transient']) expect(await refusal(systemd({ unit: 'x', enabled: true }), unit(state)), state).to.equal('Failed to enable unit: Unit x.service is transient or generated.')
  })

  it('[systemd 2] fails if it is not known whether a unit starts at boot, but only if enabled is given', async () => {
    for (const enabled of [true, false]) expect(await refusal(systemd({ unit: 'x', enabled }), unit('indirect, unknown'))).to.contain('starts at boot is unknown')
    expect(await todo(systemd({ unit: 'x', state: 'stopped' }), unit('indirect, unknown'))).to.deep.equal([])
  })

  it('is content with a unit that is as it should be', async () => {
    expect(await todo(systemd({ unit: 'x', state: 'started', enabled: true }), unit('enabled', true))).to.deep.equal([])
    expect(await todo(systemd({ unit: 'x', state: 'stopped' }), unit('enabled', true))).to.deep.equal(['running'])
  })

  it('[check 10] treats restarted and reloaded as events that belong in handlers', async () => {
    for (const state of ['restarted', 'reloaded'] as const) {
      const call = systemd({ unit: 'nginx', state })
      expect(call.onlyInHandlers).to.include('put it into a handler')
      expect(await desired(call, { 'unit nginx.service': { ...unit('enabled'), id: 'nginx.service' } })).to.deep.equal([[`unit-event nginx.service ${state}`, {}]])
    }
    expect(systemd({ unit: 'nginx', state: 'started' }).onlyInHandlers).to.equal(undefined)
  })

  it('[fault 35] refuses an event for a unit that does not exist, unless an earlier task writes its file or that of its template', async () => {
    const call = systemd({ unit: 'web@1', state: 'restarted' })
    expect(await call.plan(hostView({})).then(() => '', String)).to.include('There is no unit web@1.service.')
    for (const path of ['web@1.service', 'web@.service']) {
      expect(await desired(call, { [`file /etc/systemd/system/${path}`]: { type: 'file' } })).to.have.length(1)
    }
    expect(await desired(call, {}, { packagesPending: true })).to.have.length(1)
  })

  it('finds every wrong argument at once', () => {
    expect(wrongArguments(misuse(systemd, { unit: 'ngin*', state: 'running', enabled: 'yes', name: 'x' }))).to.deep.equal(['arguments', 'enabled', 'state', 'unit'])
  })
})
