import { createRequire, SourceMap } from 'node:module'
import path from 'node:path'
import { Script } from 'node:vm'

/**
 * The name of every bundle in stacks, before they are mapped. V8 keeps it in the code cache, so it
 * must not differ from run to run.
 */
const file = '/stead-bundle.js'

/**
 * Runs a bundle, and makes the stacks of errors name the files that it was made from.
 *
 * @param {import('./cache.js').Entry} entry
 * @param {string} root
 * @returns {{ main: import('./launch.js').Main, codeCache: () => Buffer }}
 */
export function evaluate({ code, map, codeCache }, root) {
  const source = `(function (exports, require, module) {"use strict";${code.toString()}\n})`
  const script = new Script(source, { filename: file, cachedData: codeCache.length > 0 ? codeCache : undefined })
  mapStacks(map)
  const module = { exports: /** @type {{ main?: import('./launch.js').Main }} */ ({}) }
  script.runInThisContext()(module.exports, createRequire(path.join(root, 'stead')), module)
  const { main } = module.exports
  if (!main) throw new Error('The bundle has no main.')
  return { main, codeCache: () => script.createCachedData() }
}

/**
 * Node.js would parse a registered source map at once; this one is parsed when a stack is needed,
 * which in most runs is never.
 *
 * @param {Buffer} map
 */
function mapStacks(map) {
  /** @type {SourceMap | undefined} */
  let read
  const place = (/** @type {string} */ whole, /** @type {string} */ line, /** @type {string} */ column) => {
    read ??= new SourceMap(JSON.parse(map.toString()))
    const found = read.findEntry(Number(line) - 1, Number(column) - 1)
    return 'originalSource' in found ? `${path.resolve('/', found.originalSource)}:${found.originalLine + 1}:${found.originalColumn + 1}` : whole
  }
  const position = new RegExp(`${file}:(\\d+):(\\d+)`, 'g')
  Error.prepareStackTrace = (error, frames) => [title(error), ...frames.map(frame => `    at ${String(frame).replace(position, place)}`)].join('\n')
}

/** @param {Error} error */
function title(error) {
  try {
    return Error.prototype.toString.call(error)
  } catch {
    return 'Error'
  }
}
