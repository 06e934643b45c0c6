import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'

const isScript = /\.[cm]?[jt]s$/

/**
 * The scripts that a command line may name: playbooks, and inventories by path, by name or by folder. It is a guess that never has to be right:
 * a script too many is not run, and one that is missing is noticed before anything is done (NotBundled in lib/default-export.ts).
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
 * As inventories are found (lib/inventory/find.ts): a folder only where no file has the name. `-i lab` is not the folder lab/.
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
 * Of a folder only inventories are read, and those are .ts.
 *
 * @param {string} place
 * @returns {string[]}
 */
function scriptsBelow(place) {
  if (!statSync(place, { throwIfNoEntry: false })?.isDirectory()) return []
  return readdirSync(place, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts')).sort().map(name => path.join(place, name))
}
