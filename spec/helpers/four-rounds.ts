import { expect } from 'chai'
import type { HostReport } from '../../lib/report/report.ts'
import { changed, diffs, errorOf, labHost, type SpecHost, type Work } from './module-host.ts'

/** The four rounds that a resource has to pass. */
export interface Rounds {
  /** Called for every run. */
  task: () => Work
  /** Shell script that changes by hand what the task maintains. */
  drift: string
  /**
   * Shell script that prints what a write would change even if content stays: inode and times,
   * InvocationID, size of dpkg's log.
   */
  proof: string
  /**
   * Shell script before the first round: brings the host to the state in which the thing is absent.
   */
  prepare?: string
  /**
   * Shell script that prints the state itself; after the repair it must print what it did after the
   * first round.
   */
  holds?: string
  /** The parts of the drift that the diff must mention. */
  repaired?: readonly (string | RegExp)[]
  /** Everything that the repair may change, as named in the report; omitted: not compared. */
  drifted?: readonly string[]
}

/**
 * Every change was predicted as `change` or `may-change`, and every predicted `change` was made.
 */
export function expectForetold(check: HostReport, applied: HostReport): void {
  // Every uncertain change has a reason, even next to certain ones of the same task.
  const sure = check.tasks.filter(({ status }) => status === 'change').flatMap(({ changes }) => changes.filter(({ reason }) => reason === undefined).map(({ resource }) => resource))
  const possible = changed(check, ['change', 'may-change'])
  const made = changed(applied)
  expect(made.filter(each => !possible.includes(each)), 'changed without being foretold').to.deep.equal([])
  expect(sure.filter(each => !made.includes(each)), 'foretold, and not changed').to.deep.equal([])
  expect(applied.tasks.map(({ name }) => name), 'tasks').to.deep.equal(check.tasks.map(({ name }) => name))
}

/** A check, which writes nothing, then a run, which does what the check said. */
async function change(host: SpecHost, { task }: Rounds): Promise<HostReport> {
  const check = await host.check(task())
  expect(errorOf(check), 'check').to.equal(undefined)
  expect(changed(check, ['change', 'may-change']), 'foretold').not.to.deep.equal([])
  const changes = ({ tasks }: HostReport) => tasks.map(({ name, status, changes: list }) => ({ name, status, list }))
  expect(changes(await host.check(task())), 'a check after a check').to.deep.equal(changes(check))
  const applied = await host.apply(task())
  expect(changed(applied)).not.to.deep.equal([])
  expectForetold(check, applied)
  return applied
}

async function leaveAlone(host: SpecHost, { task, proof }: Rounds): Promise<void> {
  const before = await host.sh(proof)
  const again = await host.apply(task())
  expect(changed(again), diffs(again)).to.deep.equal([])
  const check = await host.check(task())
  expect(changed(check, ['change', 'may-change']), diffs(check)).to.deep.equal([])
  expect(check.status).to.equal('ok')
  expect(await host.sh(proof), 'proof').to.equal(before)
}

async function repair(host: SpecHost, rounds: Rounds): Promise<void> {
  const { drift, holds = ':', repaired = [], drifted } = rounds
  const state = await host.sh(holds)
  await host.sh(drift)
  const applied = await change(host, rounds)
  if (drifted) expect(changed(applied), 'repaired').to.deep.equal([...drifted].sort())
  for (const part of repaired) {
    if (typeof part === 'string') expect(diffs(applied)).to.contain(part)
    else expect(diffs(applied)).to.match(part)
  }
  expect(await host.sh(holds), 'state').to.equal(state)
  await leaveAlone(host, rounds)
}

/**
 * Absent → applied; again → nothing to do, proved by more than the report; drifted by hand →
 * exactly the drift repaired, and left alone; and each time `--check` says what applying then does.
 * In a single test, for suites in which other tests need what it creates.
 */
export async function goThroughFourRounds(host: SpecHost, rounds: Rounds): Promise<void> {
  await host.sh(rounds.prepare ?? ':')
  await change(host, rounds)
  await leaveAlone(host, rounds)
  await repair(host, rounds)
}

/**
 * The four rounds as separate tests in a suite: `name` starts with ids of edge cases, as in '[apt
 * 13] a package'.
 */
export function fourRounds({ host: hostName, name, ...rounds }: Rounds & { host: string; name: string }): void {
  describe(name, () => {
    before(async () => void (await (await labHost(hostName)).sh(rounds.prepare ?? ':')))
    it('is made where it is absent, as --check foretold', async () => void (await change(await labHost(hostName), rounds)))
    it('is left alone where it is right', async () => leaveAlone(await labHost(hostName), rounds))
    it('is repaired where it drifted, as --check foretold, and then left alone', async () => repair(await labHost(hostName), rounds))
  })
}
