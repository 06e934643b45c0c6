import { existsSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { LabInventory } from './inventory.ts'
import { LabError } from './lab-error.ts'

const inventories = path.join(import.meta.dirname, '..', 'inventories')

function isLabInventory(value: unknown): value is LabInventory {
  return typeof value === 'object' && value !== null && 'start' in value && typeof value.start === 'function'
}

function isMaker(value: unknown): value is () => unknown {
  return typeof value === 'function'
}

/**
 * Loads an inventory of lab hosts, named as for `-i`: `lab` is inventories/lab.ts, anything with a
 * slash or ending in .ts is a path. Its default export is what `lab()` returns, or a function that
 * returns that. Throws LabError if it does not exist, or is an inventory of other hosts.
 */
export async function loadLabInventory(name: string): Promise<LabInventory> {
  const file = name.includes('/') || name.endsWith('.ts') ? path.resolve(name) : path.join(inventories, `${name}.ts`)
  if (!existsSync(file)) throw new LabError(`There is no inventory ${JSON.stringify(name)}: ${file} does not exist. Allowed are the name of a .ts file in ${inventories}, or a path.`)
  const module: unknown = await import(pathToFileURL(file).href)
  const exported: unknown = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined
  const inventory: unknown = isMaker(exported) ? await exported() : exported
  if (!isLabInventory(inventory)) throw new LabError(`${file} names no lab hosts: its default export must be what lab() of lab/inventory.ts returns. Hosts of another kind need no "up".`)
  return inventory
}
