import { pathToFileURL } from 'node:url'
import { types } from 'node:util'

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

const defaultOf = (exported: unknown): unknown => (typeof exported === 'object' && exported !== null && 'default' in exported ? exported.default : undefined)

/**
 * Loads a TypeScript or JavaScript file. tsx compiles it to CommonJS where no package.json says
 * "type": "module"; the export is then not a module namespace, or sits one level deeper.
 */
export async function importDefault(absolute: string): Promise<DefaultExport> {
  const loaded: unknown = await import(pathToFileURL(absolute).href)
  const value = defaultOf(loaded)
  const isWrapped = typeof value === 'object' && value !== null && '__esModule' in value
  return { value: isWrapped ? defaultOf(value) : value, commonJs: isWrapped || !types.isModuleNamespaceObject(loaded) }
}
