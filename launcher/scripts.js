import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'

const isScript = /\.[cm]?[jt]s$/

/**
 * The scripts that a command line may name: playbooks, and inventories by path, by name or by folder. It is a guess that never has to be right:
 * a script too many is not run, and one that is missing is noticed before anything is done (NotBundled in lib/default-export.ts).
 *
 * @param {readonly string[]} words
 * @returns {string[]} absolute, in the order given
 */
export function scriptsOf(words) {
  const found = words.map(word => word.replace(/^(?:--inventory=|-i)/, '')).filter(Boolean).flatMap(word => {
    if (word.startsWith('-')) return []
    return [path.resolve(word), path.resolve('inventories', word), path.resolve('inventories', `${word}.ts`)].flatMap(each => scriptsAt(each))
  })
  return [...new Set(found)]
}

/**
 * @param {string} place a file or a folder, if it is one
 * @returns {string[]}
 */
function scriptsAt(place) {
  const found = statSync(place, { throwIfNoEntry: false })
  if (found?.isFile()) return isScript.test(place) ? [place] : []
  // Of a folder only inventories are read, and those are .ts.
  return found?.isDirectory() ? readdirSync(place, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts')).sort().map(name => path.join(place, name)) : []
}
