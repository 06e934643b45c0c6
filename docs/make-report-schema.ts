import { writeFileSync } from 'node:fs'
import { reportSchemaText } from './report-schema.ts'

/** Writes docs/report.schema.json. Run it as: npx tsx docs/make-report-schema.ts */
writeFileSync(new URL('report.schema.json', import.meta.url), reportSchemaText())
