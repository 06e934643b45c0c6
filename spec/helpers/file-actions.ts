import { expect } from 'chai'
import type { ModuleCall } from '../../lib/resource.ts'
import type { HostReport } from '../../lib/report/report.ts'
import { changed, diffs, errorOf, type SpecHost, type Work } from './module-host.ts'

/**
 * Applies twice in one run, and expects `ok` the second time; returns the report of the first. (The
 * four rounds have separate runs.)
 */
export async function settle(host: SpecHost, work: ModuleCall<unknown> | readonly ModuleCall<unknown>[]): Promise<HostReport> {
  const calls: readonly ModuleCall<unknown>[] = 'plan' in work ? [work] : work
  const report = await host.apply([...calls, ...calls])
  const again = { ...report, tasks: report.tasks.slice(calls.length) }
  expect(again.tasks.length).to.equal(calls.length)
  expect(changed(again), diffs(again)).to.deep.equal([])
  return { ...report, tasks: report.tasks.slice(0, calls.length) }
}

/** Expects the run to fail, and returns the error. */
export async function refused(host: SpecHost, work: Work): Promise<string> {
  const report = await host.run(work)
  expect(report.status).to.equal('failed')
  return errorOf(report) ?? ''
}
