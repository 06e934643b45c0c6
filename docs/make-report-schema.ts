import { writeFileSync } from 'node:fs'
import { z } from 'zod'
import { reportSchema } from '../lib/report/report.ts'

/** Writes docs/report.schema.json, the JSON Schema of `--report FILE.json`. Run it as: npx tsx docs/make-report-schema.ts */
const schema = {
  $comment: 'Made from lib/report/report.ts by: npx tsx docs/make-report-schema.ts',
  title: 'Report of stead',
  ...z.toJSONSchema(reportSchema, { target: 'draft-2020-12' }),
}
writeFileSync(new URL('report.schema.json', import.meta.url), `${JSON.stringify(schema, null, 2)}\n`)
