import { readdirSync } from 'node:fs'
import path from 'node:path'
import { groupOf } from '../spec/helpers/spec-groups.ts'
import { project } from './copy.ts'

/**
 * The mutated folders, and the folders of specs that run for each: its own, and those that use it.
 */
const asked: Record<string, string[]> = {
  'lib/plan': ['plan', 'apply', 'check', 'run'],
  'lib/apply': ['apply', 'walk', 'plan', 'check', 'run'],
  'lib/walk': ['walk', 'apply', 'run', 'check'],
  'lib/check': ['check', 'apply', 'plan'],
  'lib/state': ['state', 'plan', 'apply', 'check'],
  'lib/secret': ['secret', 'report'],
  'lib/inventory': ['inventory', 'command-line', 'run'],
  'lib/shell': ['shell', 'apply'],
}

export const folders = Object.keys(asked)

/**
 * The spec files that run for a folder's mutants, relative to the project, those of its own folder
 * first. None of them needs a host, which a mutant might start or end.
 */
export function specsOf(folder: string): string[][] {
  return (asked[folder] ?? []).map(name => {
    const place = path.join('spec', 'lib', name)
    const specs = readdirSync(path.join(project, place)).filter(file => file.endsWith('.spec.ts')).sort().map(file => path.join(place, file))
    return specs.filter(file => ['no hosts', 'whole runs'].includes(groupOf(file)))
  })
}
