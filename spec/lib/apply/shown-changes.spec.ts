import { writeFileSync } from 'node:fs'
import { expect } from 'chai'
import { changesOf, neverApplied } from '../../../lib/walk/told.ts'
import { Content, want } from '../../../lib/resource.ts'
import { waitResource } from '../../../lib/resources/commands/wait.ts'
import { fileResource } from '../../../lib/resources/files/file.ts'
import type { PlannedWant, TaskPlan } from '../../../lib/plan/plan-task.ts'
import { apply } from '../../../lib/shell/script.ts'
import { inTemporaryDirectory, privateConnect } from '../shell/local-session.ts'
import { line, recorded, wanting } from './recorded.ts'

const plan = (...wants: PlannedWant[]): TaskPlan => ({ skipped: false, module: 'm', wants, output: undefined, unknown: new Set(), placeholders: [], conditional: false, seen: [] })
const planned = (one: ReturnType<typeof want>, more: Partial<PlannedWant> = {}): PlannedWant => ({ want: one, identity: 'line[x]', current: null, differences: [{ field: 'line', current: 'a', desired: 'b' }], ...more })

describe('What a task is said to change', () => {
  it('is what differs, without what is as it should be and without waits', () => {
    const lines = want(line, { path: 'x' }, { line: 'b' })
    const waits = want(waitResource, { condition: { path: '/run/a' }, timeoutSeconds: 1 }, {})
    expect(changesOf(plan(planned(lines), planned(lines, { identity: 'line[same]', differences: [] }), planned(waits, { identity: 'wait[a]' })))).to.deep.equal([{ resource: 'line[x]', diff: 'line: a → b' }])
  })

  it('is reported with the reason if it is never applied', () => {
    expect(neverApplied([{ resource: 'line[x]', diff: 'line: a → b' }])).to.deep.equal([{ resource: 'line[x]', diff: 'line: a → b', reason: 'the task is never applied (checkMode: true)' }])
  })

  it('shows of an edit of a private file none of the lines that were there, neither before nor where it does not read back', () => inTemporaryDirectory(async place => {
    const desired = { type: 'file', content: Content.of('hush\nnew\n') } as const
    const whole = { ...fileResource, apply: () => ({ script: apply`:` }), madeFrom: undefined }
    const edit: typeof fileResource = { ...whole, madeFrom: () => 'what is there' }
    const current = { type: 'file', mode: '0600', content: Content.of('hush\nold\n') } as const
    const differences = [{ field: 'content', current: current.content, desired: desired.content }]
    const shown = (resource: typeof fileResource) => changesOf(plan(planned(want(resource, { path: 'x' }, desired), { current, differences })))[0]?.diff
    expect([shown(whole)?.includes('new'), shown(edit)?.includes('new')]).to.deep.equal([true, true])
    expect([shown(whole)?.includes(' hush'), shown(edit)?.includes('hush')]).to.deep.equal([true, false])
    writeFileSync(`${place}/x`, 'hush\nold\n', { mode: 0o600 })
    const told = async (resource: typeof fileResource) => (await recorded(privateConnect(`${place}/host`), ({ task }) => void task('lie', wanting(want(resource, { path: `${place}/x`, content: 'always' }, desired))))).tasks[0]?.error
    const [plain, edited] = [await told(whole), await told(edit)]
    expect([plain?.includes(' hush'), edited?.includes('does not read back'), edited?.includes('hush')]).to.deep.equal([true, true, false])
  }))
})
