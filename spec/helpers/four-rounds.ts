import { expect } from 'chai'
import type { HostReport } from '../../lib/report/report.ts'
import { changed, diffs, errorOf, labHost, type Work } from './module-host.ts'

/** What a resource goes through to be trusted. */
export interface FourRounds {
  /** Name of the lab host. */
  host: string
  /** What the describe is called: ids of edge cases first, as in '[apt 13] a package'. */
  name: string
  /** Called anew for every run. */
  task: () => Work
  /** Shell script that changes by hand what the task keeps. */
  drift: string
  /** Shell script that prints what a write would change even if content stays: inode and times, InvocationID, size of dpkg's log. */
  proof: string
  /** Shell script before the first round: brings the host to the state in which the thing is absent. */
  prepare?: string
  /** Shell script that prints the state itself; after the repair it must print what it did after the first round. */
  holds?: string
  /** What of the drift the diff must name. */
  repaired?: readonly (string | RegExp)[]
}

/** Every change made was foretold as `change` or `may-change`, and every `change` foretold was made. */
export function expectForetold(check: HostReport, applied: HostReport): void {
  const sure = changed(check)
  const possible = changed(check, ['change', 'may-change'])
  const made = changed(applied)
  expect(made.filter(each => !possible.includes(each)), 'changed without being foretold').to.deep.equal([])
  expect(sure.filter(each => !made.includes(each)), 'foretold, and not changed').to.deep.equal([])
  expect(applied.tasks.map(({ name }) => name), 'tasks').to.deep.equal(check.tasks.map(({ name }) => name))
}

/**
 * Absent → applied; again → nothing to do, proved by more than the report; drifted by hand → exactly the drift repaired; and each time
 * `--check` says what applying then does.
 */
export function fourRounds({ host: hostName, name, task, drift, proof, prepare = ':', holds = ':', repaired = [] }: FourRounds): void {
  describe(name, () => {
    let state = ''

    before(async () => void (await (await labHost(hostName)).sh(prepare)))

    it('is made where it is absent, as --check foretold', async () => {
      const host = await labHost(hostName)
      const check = await host.check(task())
      expect(errorOf(check), 'check').to.equal(undefined)
      expect(changed(check, ['change', 'may-change']), 'foretold').not.to.deep.equal([])
      const applied = await host.apply(task())
      expect(changed(applied)).not.to.deep.equal([])
      expectForetold(check, applied)
      state = await host.sh(holds)
    })

    it('is left alone where it is right', async () => {
      const host = await labHost(hostName)
      const before = await host.sh(proof)
      const again = await host.apply(task())
      expect(changed(again), diffs(again)).to.deep.equal([])
      const check = await host.check(task())
      expect(changed(check, ['change', 'may-change']), diffs(check)).to.deep.equal([])
      expect(check.status).to.equal('ok')
      expect(await host.sh(proof), 'proof').to.equal(before)
    })

    it('is repaired where it drifted, as --check foretold, and then left alone', async () => {
      const host = await labHost(hostName)
      await host.sh(drift)
      const check = await host.check(task())
      expect(errorOf(check), 'check').to.equal(undefined)
      const applied = await host.apply(task())
      expect(changed(applied), 'repaired').not.to.deep.equal([])
      expectForetold(check, applied)
      for (const part of repaired) {
        if (typeof part === 'string') expect(diffs(applied)).to.contain(part)
        else expect(diffs(applied)).to.match(part)
      }
      expect(await host.sh(holds), 'state').to.equal(state)
      const again = await host.apply(task())
      expect(changed(again), diffs(again)).to.deep.equal([])
    })
  })
}
