import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'

const isScript = /\.[cm]?[jt]s$/

/**
 * The scripts that a command line may name: playbooks, and inventories by path, by name or by
 * folder. This is a guess that need not be right: a surplus script does not run, and a missing one
 * is noticed before anything is done (NotBundled in lib/default-export.ts).
 *
 * @param {readonly string[]} words
 * @returns {{ playbooks: string[], inventories: string[] }} absolute, in the order given
 */
export function scriptsOf(words) {
  const [playbooks, inventories] = [new Set(), new Set()].map(set => /** @type {Set<string>} */ (set))
  for (const [index, word] of words.entries()) {
    const joined = /^(?:--inventory=|-i)(.+)$/.exec(word)?.[1]
    const inventory = joined ?? (/^(?:-i|--inventory)$/.test(words[index - 1] ?? '') ? word : undefined)
    if (inventory !== undefined) for (const each of inventoriesOf(inventory)) inventories?.add(each)
    else if (!word.startsWith('-') && isScript.test(word) && isFile(path.resolve(word))) playbooks?.add(path.resolve(word))
  }
  return { playbooks: [...playbooks ?? []], inventories: [...inventories ?? []] }
}

/**
 * Finds inventories like lib/inventory/find.ts: a folder only if no file has the name. `-i lab` is
 * not the folder lab/.
 *
 * @param {string} word
 * @returns {string[]}
 */
function inventoriesOf(word) {
  const places = [path.resolve(word), path.resolve('inventories', word)]
  const files = [...places, ...['ts', 'yml', 'yaml'].map(extension => path.resolve('inventories', `${word}.${extension}`))].filter(isFile)
  return files.length > 0 ? files.filter(file => isScript.test(file)) : places.flatMap(scriptsBelow)
}

/** @param {string} place */
function isFile(place) {
  return statSync(place, { throwIfNoEntry: false })?.isFile() ?? false
}

/**
 * In a folder, only the inventories in .ts matter.
 *
 * @param {string} place
 * @returns {string[]}
 */
function scriptsBelow(place) {
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(place, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts')).sort().map(name => path.join(place, name))
}
