import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { importDefault } from '../default-export.ts'
import { InventoryError, SteadError } from '../errors.ts'
import { readConnection } from './connection.ts'
import { findInventory } from './find.ts'
import type { Inventory } from './host.ts'
import { merge } from './merge.ts'
import { readTree, type Tree } from './read-tree.ts'
import { describe, isMapping, Issues, type Source } from './source.ts'
import { varsFolders } from './vars-folders.ts'
import { parseYaml } from './yaml-source.ts'

/** One file of an inventory. */
interface LoadedFile {
  path: string
  source: Source
  start?: () => Promise<void>
}

function isFunction(value: unknown): value is () => unknown {
  return typeof value === 'function'
}

/** The default export of a `.ts` inventory, called when it is a function. */
async function importSource(absolute: string): Promise<LoadedFile> {
  const file = shown(absolute)
  let value: unknown
  try {
    const { value: exported } = await importDefault(absolute)
    value = isFunction(exported) ? await exported() : exported
  } catch (error) {
    if (error instanceof SteadError) throw error
    throw new InventoryError([{ file, message: 'The inventory could not be loaded.' }], { cause: error })
  }
  if (!isMapping(value)) {
    throw new InventoryError([{ file, message: `The inventory's default export is ${describe(value)}; an object of groups, or a function that makes one, is allowed.` }])
  }
  const { start } = value
  const source: Source = { directory: path.dirname(absolute), value, locate: () => ({ file }), isLiteral: () => true }
  return { path: absolute, source, ...(isFunction(start) ? { start: async () => void (await start()) } : {}) }
}

/** A path as messages show it: relative, unless it lies outside the working directory. */
function shown(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute)
  return relative.startsWith('..') ? absolute : relative
}

/** Merges files into one inventory, later over earlier; they need not exist. */
function build(files: readonly LoadedFile[]): Inventory {
  const issues = new Issues(...files.map(each => shown(each.path)))
  const tree: Tree = { groups: new Map(), hosts: new Map() }
  for (const { source } of files) readTree(source, issues, tree)
  const merged = merge(tree, issues)
  const hosts = merged?.hosts.map(host => readConnection(host, issues)) ?? []
  const names = { groups: merged?.groups.keys() ?? [], hosts: hosts.map(({ name }) => name) }
  const beside = [...new Set(files.map(({ source }) => source.directory))].flatMap(directory => varsFolders(directory, names, shown))
  if (!merged || issues.list.length + beside.length > 0) throw new InventoryError([...issues.list, ...beside])
  const file = files.map(each => shown(each.path)).join(', ')
  const warnings = hosts.filter(({ name }) => merged.groups.has(name)).map(({ name }) => `${file}: ${name} is both a group and a host; a pattern means the group.`)
  if (hosts.length === 0) warnings.push(`${file}: The inventory does not contain any hosts.`)
  const starts = files.flatMap(({ start }) => (start ? [start] : []))
  const start = async () => {
    for (const each of starts) await each()
  }
  return { path: files.map(each => each.path).join(', '), hosts, groups: merged.groups, warnings, ...(starts.length > 0 ? { start } : {}) }
}

/**
 * @throws InventoryError for files next to a playbook from which Ansible would read variables of
 * these hosts.
 */
export function refuseVarsBeside(playbook: string, { groups, hosts }: Inventory): void {
  const issues = varsFolders(path.dirname(path.resolve(playbook)), { groups: groups.keys(), hosts: hosts.map(({ name }) => name) }, shown)
  if (issues.length > 0) throw new InventoryError(issues)
}

/**
 * Parses an inventory from YAML text, in the shape of Ansible's.
 *
 * @throws InventoryError with every mistake, each with its line and column.
 * @example parseInventory('all: {hosts: {web1: {ansible_host: 10.0.0.1}}}', '/srv/prod.yml').hosts[0]?.address // '10.0.0.1'
 */
export function parseInventory(text: string, absolute: string): Inventory {
  return build([parseFile(text, absolute)])
}

function parseFile(text: string, absolute: string): LoadedFile {
  return { path: absolute, source: parseYaml(shown(absolute), path.dirname(absolute), text) }
}

/**
 * Loads an inventory by name (`prod` is prod.yml, prod.yaml, prod.ts or a folder in `directory`) or
 * by path. Several are merged: all hosts and groups, and where two set the same variable of the
 * same group or host, the later wins (Ansible, "Passing multiple inventory sources").
 *
 * @param options.directory the folder of the inventories.
 * @throws InventoryError with every mistake in it, or with the names of the existing inventories.
 * @example (await loadInventory(['prod'], { directory: 'inventories' })).hosts.map(host => host.name)
 */
export async function loadInventory(namesOrPaths: readonly string[], { directory }: { directory: string }): Promise<Inventory> {
  const files: LoadedFile[] = []
  for (const absolute of namesOrPaths.flatMap(each => findInventory(each, directory))) {
    files.push(path.extname(absolute) === '.ts' ? await importSource(absolute) : parseFile(await readFile(absolute, 'utf8'), absolute))
  }
  return build(files)
}
