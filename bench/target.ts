import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Host } from '../lib/inventory/host.ts'
import { loadInventory } from '../lib/inventory/load.ts'

/** The measured host, and a folder for the files that the measurement needs. */
export interface Target {
  host: Host
  identityFile: string
  directory: string
  remove(): void
}

/** The first host of an inventory. If that is a lab, it is started. */
export async function findTarget(inventoryName: string): Promise<Target> {
  const [target] = await findTargets(inventoryName)
  if (!target) throw new Error(`The inventory ${inventoryName} has no hosts.`)
  return target
}

/** Every host of an inventory. If that is a lab, it is started. */
export async function findTargets(inventoryName: string): Promise<Target[]> {
  const inventory = await loadInventory([inventoryName], { directory: 'inventories' })
  await inventory.start?.()
  return inventory.hosts.map(host => {
    if (!host.identityFile || !host.knownHostsFile) throw new Error(`${host.name} in ${inventoryName} has no ansible_ssh_private_key_file or no stead_known_hosts_file.`)
    const directory = mkdtempSync(path.join(tmpdir(), 'stead-bench-'))
    return { host, identityFile: host.identityFile, directory, remove: () => rmSync(directory, { recursive: true, force: true }) }
  })
}

/**
 * The host as it is seen through a proxy: an inventory and a known_hosts file for that port of
 * loopback.
 */
export interface Through {
  inventory: string
  knownHosts: string
  port: number
}

/** Writes the files by which both stead and ssh reach the host through a port of loopback. */
export function through({ host, identityFile, directory }: Target, port: number): Through {
  const knownHosts = path.join(directory, `known_hosts-${port}`)
  writeFileSync(knownHosts, hostKeys(host).map(key => `[127.0.0.1]:${port} ${key}\n`).join(''))
  const inventory = path.join(directory, `inventory-${port}.yml`)
  const variables = {
    ...host.vars, ansible_host: '127.0.0.1', ansible_port: port, ansible_user: host.user,
    ansible_ssh_private_key_file: identityFile, stead_known_hosts_file: knownHosts,
  }
  // JSON is YAML, and needs no care about quotes.
  const groups = Object.fromEntries(host.groups.filter(group => group !== 'all' && group !== 'ungrouped').map(group => [group, { hosts: { [host.name]: {} } }]))
  writeFileSync(inventory, JSON.stringify({ all: { hosts: { [host.name]: variables }, children: groups } }))
  return { inventory, knownHosts, port }
}

/** Writes an inventory with so many names of the host, and gives its path. */
export function namesOf({ host, identityFile, directory }: Target, count: number): string {
  const variables = { ansible_host: host.address, ansible_port: host.port, ansible_user: host.user, ansible_ssh_private_key_file: identityFile, stead_known_hosts_file: host.knownHostsFile }
  const inventory = path.join(directory, `inventory-of-${count}.yml`)
  writeFileSync(inventory, JSON.stringify({ all: { vars: variables, hosts: Object.fromEntries(Array.from({ length: count }, (_, index) => [`name${index + 1}`, {}])) } }))
  return inventory
}

/** Type and key, as in known_hosts, of each key that is known of the host. */
function hostKeys({ knownHostsFile, address }: Host): string[] {
  const lines = readFileSync(knownHostsFile ?? '', 'utf8').split('\n').map(line => line.split(/\s+/))
  const keys = lines.flatMap(([names = '', type, key]) => (names.split(',').includes(address) && type && key ? [`${type} ${key}`] : []))
  if (keys.length === 0) throw new Error(`${knownHostsFile} has no key of ${address}.`)
  return keys
}
