import { expandPath } from './connection.ts'
import type { Host } from './host.ts'

/** What the command line says about how to connect. */
export interface ConnectionOverrides {
  /** -u */
  user?: string
  /** --private-key; `~` is expanded, a relative path starts at the working directory. */
  privateKey?: string
  /** -b; without it, what the inventory says holds. */
  become?: boolean
}

/**
 * The hosts as the command line wants them: `--private-key` and `-b` replace what the inventory says of every host, `-u` likewise. (In Ansible
 * -u and --private-key only fill in what the inventory leaves open; what was typed last is what is meant.)
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
