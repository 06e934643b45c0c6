import { writeFileSync } from 'node:fs'
import { edgeCases } from './edge-cases.ts'

/**
 * Writes docs/edge-cases.md, and says what is wrong with the coverage. Run it as: npx tsx
 * docs/make-edge-cases.ts
 */
const { text, problems } = edgeCases()
writeFileSync(new URL('edge-cases.md', import.meta.url), text)
for (const problem of problems) console.error(problem)
process.exitCode = problems.length ? 1 : 0
