import { pathToFileURL } from 'node:url'
import { types } from 'node:util'
import { PlaybookError } from './errors.ts'

/**
 * The default export of a file; `commonJs` where it was loaded as CommonJS, and so with a second
 * copy of the engine.
 */
export interface DefaultExport {
  value: unknown
  commonJs: boolean
}

/** What to do about a file that was loaded as CommonJS. */
export const asModule = 'It was loaded as CommonJS, since the package.json that is nearest to it does not say "type": "module". Set that with `npm pkg set type=module` in its folder, or let its name end in .mts.'

/**
 * A file is not in the bundle that runs. The launcher catches it, and starts again without a
 * bundle.
 */
export class NotBundled extends PlaybookError {}

let bundled: ReadonlyMap<string, () => Promise<unknown>> | undefined

/**
 * Called by a bundle (launcher/build.js), with the scripts that are in it, by their absolute paths.
 */
export function setBundled(scripts: ReadonlyMap<string, () => Promise<unknown>>): void {
  bundled = scripts
}

const defaultOf = (exported: unknown): unknown => (typeof exported === 'object' && exported !== null && 'default' in exported ? exported.default : undefined)

/**
 * Loads a TypeScript or JavaScript file. tsx compiles it to CommonJS where no package.json says
 * "type": "module"; the export is then not a module namespace, or sits one level deeper.
 */
export async function importDefault(absolute: string): Promise<DefaultExport> {
  const loaded: unknown = await (bundled ? fromBundle(bundled, absolute) : import(pathToFileURL(absolute).href))
  const value = defaultOf(loaded)
  const isWrapped = typeof value === 'object' && value !== null && '__esModule' in value
  return { value: isWrapped ? defaultOf(value) : value, commonJs: !bundled && (isWrapped || !types.isModuleNamespaceObject(loaded)) }
}

function fromBundle(scripts: ReadonlyMap<string, () => Promise<unknown>>, absolute: string): Promise<unknown> {
  const load = scripts.get(absolute)
  if (!load) throw new NotBundled(`${absolute} is not in the bundle.`)
  return load()
}
