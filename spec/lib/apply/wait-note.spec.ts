import { expect } from 'chai'
import { waitNote } from '../../../lib/apply/wait-note.ts'
import { want } from '../../../lib/resource.ts'
import { waitResource } from '../../../lib/resources/commands/wait.ts'
import { sysctlResource } from '../../../lib/resources/kernel/sysctl.ts'
import { unitEventResource } from '../../../lib/resources/systemd/unit-event.ts'

describe('what a run says while it waits', () => {
  const planned = (one: ReturnType<typeof want>) => ({ want: one, identity: '', current: null, differences: [] })
  it('[fault 75] is what it waits for, since when and until when', () => {
    const path = want(waitResource, { condition: { path: '/run/a' }, timeoutSeconds: 90 }, {})
    expect(waitNote(planned(path), new Date(2026, 0, 2, 23, 59, 5))).to.equal('waits for /run/a, since 23:59:05, until 00:00:35 at the latest')
  })
  it('is not until when where that has no end', () => {
    const endless = { ...waitResource, event: { effect: 'wait' as const, describe: () => 'the end', verify: () => undefined } }
    expect(waitNote(planned(want(endless, { condition: { path: '/run/a' }, timeoutSeconds: 90 }, {})), new Date(2026, 0, 2, 3, 4, 5))).to.equal('waits for the end, since 03:04:05')
  })
  it('is nothing where it does not wait', () => {
    expect(waitNote(planned(want(unitEventResource, { unit: 'tor.service', event: 'restarted' }, {})), new Date())).to.equal(undefined)
    expect(waitNote(planned(want(sysctlResource, { name: 'vm.swappiness' }, { value: '1' })), new Date())).to.equal(undefined)
  })
})
