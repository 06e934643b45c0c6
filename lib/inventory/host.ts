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
  /** Seconds to keep trying to reach it, at the start and after a lost connection. @default 60 */
  connectTimeoutSeconds?: number
  become?: boolean
  connection: 'ssh' | 'local'
  /** Every variable that is not about the connection. */
  vars: Readonly<Record<string, unknown>>
  /** Where each of them was set, as `prod.yml:3:5`. */
  places?: Readonly<Record<string, string>>
}

/** A loaded inventory. */
export interface Inventory {
  /** The absolute path of its file; several are joined by commas. */
  path: string
  hosts: Host[]
  /** The host names of every group, including `all` and `ungrouped`. */
  groups: ReadonlyMap<string, string[]>
  /** Possible mistakes, one line each, with their places. */
  warnings: string[]
  /** Starts the hosts where they are not running already (the lab). */
  start?: () => Promise<void>
}

/** The variables of a group or a host, as written in an inventory. */
export type Variables = Record<string, unknown>

/** A group as written in an inventory, in Ansible's shape. */
export interface GroupSource {
  hosts?: Record<string, Variables | null>
  vars?: Variables
  children?: Record<string, GroupSource | null>
}

/**
 * What a `.ts` inventory exports by default, or a function that it exports returns: groups by name,
 * and optionally `start`.
 *
 * @example export default { all: { hosts: { web1: { ansible_host: '10.0.0.1' } } } } satisfies InventorySource
 */
export interface InventorySource {
  start?: () => Promise<void>
  [group: string]: GroupSource | null | undefined | (() => Promise<void>)
}
