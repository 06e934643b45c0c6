import { homedir, userInfo } from 'node:os'
import path from 'node:path'
import { Secret } from '../secret/secret.ts'
import type { Host } from './host.ts'
import type { MergedHost } from './merge.ts'
import type { Variable } from './read-tree.ts'
import { describe, type Issues } from './source.ts'

/** Ansible's older names of the same variables (ansible.builtin.ssh, "vars"). */
const aliases: Record<string, string[]> = {
  ansible_host: ['ansible_ssh_host'],
  ansible_port: ['ansible_ssh_port'],
  ansible_user: ['ansible_ssh_user'],
  ansible_password: ['ansible_ssh_password', 'ansible_ssh_pass'],
  ansible_ssh_private_key_file: ['ansible_private_key_file'],
}

/** Of no meaning to stead, and harmless: it needs no Python on a host, and groups are already ordered. */
const harmless = /^ansible_(?:\w+_interpreter|group_priority|connection)$/

const booleans = new Map<unknown, boolean>([
  [true, true], ['true', true], ['yes', true], ['on', true], [1, true], [false, false], ['false', false], ['no', false], ['off', false], [0, false],
])

/** `~` is the home of who runs stead; another relative path starts at the inventory's folder. @example expandPath('~/.ssh/id', '/srv') */
export function expandPath(given: string, directory: string): string {
  if (given === '~' || given.startsWith('~/')) return path.join(homedir(), given.slice(1))
  return path.resolve(directory, given)
}

function isJinja(value: unknown): boolean {
  return typeof value === 'string' && /\{\{|\{%/.test(value)
}

/** Takes the connection variables out of a host's variables, one by one, and complains about each that is wrong. */
class ConnectionReader {
  readonly rest: Map<string, Variable>
  readonly #issues: Issues

  constructor(vars: ReadonlyMap<string, Variable>, issues: Issues) {
    this.rest = new Map(vars)
    this.#issues = issues
  }

  take<T>(name: string, allowed: string, parse: (value: unknown) => T | undefined): T | undefined {
    let found: { name: string; variable: Variable } | undefined
    for (const candidate of [name, ...(aliases[name] ?? [])]) {
      const variable = this.rest.get(candidate)
      if (variable) found ??= { name: candidate, variable }
      this.rest.delete(candidate)
    }
    if (!found) return undefined
    const { value, position } = found.variable
    const parsed = isJinja(value) ? undefined : parse(value)
    if (parsed !== undefined) return parsed
    const given = !/pass/.test(name) && (typeof value === 'string' || typeof value === 'number') ? JSON.stringify(value) : describe(value)
    const jinja = isJinja(value) ? ' stead does not evaluate Jinja: write the value itself, or a .ts inventory that computes it.' : ''
    this.#issues.add(`${found.name} is ${given}; ${allowed} is allowed.${jinja}`, position)
    return undefined
  }

  text(name: string, what: string): string | undefined {
    return this.take(name, what, value => (typeof value === 'string' && value.trim() !== '' ? value : undefined))
  }
}

/** Whether a name may be resolved, or is an address: a word without a dot or colon is only a name. */
function looksLikeAddress(name: string): boolean {
  return name === 'localhost' || /[.:]/.test(name)
}

function parsePort(value: unknown): number | undefined {
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535 ? port : undefined
}

function parseSecret(value: unknown): Secret | undefined {
  if (value instanceof Secret) return value
  return typeof value === 'string' && value !== '' ? new Secret(value) : undefined
}

/** What it takes to make a host of its merged variables. */
export interface ConnectionContext {
  /** The inventory's folder. */
  directory: string
  issues: Issues
  warn: (message: string, variable: Variable) => void
}

/**
 * The host that its variables describe. What is wrong goes to the issues; a variable that stead does not heed becomes a warning.
 *
 * @example readConnection(merged, { directory: '/srv/inventories', issues, warn }).address
 */
export function readConnection(merged: MergedHost, { directory, issues, warn }: ConnectionContext): Host {
  const reader = new ConnectionReader(merged.vars, issues)
  const address = reader.text('ansible_host', 'a host name or an address, as text,')
  const port = reader.take('ansible_port', 'a port from 1 to 65535', parsePort)
  const user = reader.text('ansible_user', "a user's name, as text,")
  const identityFile = reader.text('ansible_ssh_private_key_file', "a private key's path")
  const password = reader.take('ansible_password', 'a text (quote it)', parseSecret)
  const knownHostsFile = reader.text('stead_known_hosts_file', "a known_hosts file's path")
  const become = reader.take('ansible_become', 'true or false', value => booleans.get(typeof value === 'string' ? value.toLowerCase() : value))
  const becomeUser = reader.text('ansible_become_user', "a user's name, as text,")
  const connection = reader.take('ansible_connection', 'ssh or local', value => {
    if (value === 'local' || value === 'ansible.builtin.local') return 'local' as const
    return value === 'ssh' || value === 'ansible.builtin.ssh' || value === 'smart' ? ('ssh' as const) : undefined
  })
  reader.take('ansible_become_method', 'sudo', value => (value === 'sudo' || value === 'ansible.builtin.sudo' ? value : undefined))
  const wrongAddress = merged.vars.has('ansible_host') || merged.vars.has('ansible_ssh_host')
  if (address === undefined && !wrongAddress && connection !== 'local' && !looksLikeAddress(merged.name)) {
    issues.add(`The host ${merged.name} has no address, and its name is none. Add \`ansible_host: ADDRESS\` below it.`, merged.node.position)
  }
  const vars: [string, unknown][] = []
  for (const [name, variable] of reader.rest) {
    if (/^(?:ansible|stead)_\w*pass(?:word|phrase)?$/.test(name) && typeof variable.value === 'string') parseSecret(variable.value)
    if (name.startsWith('stead_')) issues.add(`${name} is given; of stead's own only stead_known_hosts_file is allowed.`, variable.position)
    else if (!name.startsWith('ansible_')) {
      if (isJinja(variable.value)) warn(`${name} holds a Jinja expression, which stead does not evaluate: it is taken as text.`, variable)
      vars.push([name, variable.value])
    } else if (!harmless.test(name)) warn(`${name} is not heeded by stead.`, variable)
  }
  return {
    name: merged.name,
    groups: merged.groups,
    address: address ?? merged.name,
    port: port ?? 22,
    user: user ?? userInfo().username,
    identityFile: identityFile === undefined ? undefined : expandPath(identityFile, directory),
    password,
    knownHostsFile: knownHostsFile === undefined ? undefined : expandPath(knownHostsFile, directory),
    become,
    becomeUser,
    connection: connection ?? 'ssh',
    vars: Object.freeze(Object.fromEntries(vars)),
  }
}
