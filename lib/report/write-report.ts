import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, extname } from 'node:path'
import { UsageError } from '../errors.ts'
import { redact } from '../secret/redact.ts'
import { html } from './html.ts'
import { junit } from './junit.ts'
import { reportSchema, type Report } from './report.ts'

const formats: Record<string, (report: Report) => string> = { '.json': report => `${JSON.stringify(report, undefined, 2)}\n`, '.xml': junit, '.html': html }

/** @throws UsageError for a file whose extension says no format, or whose folder is not there. */
export function checkReportFile(path: string): void {
  if (!formats[extname(path)]) throw new UsageError(`The report ${path} has no format that stead writes.`, { hint: `Its name must end in ${Object.keys(formats).join(' or ')}.` })
  if (!existsSync(dirname(path))) throw new UsageError(`The report ${path} cannot be written: its folder is not there.`)
}

/** Writes a report, as a whole or not at all. */
export function writeReport(path: string, report: Report): void {
  const format = formats[extname(path)]
  if (!format) return checkReportFile(path)
  const beside = `${path}.${process.pid}`
  writeFileSync(beside, format(reportSchema.parse(redacted(report))))
  renameSync(beside, path)
}

/** Redacts texts one by one, before a format escapes them: an escaped secret would be found no more. Words of the report itself stay. */
function redacted(value: unknown, field = ''): unknown {
  if (typeof value === 'string') return field === 'status' || field === 'startedAt' ? value : redact(value)
  if (Array.isArray(value)) return value.map(one => redacted(one))
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, one]) => [name, redacted(one, name)])) : value
}
