import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { acceptedFile, covers, readAccepted } from './accepted.ts'
import { copyWithMutants, project } from './copy.ts'
import type { Mutant } from './find-mutants.ts'
import { folders, specsOf } from './folders.ts'
import { tryMutants, type Tried } from './try-mutants.ts'

/**
 * `npm run mutants [-- FOLDER…] [--survivors | --unexplained] [--own] [--quick] [--every N]`: makes
 * small mistakes in the sources of each folder (or one file), one at a time, and lists those that
 * no unit spec notices. `--survivors`: only those that survived last time; `--unexplained`: of
 * these only the ones that are not in docs/mutants.yml. `--own`: runs only the specs of the same
 * folder, which is fast. `--quick`: runs only tests that take at most 100 ms. `--every`: only each
 * Nth mutant, for an estimate.
 */
const ENOUGH = 0.85
const words = process.argv.slice(2)
const onlyUnexplained = words.includes('--unexplained')
const onlySurvivors = onlyUnexplained || words.includes('--survivors')
const every = words.includes('--every') ? Number(words[words.indexOf('--every') + 1]) : 1
const chosen = words.filter((word, at) => !word.startsWith('--') && words[at - 1] !== '--every').map(word => word.replace(/\/$/, ''))
const files = chosen.filter(word => word.endsWith('.ts'))
const wanted = chosen.length > 0 ? folders.filter(folder => chosen.some(word => word === folder || path.dirname(word) === folder)) : folders
const wrong = chosen.find(word => !folders.includes(word) && !folders.includes(path.dirname(word)))
if (wrong !== undefined) {
  console.error(`${wrong} is not mutated; ${folders.join(', ')} are, and files in them.`)
  process.exit(64)
}

const lastResults = (folder: string) => path.join(project, '.mutants-last', `${folder.replaceAll('/', '-')}.json`)
const keyOf = ({ file, code, to }: Mutant) => `${file}\n${code}\n${to}`

/** The keys of the mutants that survived last time, or undefined if there is no record. */
function lastSurvivors(folder: string): Set<string> | undefined {
  return existsSync(lastResults(folder)) ? new Set(z.array(z.string()).parse(JSON.parse(readFileSync(lastResults(folder), 'utf8')))) : undefined
}

const isDead = (tried: Tried | undefined) => tried !== undefined && (tried.fate === 'killed' || tried.fate === 'timed out')
const accepted = readAccepted()
const table: { folder: string; mutants: number; killed: number; percent: string; unexplained: number }[] = []
for (const folder of wanted) {
  const { directory, mutants: found } = copyWithMutants(folder)
  const all = found.filter(({ file }) => files.length === 0 || files.includes(file)).filter((_, index) => index % every === 0)
  const last = onlySurvivors ? lastSurvivors(folder) : undefined
  const survivors = last ? all.filter(mutant => last.has(keyOf(mutant))) : all
  const untried = onlyUnexplained ? survivors.filter(mutant => accepted.some(each => covers(each, mutant))) : []
  const mutants = survivors.filter(mutant => !untried.includes(mutant))
  console.log(`${folder}: ${mutants.length} mutants`)
  const startedAt = Date.now()
  const fates = new Map<Mutant, Tried>()
  // The specs of the folder itself run first: the mutants that they notice need no others, which
  // take longer.
  for (const specs of words.includes('--own') ? specsOf(folder).slice(0, 1) : specsOf(folder)) {
    const open = mutants.filter(mutant => !isDead(fates.get(mutant)))
    let at = 0
    if (open.length > 0) await tryMutants(directory, open, specs, { quick: words.includes('--quick'), workers: availableParallelism() }, tried => {
      if (isDead(tried) || !fates.has(tried.mutant)) fates.set(tried.mutant, tried)
      at += 1
      if (at % 50 === 0) console.log(`  ${at} of ${open.length} with ${path.dirname(specs[0] ?? '')}, ${Math.round((Date.now() - startedAt) / 1000)} s`)
    })
  }
  const results = [...fates.values()].sort((one, other) => one.mutant.id - other.mutant.id)
  const left = results.filter(tried => !isDead(tried))
  for (const { mutant, fate } of left) {
    const said = accepted.some(each => covers(each, mutant)) ? ' (accepted)' : ''
    console.log(`${mutant.file}:${mutant.line} ${fate}${said} [${mutant.kind}]\n    ${mutant.code}\n    -> ${mutant.to}`)
  }
  if (files.length === 0 && every === 1) {
    mkdirSync(path.dirname(lastResults(folder)), { recursive: true })
    writeFileSync(lastResults(folder), JSON.stringify([...untried, ...left.map(({ mutant }) => mutant)].map(keyOf)))
  }
  const killed = all.length - left.length - untried.length
  table.push({ folder, mutants: all.length, killed, percent: (100 * killed / all.length).toFixed(1), unexplained: left.filter(({ mutant }) => !accepted.some(each => covers(each, mutant))).length })
}
console.table(table)
const total = table.reduce((sum, row) => ({ mutants: sum.mutants + row.mutants, killed: sum.killed + row.killed, unexplained: sum.unexplained + row.unexplained }), { mutants: 0, killed: 0, unexplained: 0 })
console.log(`${total.killed} of ${total.mutants} killed: ${(100 * total.killed / total.mutants).toFixed(1)} %; ${total.unexplained} of the rest are not in ${acceptedFile}`)
process.exitCode = total.killed < ENOUGH * total.mutants || (chosen.length === 0 && total.unexplained > 0) ? 1 : 0
