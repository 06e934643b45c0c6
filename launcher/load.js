import { statSync } from 'node:fs'
import path from 'node:path'
import { keyOf, readEntry, removeEntry, writeEntry } from './cache.js'
import { evaluate } from './evaluate.js'
import { unchanged } from './stamps.js'
import { scriptsOf } from './scripts.js'

const root = path.dirname(import.meta.dirname)

/**
 * Loads the bundle for a command line: from the cache if none of its files has changed, otherwise
 * newly built.
 *
 * @param {readonly string[]} words
 * @returns {Promise<{ main: import('./launch.js').Main, end: () => void } | undefined>} undefined
 * if a bundle cannot be built: a file does not compile, is missing, or does something that only
 * works file by file
 */
export async function load(words) {
  const { playbooks, inventories } = scriptsOf(words)
  const scripts = [...new Set([...playbooks, ...inventories])]
  const key = keyOf([root, ...scripts])
  const entry = readEntry(key)
  const bundle = entry && unchanged(entry) ? entry : await make(key, scripts)
  if (!bundle) return undefined
  const { main, codeCache } = evaluate(bundle, root)
  return {
    main,
    // V8's code is stored at the end of a run, so that it contains the functions that a run really
    // calls.
    end: () => bundle.codeCache.length === 0 && bundle.mayBeKept && writeEntry(key, { ...bundle, codeCache: codeCache() }),
  }
}

/**
 * @param {string} key
 * @param {readonly string[]} scripts
 */
async function make(key, scripts) {
  const { build } = await import('./build.js')
  const bundle = await build(root, scripts)
  if (!bundle) return undefined
  // A file that only its user may read may contain secrets: no copy of it is kept, and an earlier
  // copy is removed.
  if (bundle.stamps.some(([file]) => isPrivate(file))) bundle.mayBeKept = false
  if (bundle.mayBeKept) writeEntry(key, bundle)
  else removeEntry(key)
  return bundle
}

/** stead itself and packages contain no secrets. */
const own = ['lib', 'modules', 'launcher'].map(name => path.join(root, name) + path.sep)

/** @param {string} file */
function isPrivate(file) {
  if (!/\.[cm]?[jt]s$/.test(file) || file.includes('/node_modules/') || own.some(folder => file.startsWith(folder))) return false
  return ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0o044) & 0o044) === 0
}
