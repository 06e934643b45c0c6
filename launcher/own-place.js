import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

/** How a file refers to its own path. */
const places = { 'import.meta.dirname': 'steadDirname', 'import.meta.filename': 'steadFilename', 'import.meta.url': 'steadUrl', __dirname: 'steadDirname', __filename: 'steadFilename' }

/**
 * Code that loads files that are not known before it runs, or refers to its own path in other ways.
 * Such a file is loaded by tsx.
 */
const untold = [
  /\b(?:import|require)\s*\(\s*(?!(['"])[^'"\n]*\1\s*[,)]|\s*\))/, /\brequire\s*\.\s*(?:resolve|cache|extensions)\b/, /\bcreateRequire\b/,
  /\bimport\.meta\b(?!\.(?:dirname|filename|url)\b)/, /\bnew\s+Worker\b/,
]

/**
 * Options with which each file in a bundle keeps its own `import.meta.dirname`,
 * `import.meta.filename`, `import.meta.url`, `__dirname` and `__filename`.
 *
 * @param {string} root
 * @returns {Pick<import('esbuild').BuildOptions, 'define' | 'plugins'>}
 */
export function ownPlace(root) {
  const lib = path.join(root, 'lib') + path.sep
  return {
    define: places,
    plugins: [{
      name: 'own-place',
      setup(build) {
        // Native parts of packages (that of ssh2 is optional) are loaded from where they are, if
        // they exist.
        build.onResolve({ filter: /\.node$/ }, ({ path: name, resolveDir }) => ({ path: path.resolve(resolveDir, name), external: true }))
        build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, async ({ path: file }) => {
          const text = await readFile(file, 'utf8')
          if (!file.startsWith(lib) && untold.some(pattern => pattern.test(text))) throw new Error(`${file} loads something that is not known before it runs.`)
          if (!/import\.meta|__dirname|__filename/.test(text)) return { contents: text, loader: loaderOf(file) }
          const own = `const steadDirname = ${JSON.stringify(path.dirname(file))}, steadFilename = ${JSON.stringify(file)}, steadUrl = ${JSON.stringify(pathToFileURL(file).href)};`
          return { contents: own + text.replace(/^#!/, '//'), loader: loaderOf(file) }
        })
      },
    }],
  }
}

/**
 * @param {string} file
 * @returns {import('esbuild').Loader}
 */
function loaderOf(file) {
  if (/x$/.test(file)) return file.endsWith('.tsx') ? 'tsx' : 'jsx'
  return /\.[cm]?ts$/.test(file) ? 'ts' : 'js'
}
