import { z } from 'zod'
import { reportSchema } from '../lib/report/report.ts'

/** The text of docs/report.schema.json: the JSON Schema of `--report FILE.json`. */
export function reportSchemaText(): string {
  const schema = {
    $comment: 'Made from lib/report/report.ts by: npx tsx docs/make-report-schema.ts',
    title: 'Report of stead',
    ...z.toJSONSchema(reportSchema, { target: 'draft-2020-12' }),
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}
