import { readdirSync } from 'node:fs'
import path from 'node:path'
import { groupOf } from '../spec/helpers/spec-groups.ts'
import { project } from './copy.ts'

/** What is mutated, and the folders of specs that are asked: its own, and those whose work goes through it. */
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

/** The spec files that are asked of a folder's mutants, relative to the project, those of its own folder first; none that needs a host, which it would start or end. */
export function specsOf(folder: string): string[][] {
  return (asked[folder] ?? []).map(name => {
    const place = path.join('spec', 'lib', name)
    const specs = readdirSync(path.join(project, place)).filter(file => file.endsWith('.spec.ts')).sort().map(file => path.join(place, file))
    return specs.filter(file => ['no hosts', 'whole runs'].includes(groupOf(file)))
  })
}
