import { readdirSync } from 'node:fs'
import path from 'node:path'
import type { InventoryIssue } from '../errors.ts'

/** The files that Ansible would read for group_vars/web: web, web.yml or web.json. */
const extension = /\.(?:ya?ml|json)$/

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).filter(name => !name.startsWith('.')).sort()
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return []
    throw error
  }
}

/**
 * The files next to an inventory or a playbook from which Ansible would read variables of these
 * groups and hosts. stead does not read them, and a run without them would set up a host
 * differently.
 *
 * @param shown formats a path for messages.
 */
export function varsFolders(directory: string, { groups, hosts }: { groups: Iterable<string>; hosts: Iterable<string> }, shown: (absolute: string) => string): InventoryIssue[] {
  const kinds = [{ folder: 'group_vars', what: 'group', names: new Set(groups) }, { folder: 'host_vars', what: 'host', names: new Set(hosts) }]
  return kinds.flatMap(({ folder, what, names }) => entries(path.join(directory, folder)).flatMap(entry => {
    const name = [entry, entry.replace(extension, '')].find(each => names.has(each))
    if (name === undefined) return []
    const where = what === 'group' ? `below \`vars:\` of ${name}` : `below ${name}`
    return [{ file: shown(path.join(directory, folder, entry)), message: `It gives variables to the ${what} ${name}, and stead does not read ${folder}. Move them into the inventory, ${where}, or move the file away.` }]
  }))
}
