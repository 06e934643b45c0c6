import type { Secret } from '../secret/secret.ts'

/** A host of an inventory, with every group's variables merged into it. */
export interface Host {
  name: string
  /** The groups it is in, parents before children; not `all`. */
  groups: string[]
  address: string
  port: number
  user: string
  identityFile?: string
  password?: Secret
  knownHostsFile?: string
  /** Seconds within which it must be reached, at the start and after a loss. @default 60 */
  connectTimeoutSeconds?: number
  become?: boolean
  connection: 'ssh' | 'local'
  /** Every variable that does not say how to connect. */
  vars: Readonly<Record<string, unknown>>
  /** Where each of them was set, as `prod.yml:3:5`. */
  places?: Readonly<Record<string, string>>
}

/** A loaded inventory. */
export interface Inventory {
  /** Its file, absolute; of several, all with a comma between. */
  path: string
  hosts: Host[]
  /** The names of the hosts of every group, `all` and `ungrouped` among them. */
  groups: ReadonlyMap<string, string[]>
  /** What looks like a mistake and is none for certain, one line each, with its place. */
  warnings: string[]
  /** Brings the hosts up, when they do not run by themselves (the lab). */
  start?: () => Promise<void>
}

/** The variables of a group or a host, in the source of an inventory. */
export type Variables = Record<string, unknown>

/** A group in the source of an inventory, in Ansible's shape. */
export interface GroupSource {
  hosts?: Record<string, Variables | null>
  vars?: Variables
  children?: Record<string, GroupSource | null>
}

/**
 * What a `.ts` inventory exports by default, or a function of it returns: groups by their names, and perhaps `start`.
 *
 * @example export default { all: { hosts: { web1: { ansible_host: '10.0.0.1' } } } } satisfies InventorySource
 */
export interface InventorySource {
  start?: () => Promise<void>
  [group: string]: GroupSource | null | undefined | (() => Promise<void>)
}
