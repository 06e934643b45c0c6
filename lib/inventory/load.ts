import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { InventoryError, SteadError } from '../errors.ts'
import { readConnection } from './connection.ts'
import { findInventory } from './find.ts'
import type { Inventory } from './host.ts'
import { merge } from './merge.ts'
import { readTree, type Variable } from './read-tree.ts'
import { describe, isMapping, Issues, type Source } from './source.ts'
import { parseYaml } from './yaml-source.ts'

type Start = () => Promise<void>

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function'
}

/** The default export of a `.ts` inventory, called when it is a function. */
async function importSource(file: string, absolute: string): Promise<{ source: Source; start?: Start }> {
  let value: unknown
  try {
    const module: unknown = await import(pathToFileURL(absolute).href)
    const exported: unknown = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
    value = isFunction(exported) ? await exported() : exported
  } catch (error) {
    if (error instanceof SteadError) throw error
    throw new InventoryError([{ file, message: 'The inventory could not be loaded.' }], { cause: error })
  }
  if (!isMapping(value)) {
    throw new InventoryError([{ file, message: `The inventory's default export is ${describe(value)}; an object of groups, or a function that makes one, is allowed.` }])
  }
  const { start } = value
  const source: Source = { file, value, locate: () => undefined }
  return isFunction(start) ? { source, start: async () => void (await start()) } : { source }
}

/** A path as it is shortest to read: from here, unless it lies elsewhere. */
function shown(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute)
  return relative.startsWith('..') ? absolute : relative
}

/** Makes the inventory of its source; the file need not exist. */
function build(source: Source, absolute: string, start?: Start): Inventory {
  const issues = new Issues(source.file)
  const warnings = new Set<string>()
  const directory = path.dirname(absolute)
  const warn = (message: string, { position }: Variable): void => {
    warnings.add(`${[source.file, ...(position ? [position.line, position.column] : [])].join(':')}: ${message}`)
  }
  const merged = merge(readTree(source, issues), issues)
  const hosts = merged?.hosts.map(host => readConnection(host, { directory, issues, warn })) ?? []
  if (!merged || issues.list.length > 0) throw new InventoryError(issues.list)
  if (hosts.length === 0) warnings.add(`${source.file}: The inventory holds no hosts.`)
  for (const host of hosts) if (merged.groups.has(host.name)) warnings.add(`${source.file}: ${host.name} is both a group and a host; a pattern means the group.`)
  for (const folder of ['group_vars', 'host_vars']) {
    if (existsSync(path.join(directory, folder))) warnings.add(`${source.file}: the folder ${folder} beside it is not read by stead.`)
  }
  return { path: absolute, hosts, groups: merged.groups, warnings: [...warnings], ...(start ? { start } : {}) }
}

/**
 * Makes an inventory of YAML text, in the shape of Ansible's YAML inventories.
 *
 * @throws InventoryError with everything that is wrong, each with line and column.
 * @example parseInventory('all: {hosts: {web1: {ansible_host: 10.0.0.1}}}', '/srv/prod.yml').hosts[0]?.address // '10.0.0.1'
 */
export function parseInventory(text: string, absolute: string): Inventory {
  return build(parseYaml(shown(absolute), text), absolute)
}

/**
 * Loads an inventory by name (`prod` is prod.yml, prod.yaml or prod.ts in `directory`) or by path.
 *
 * @param options.directory the folder that holds the inventories.
 * @throws InventoryError with everything that is wrong in it, or with the names of the inventories there are.
 * @example (await loadInventory('prod', { directory: 'inventories' })).hosts.map(host => host.name)
 */
export async function loadInventory(nameOrPath: string, { directory }: { directory: string }): Promise<Inventory> {
  const absolute = findInventory(nameOrPath, directory)
  if (path.extname(absolute) !== '.ts') return parseInventory(await readFile(absolute, 'utf8'), absolute)
  const { source, start } = await importSource(shown(absolute), absolute)
  return build(source, absolute, start)
}
