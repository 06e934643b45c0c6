import { renameSync, writeFileSync } from 'node:fs'
import { extname } from 'node:path'
import { UsageError } from '../errors.ts'
import { redact } from '../secret/redact.ts'
import { html } from './html.ts'
import { junit } from './junit.ts'
import type { Report } from './report.ts'

const formats: Record<string, (report: Report) => string> = { '.json': report => `${JSON.stringify(report, undefined, 2)}\n`, '.xml': junit, '.html': html }

/** @throws UsageError for a file whose extension says no format. */
export function checkReportFile(path: string): void {
  if (!formats[extname(path)]) throw new UsageError(`The report ${path} has no format that stead writes.`, { hint: `Its name must end in ${Object.keys(formats).join(' or ')}.` })
}

/** Writes a report, as a whole or not at all. */
export function writeReport(path: string, report: Report): void {
  const format = formats[extname(path)]
  if (!format) return checkReportFile(path)
  const beside = `${path}.${process.pid}`
  writeFileSync(beside, redact(format(report)))
  renameSync(beside, path)
}
