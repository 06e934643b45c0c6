import path from 'node:path'
import { readEntry, writeEntry, keyOf } from './cache.js'
import { evaluate } from './evaluate.js'
import { unchanged } from './stamps.js'
import { scriptsOf } from './scripts.js'

const root = path.dirname(import.meta.dirname)

/**
 * Brings the bundle that a command line needs: from the cache while none of its files has changed, otherwise made anew.
 *
 * @param {readonly string[]} words
 * @returns {Promise<{ main: import('./launch.js').Main, end: () => void } | undefined>} undefined where no bundle can be made: a file does
 *   not compile, is missing, or does what only works file by file
 */
export async function load(words) {
  const scripts = scriptsOf(words)
  const key = keyOf([root, ...scripts])
  const entry = readEntry(key)
  const bundle = entry && unchanged(entry) ? entry : await make(key, scripts)
  if (!bundle) return undefined
  const { main, codeCache } = evaluate(bundle, root)
  return {
    main,
    // What V8 compiled is kept once it has been compiled: the functions that a run really calls are then in it.
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
  if (bundle?.mayBeKept) writeEntry(key, bundle)
  return bundle
}
