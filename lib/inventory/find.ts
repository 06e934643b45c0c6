import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { InventoryError } from '../errors.ts'

const extensions = ['.yml', '.yaml', '.ts']

function isFile(candidate: string): boolean {
  return statSync(candidate, { throwIfNoEntry: false })?.isFile() ?? false
}

/** The names of the inventories in a folder, sorted. @example inventoryNames('inventories') // ['lab', 'prod'] */
export function inventoryNames(directory: string): string[] {
  if (!existsSync(directory)) return []
  const files = readdirSync(directory, { withFileTypes: true }).filter(entry => !entry.isDirectory() && extensions.includes(path.extname(entry.name)))
  return [...new Set(files.map(entry => path.parse(entry.name).name))].sort()
}

/**
 * The file of an inventory: by name (`prod` is prod.yml, prod.yaml or prod.ts in the folder), or by path.
 *
 * @throws InventoryError that lists the inventories there are.
 * @example findInventory('prod', 'inventories') // '/srv/stead/inventories/prod.yml'
 */
export function findInventory(nameOrPath: string, directory: string): string {
  const extension = path.extname(nameOrPath)
  const places = [path.resolve(nameOrPath), path.resolve(directory, nameOrPath)]
  if (nameOrPath.includes('/') || extensions.includes(extension)) {
    const found = places.find(isFile)
    if (found !== undefined && extensions.includes(extension)) return found
    if (found !== undefined) {
      throw new InventoryError([{ file: nameOrPath, message: 'The inventory is no .yml, .yaml or .ts file.' }], {
        hint: `Convert an INI inventory: ansible-inventory -i ${nameOrPath} --list --yaml --output ${path.join(directory, `${path.parse(nameOrPath).name}.yml`)}`,
      })
    }
  } else {
    const found = extensions.map(each => path.resolve(directory, nameOrPath + each)).filter(isFile)
    const [first, second] = found
    if (first !== undefined && second === undefined) return first
    if (found.length > 1) {
      const names = found.map(each => path.basename(each)).join(' and ')
      throw new InventoryError([{ file: directory, message: `The inventory ${nameOrPath} is there twice: ${names}.` }], { hint: 'Say which by its path, or remove one.' })
    }
  }
  const names = inventoryNames(directory)
  throw new InventoryError([{ file: nameOrPath, message: 'There is no such inventory.' }], {
    hint: names.length > 0 ? `In ${directory} there are: ${names.join(', ')}. A path to a .yml, .yaml or .ts file works too.`
      : `${directory} holds none. Write ${path.join(directory, 'prod.yml')}, or give a path.`,
  })
}
