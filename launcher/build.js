import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { ownPlace } from './own-place.js'
import { stamp, target } from './stamps.js'

/**
 * How long (milliseconds) a file must not have changed before a bundle made from it is kept: the
 * clocks of file systems are coarse.
 */
const AT_REST_MS = 20

/**
 * Bundles stead, these scripts and everything that they import into one script.
 *
 * @param {string} root where stead is
 * @param {readonly string[]} scripts
 * @returns {Promise<import('./cache.js').Entry | undefined>} undefined if that is not possible
 */
export async function build(root, scripts) {
  const startedAt = Date.now()
  const made = await bundle(root, scripts)
  const [map, code] = made?.outputFiles?.map(({ contents }) => Buffer.from(contents)) ?? []
  if (!made?.metafile || !code || !map) return undefined
  const { files, links } = inputs(made.metafile, scripts)
  const stamps = [...new Set([...files, ...settingsOf(files), ...ownFiles()])].map(stamp)
  const mayBeKept = stamps.every(([, size, modified, changed]) => size === null || Math.max(modified ?? 0, changed ?? 0) < startedAt - AT_REST_MS)
  return { code, map, codeCache: Buffer.alloc(0), stamps, links, mayBeKept }
}

/**
 * @param {string} root
 * @param {readonly string[]} scripts
 */
async function bundle(root, scripts) {
  const from = (/** @type {string} */ file) => JSON.stringify(path.join(root, file))
  const contents = [
    `import { main } from ${from('lib/command-line/main.ts')}`, `import { setBundled } from ${from('lib/default-export.ts')}`,
    'setBundled(new Map([', ...scripts.map(script => `  [${JSON.stringify(script)}, () => import(${JSON.stringify(script)})],`), ']))', 'export { main }',
  ].join('\n')
  try {
    return await esbuild.build({
      stdin: { contents, resolveDir: root, sourcefile: 'stead-bundle', loader: 'js' }, absWorkingDir: '/', outfile: '/stead-bundle.js', write: false,
      bundle: true, platform: 'node', target: 'node20', format: 'cjs', keepNames: true, minifyWhitespace: true, lineLimit: 160, legalComments: 'none', metafile: true,
      sourcemap: 'external', sourcesContent: false, logLevel: 'silent', ...ownPlace(root),
    })
  } catch {
    // tsx reports what is wrong, in words that users know.
    return undefined
  } finally {
    // esbuild runs in a separate process, which should not stay around during a long run.
    await esbuild.stop()
  }
}

/**
 * @param {import('esbuild').Metafile} metafile
 * @param {readonly string[]} scripts
 * @returns {{ files: string[], links: [string, string | null][] }} the files of a bundle, and the
 * links through which they were found
 */
function inputs({ inputs: all }, scripts) {
  const files = Object.keys(all).map(name => path.join('/', name)).filter(file => existsSync(file))
  const ways = Object.entries(all).flatMap(([name, { imports }]) => imports.flatMap(({ original, path: found }) => {
    if (original === undefined || !/^\.{0,2}\//.test(original)) return []
    const way = path.resolve('/', path.dirname(name), original)
    return way === path.join('/', found) ? [] : [way]
  }))
  return { files, links: [...new Set([...scripts, ...ways])].map(way => [way, target(way)]) }
}

/** The folder of a package, from the path of one of its files. */
const ofPackage = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/

/**
 * What determines how files are read and where packages are found, whether it exists or not:
 * package.json, tsconfig.json and node_modules of every folder above.
 *
 * @param {readonly string[]} files
 */
function settingsOf(files) {
  const folders = new Set(files.filter(file => !ofPackage.test(file)).map(file => path.dirname(file)))
  for (const folder of folders) folders.add(path.dirname(folder))
  const above = [...folders].flatMap(folder => ['package.json', 'tsconfig.json', 'node_modules'].map(name => path.join(folder, name)))
  return [...above, ...files.flatMap(file => ofPackage.exec(file) ?? []).map(folder => path.join(folder, 'package.json'))]
}

/** What builds bundles: another version of it builds different ones. */
function ownFiles() {
  return [...['build', 'own-place', 'evaluate', 'stamps'].map(name => path.join(import.meta.dirname, `${name}.js`)), fileURLToPath(import.meta.resolve('esbuild'))]
}
