import { expandPath } from './connection.ts'
import type { Host } from './host.ts'

/** What the command line says about how to connect. */
export interface ConnectionOverrides {
  /** -u */
  user?: string
  /** --private-key; `~` is expanded, a relative path starts at the working directory. */
  privateKey?: string
  /** -b; without it, the inventory decides. */
  become?: boolean
}

/**
 * The hosts with the options of the command line: `-u`, `--private-key` and `-b` replace what the
 * inventory says for every host. (In Ansible, -u and --private-key only fill in what the inventory
 * leaves open.)
 *
 * @example overrideConnection(hosts, { user: 'root' })[0]?.user // 'root'
 */
export function overrideConnection(hosts: readonly Host[], { user, privateKey, become }: ConnectionOverrides): Host[] {
  return hosts.map(host => ({
    ...host,
    user: user ?? host.user,
    identityFile: privateKey === undefined ? host.identityFile : expandPath(privateKey, process.cwd()),
    become: become === true ? true : host.become,
  }))
}
