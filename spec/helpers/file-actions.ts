import { expect } from 'chai'
import { changed, diffs, errorOf, type SpecHost, type Work } from './module-host.ts'
import type { HostReport } from '../../lib/report/report.ts'

/** Applies, expects `ok` of a second run, and gives the first one's report. */
export async function settle(host: SpecHost, work: Work): Promise<HostReport> {
  const report = await host.apply(work)
  const again = await host.apply(work)
  expect(changed(again), diffs(again)).to.deep.equal([])
  return report
}

/** Expects the run to fail, and gives the error. */
export async function refused(host: SpecHost, work: Work): Promise<string> {
  const report = await host.run(work)
  expect(report.status).to.equal('failed')
  return errorOf(report) ?? ''
}
