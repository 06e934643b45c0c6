import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'
import type { HostReport, Report } from '../../lib/report/report.ts'

export const publishedFile = path.join(import.meta.dirname, '..', '..', 'docs', 'report.schema.json')

// The pattern beside the format is the stricter of the two; a format that ajv does not know would
// be an error.
const ajv = new Ajv2020({ allErrors: true, formats: { 'date-time': text => Number.isFinite(Date.parse(text)) } })
const schema = z.looseObject({ $schema: z.literal('https://json-schema.org/draft/2020-12/schema') }).parse(JSON.parse(readFileSync(publishedFile, 'utf8')))
const isReport = ajv.compile<Report>(schema)

/**
 * The report, once docs/report.schema.json takes it as users are promised.
 * @throws with all that is wrong, each with its place.
 */
export function published(report: unknown): Report {
  if (isReport(report)) return report
  throw new Error(`The report is not as docs/report.schema.json says: ${ajv.errorsText(isReport.errors, { dataVar: 'report', separator: '; ' })}`)
}

/** A host's report, once a report of it, written as JSON, is {@link published}. */
export function publishedHost(host: HostReport, check: boolean): HostReport {
  const report: Report = { version: 1, playbook: 'spec', inventory: 'spec', check, startedAt: new Date().toISOString(), durationMs: 0, hosts: { spec: host } }
  published(JSON.parse(JSON.stringify(report)))
  return host
}
