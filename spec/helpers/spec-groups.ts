import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

/**
 * What a spec uses: lab hosts that other specs use too, or its own; a host of its own, for many
 * minutes; this machine, in whole runs of playbooks; or nothing but the code.
 */
export const groups = ['shared hosts', 'own hosts', 'cut-offs', 'whole runs', 'no hosts'] as const
export type Group = (typeof groups)[number]

/** A spec that imports one of these uses shared hosts: such specs never run in parallel. */
const shared = /^spec\/helpers\/(apt|file|postgres|unit)-host\.ts$/
const own = /^(spec\/helpers\/(lab-lifecycle|module-host)|lab\/index)\.ts$/
const wholeRun = /^spec\/((command-line|helpers)\/run-stead|lib\/run\/local-run)\.ts$/
/** These use the lab only through its command line, or test the lab itself. */
const byCommand = /^spec\/(lab|playbooks)\//
const cutOffs = /^spec\/faults\//

/** A file with all that it imports of the project, and what that imports, by their paths. */
function withImports(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file) || !existsSync(file)) return found
  found.add(file)
  for (const [, imported = ''] of readFileSync(file, 'utf8').matchAll(/(?:from|import|import\() ?'(\.[^']+\.ts)'/g)) withImports(path.posix.join(path.posix.dirname(file), imported), found)
  return found
}

/**
 * The group that a spec belongs to, by what it imports.
 * @example groupOf('spec/lib/text/quote.spec.ts') // 'no hosts'
 */
export function groupOf(file: string): Group {
  const imports = [...withImports(file)]
  if (cutOffs.test(file)) return 'cut-offs'
  if (imports.some(each => shared.test(each))) return 'shared hosts'
  if (byCommand.test(file) || imports.some(each => own.test(each))) return 'own hosts'
  return imports.some(each => wholeRun.test(each)) ? 'whole runs' : 'no hosts'
}

/** All specs, by group. */
export function specsByGroup(): Record<Group, string[]> {
  const specs = readdirSync('spec', { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.spec.ts')).sort().map(file => `spec/${file}`)
  const sorted: Record<Group, string[]> = { 'shared hosts': [], 'own hosts': [], 'cut-offs': [], 'whole runs': [], 'no hosts': [] }
  for (const file of specs) sorted[groupOf(file)].push(file)
  return sorted
}
