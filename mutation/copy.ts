import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { findMutants, type Mutant } from './find-mutants.ts'

export const project = path.join(import.meta.dirname, '..')

/**
 * Copies the project, with switches for all mutants in the sources of one folder. The copy is
 * inside the project, so that node_modules is found from it.
 */
export function copyWithMutants(folder: string): { directory: string; mutants: Mutant[] } {
  const copied = path.join(project, '.mutants', folder.replaceAll('/', '-'))
  rmSync(copied, { recursive: true, force: true })
  mkdirSync(copied, { recursive: true })
  const left = new Set(['node_modules', '.git', '.lab', '.mutants', '.mutants-last'])
  for (const name of readdirSync(project).filter(each => !left.has(each))) cpSync(path.join(project, name), path.join(copied, name), { recursive: true })
  const all: Mutant[] = []
  for (const name of readdirSync(path.join(project, folder)).filter(each => each.endsWith('.ts') && !each.endsWith('.d.ts')).sort()) {
    const file = path.join(folder, name)
    const { source, mutants } = findMutants(file, readFileSync(path.join(project, file), 'utf8'), all.length)
    writeFileSync(path.join(copied, file), source)
    all.push(...mutants)
  }
  return { directory: copied, mutants: all }
}
