import { expect } from 'chai'
import type { Body } from '../../lib/playbook/task.ts'
import type { LabHostUnderTest } from './host-under-test.ts'

interface Rounds {
  host: LabHostUnderTest
  name: string
  task: () => Body<unknown>
  /** Run once before, so that the state is not there yet. */
  blank?: string
  /** Something done by hand, which the task has to repair. */
  drift: string
  /** Prints what would differ if the second run had written anything. */
  proof: string
  /** Resources that the drift is in; left out: those of the first round are not compared. */
  drifted?: readonly string[]
}

/** Absent → applied; again → nothing to do, and proved; drifted → repaired, as check mode foretold; again → nothing to do. */
export async function fourRounds({ host, name, task, blank, drift, proof, drifted }: Rounds): Promise<void> {
  const run = (check: boolean) => host.run(play => void play.task(name, task()), { check })
  const once = async (check: boolean) => {
    const report = await run(check)
    const [only] = report.tasks
    if (!only) throw new Error(report.error ?? 'The task was not reported.')
    return only
  }
  const resources = (found: Awaited<ReturnType<typeof once>>) => found.changes.map(({ resource }) => resource)
  if (blank) await host.shell(blank)
  for (const round of ['blank', 'drifted']) {
    if (round === 'drifted') await host.shell(drift)
    const foretold = await once(true)
    expect(foretold.status, `${round}, check: ${foretold.error ?? ''}`).to.equal('change')
    expect((await once(true)).changes, `${round}: check mode writes nothing`).to.deep.equal(foretold.changes)
    const applied = await once(false)
    expect(applied.status, `${round}, applied: ${applied.error ?? ''}`).to.equal('change')
    expect(resources(applied), `${round}: foretold and applied`).to.deep.equal(resources(foretold))
    if (round === 'drifted' && drifted) expect(resources(applied)).to.deep.equal(drifted)
    const before = await host.shell(proof)
    const again = await once(false)
    expect(again.status, `${round}, again: ${again.changes.map(({ diff }) => diff).join('\n')}${again.error ?? ''}`).to.equal('ok')
    expect((await once(true)).status, `${round}, check again`).to.equal('ok')
    expect(await host.shell(proof), `${round}: the second run wrote nothing`).to.equal(before)
  }
}
