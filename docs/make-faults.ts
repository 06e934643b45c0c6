import { writeFileSync } from 'node:fs'
import { faults } from './faults.ts'

/**
 * Writes docs/faults.md, and says which fault no spec holds. Run it as: npx tsx docs/make-faults.ts
 */
const { text, problems } = faults()
writeFileSync(new URL('faults.md', import.meta.url), text)
for (const problem of problems) console.error(problem)
process.exitCode = problems.length ? 1 : 0
