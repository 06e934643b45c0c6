import { homedir, userInfo } from 'node:os'
import path from 'node:path'
import { Secret } from '../secret/secret.ts'
import type { Host } from './host.ts'
import type { MergedHost } from './merge.ts'
import type { Variable } from './read-tree.ts'
import { describe, isMapping, showPlace, type Issues, type Source } from './source.ts'
import { adviceOn } from './unsupported.ts'

/** Ansible's older names for the same variables (ansible.builtin.ssh, "vars"). */
const aliases: Record<string, string[]> = {
  ansible_host: ['ansible_ssh_host'],
  ansible_port: ['ansible_ssh_port'],
  ansible_user: ['ansible_ssh_user'],
  ansible_password: ['ansible_ssh_password', 'ansible_ssh_pass'],
  ansible_ssh_private_key_file: ['ansible_private_key_file'],
}

const booleans = new Map<unknown, boolean>([
  [true, true], ['true', true], ['yes', true], ['on', true], [1, true], [false, false], ['false', false], ['no', false], ['off', false], [0, false],
])

/**
 * `~` is the home directory of the user running stead; other relative paths start at the
 * inventory's folder.
 * @example expandPath('~/.ssh/id', '/srv')
 */
export function expandPath(given: string, directory: string): string {
  if (given === '~' || given.startsWith('~/')) return path.join(homedir(), given.slice(1))
  return path.resolve(directory, given)
}

/** Whether a value, or anything in it, is an expression that Ansible would evaluate. */
export function holdsJinja(value: unknown, source: Pick<Source, 'isLiteral'>): boolean {
  if (Array.isArray(value)) return value.some(each => holdsJinja(each, source))
  if (isMapping(value)) return Object.values(value).some(each => holdsJinja(each, source))
  return typeof value === 'string' && /\{\{|\{%/.test(value) && !source.isLiteral(value)
}

/**
 * Takes the connection variables out of a host's variables one by one, and reports each mistake.
 */
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
    const { value, place, source } = found.variable
    const isJinja = holdsJinja(value, source)
    const parsed = isJinja ? undefined : parse(value)
    if (parsed !== undefined) return parsed
    const given = !/pass/.test(name) && (typeof value === 'string' || typeof value === 'number') ? JSON.stringify(value) : describe(value)
    const jinja = isJinja ? ' stead does not evaluate Jinja: write the value itself, or a .ts inventory that computes it.' : ''
    this.#issues.add(`${found.name} is ${given}; ${allowed} is allowed.${jinja}`, place)
    return undefined
  }

  /**
   * A path: `~` is the home directory of the user running stead; a relative path starts at the
   * inventory that sets it.
   */
  path(name: string, what: string): string | undefined {
    const directory = [name, ...(aliases[name] ?? [])].map(each => this.rest.get(each)).find(variable => variable !== undefined)?.source.directory
    const given = this.text(name, what)
    return given === undefined || directory === undefined ? undefined : expandPath(given, directory)
  }

  text(name: string, what: string): string | undefined {
    return this.take(name, what, value => (typeof value === 'string' && value.trim() !== '' ? value : undefined))
  }
}

/** Whether a name could resolve or is an address: a word without a dot or colon is only a name. */
function looksLikeAddress(name: string): boolean {
  return name === 'localhost' || /[.:]/.test(name)
}

function parsePort(value: unknown): number | undefined {
  const port = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof port === 'number' && Number.isInteger(port) && port >= 1 && port <= 65535 ? port : undefined
}

function parseSeconds(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isFinite(seconds) && seconds > 0 ? seconds : undefined
}

function parseSecret(value: unknown): Secret | undefined {
  if (value instanceof Secret) return value
  return typeof value === 'string' && value !== '' ? new Secret(value) : undefined
}

/**
 * The host that its variables describe. Mistakes go to the issues, and so does what Ansible
 * supports and stead does not: ignoring it would reach the host another way or set it up
 * differently.
 *
 * @example readConnection(merged, issues).address
 */
export function readConnection(merged: MergedHost, issues: Issues): Host {
  const reader = new ConnectionReader(merged.vars, issues)
  const address = reader.text('ansible_host', 'a host name or an address, as text,')
  const port = reader.take('ansible_port', 'a port from 1 to 65535', parsePort)
  const user = reader.text('ansible_user', "a user's name, as text,")
  const identityFile = reader.path('ansible_ssh_private_key_file', "a private key's path")
  const password = reader.take('ansible_password', 'a text (quote it)', parseSecret)
  const knownHostsFile = reader.path('stead_known_hosts_file', "a known_hosts file's path")
  const connectTimeoutSeconds = reader.take('stead_connect_timeout_seconds', 'a number of seconds above 0', parseSeconds)
  const become = reader.take('ansible_become', 'true or false', value => booleans.get(typeof value === 'string' ? value.toLowerCase() : value))
  reader.take('ansible_become_user', 'root alone (stead works as root; what a task writes, it writes as another user with `become` of the task)', value => (value === 'root' ? value : undefined))
  const connection = reader.take('ansible_connection', 'ssh or local', value => {
    if (value === 'local' || value === 'ansible.builtin.local') return 'local' as const
    return value === 'ssh' || value === 'ansible.builtin.ssh' || value === 'smart' ? ('ssh' as const) : undefined
  })
  reader.take('ansible_become_method', 'sudo', value => (value === 'sudo' || value === 'ansible.builtin.sudo' ? value : undefined))
  const wrongAddress = merged.vars.has('ansible_host') || merged.vars.has('ansible_ssh_host')
  if (address === undefined && !wrongAddress && connection !== 'local' && !looksLikeAddress(merged.name)) {
    issues.add(`The host ${merged.name} has no address, and its name is not one. Add \`ansible_host: ADDRESS\` below it.`, merged.node.place)
  }
  const vars: [string, unknown][] = []
  const places: [string, string][] = []
  for (const [name, { value, place, source }] of reader.rest) {
    if (/^(?:ansible|stead)_\w*pass(?:word|phrase)?$/.test(name)) parseSecret(value)
    if (name.startsWith('stead_')) issues.add(`${name} is given; of stead's own only stead_known_hosts_file and stead_connect_timeout_seconds are allowed.`, place)
    else if (name.startsWith('ansible_')) {
      const advice = adviceOn(name, value)
      if (advice !== undefined) issues.add(`${name} is not supported by stead. ${advice}`, place)
    } else {
      if (holdsJinja(value, source)) issues.add(`${name} contains a Jinja expression, which stead does not evaluate. Write the value itself, a .ts inventory that computes it, or \`!unsafe\` before a text that is meant as it stands.`, place)
      vars.push([name, value])
      places.push([name, showPlace(place)])
    }
  }
  return {
    name: merged.name,
    groups: merged.groups,
    address: address ?? merged.name,
    port: port ?? 22,
    user: user ?? userInfo().username,
    identityFile,
    password,
    knownHostsFile,
    ...(connectTimeoutSeconds === undefined ? {} : { connectTimeoutSeconds }),
    become,
    connection: connection ?? 'ssh',
    vars: Object.freeze(Object.fromEntries(vars)),
    places: Object.fromEntries(places),
  }
}
