import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { InventoryError } from '../errors.ts'
import { didYouMean } from '../text/nearest.ts'

const extensions = ['.yml', '.yaml', '.ts']

/**
 * Files in an inventory folder that Ansible skips (INVENTORY_IGNORE_EXTS, and hidden ones), and
 * folders that are not inventories.
 */
const passedOver = /^\.|~$|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|ini|cfg|retry)$|^(?:group_vars|host_vars|vars_plugins)$/

function isFile(candidate: string): boolean {
  return statSync(candidate, { throwIfNoEntry: false })?.isFile() ?? false
}

function isDirectory(candidate: string): boolean {
  return statSync(candidate, { throwIfNoEntry: false })?.isDirectory() ?? false
}

/**
 * The names of the inventories in a folder, sorted.
 * @example inventoryNames('inventories') // ['lab', 'prod']
 */
export function inventoryNames(directory: string): string[] {
  if (!existsSync(directory)) return []
  const files = readdirSync(directory, { withFileTypes: true }).filter(entry => !entry.isDirectory() && extensions.includes(path.extname(entry.name)))
  return [...new Set(files.map(entry => path.parse(entry.name).name))].sort()
}

function otherKind(file: string, shown: string, directory: string): InventoryError {
  return new InventoryError([{ file: shown, message: 'The inventory is not a .yml, .yaml or .ts file.' }], {
    hint: `Convert an INI inventory: ansible-inventory -i ${shown} --list --yaml --output ${path.join(directory, `${path.parse(file).name}.yml`)}`,
  })
}

/** The inventories in a folder and its subfolders, in the order Ansible reads them (`-i DIR`). */
function filesBelow(folder: string, shown: string, directory: string): string[] {
  return readdirSync(folder).sort().filter(name => !passedOver.test(name)).flatMap(name => {
    const [inner, innerShown] = [path.join(folder, name), path.join(shown, name)]
    if (isDirectory(inner)) return filesBelow(inner, innerShown, directory)
    if (!extensions.includes(path.extname(name))) throw otherKind(inner, innerShown, directory)
    return [inner]
  })
}

/**
 * The files of an inventory: by name (`prod` is prod.yml, prod.yaml, prod.ts or the folder prod),
 * or by path. A folder stands for all inventories in it.
 *
 * @throws InventoryError with the names of the existing inventories.
 * @example findInventory('prod', 'inventories') // ['/srv/stead/inventories/prod.yml']
 */
export function findInventory(nameOrPath: string, directory: string): string[] {
  const places = [path.resolve(nameOrPath), path.resolve(directory, nameOrPath)]
  if (nameOrPath.includes('/') || extensions.includes(path.extname(nameOrPath))) {
    const found = places.find(isFile)
    if (found !== undefined && extensions.includes(path.extname(found))) return [found]
    if (found !== undefined) throw otherKind(found, nameOrPath, directory)
  } else {
    const found = extensions.map(each => path.resolve(directory, nameOrPath + each)).filter(isFile)
    const [first, second] = found
    if (first !== undefined && second === undefined) return [first]
    if (second !== undefined) {
      const names = found.map(each => path.basename(each)).join(' and ')
      throw new InventoryError([{ file: directory, message: `The inventory ${nameOrPath} exists twice: ${names}.` }], { hint: 'Name one by its path, or remove the other.' })
    }
  }
  const folder = places.toReversed().find(isDirectory)
  if (folder !== undefined) {
    const files = filesBelow(folder, nameOrPath, directory)
    if (files.length > 0) return files
    throw new InventoryError([{ file: nameOrPath, message: 'The folder contains no inventory.' }], { hint: 'Put a .yml, .yaml or .ts file into it.' })
  }
  throw noSuchInventory(nameOrPath, directory)
}

function noSuchInventory(nameOrPath: string, directory: string): InventoryError {
  if (nameOrPath.includes(',')) {
    return new InventoryError([{ file: nameOrPath, message: 'A list of hosts is not an inventory for stead, unlike for Ansible.' }], {
      hint: `Write ${path.join(directory, 'hosts.yml')}, with \`all: { hosts: { NAME: { ansible_host: ADDRESS } } }\`; several inventories are each given with -i.`,
    })
  }
  const names = inventoryNames(directory)
  return new InventoryError([{ file: nameOrPath, message: `There is no such inventory.${didYouMean(nameOrPath, names)}` }], {
    hint: names.length > 0 ? `In ${directory} there are: ${names.join(', ')}. A path to a .yml, .yaml or .ts file or to a folder of them works too.`
      : `${directory} does not contain one. Write ${path.join(directory, 'prod.yml')}, or give a path.`,
  })
}
