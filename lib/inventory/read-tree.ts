import { expandHostRange } from './host-range.ts'
import { describe, isMapping, type Issues, type Path, type Place, type Source } from './source.ts'

/** A variable, and where it was set. */
export interface Variable {
  value: unknown
  place: Place
  source: Source
}

export interface GroupNode {
  name: string
  /** Its child groups, and where each was listed. */
  children: Map<string, Place>
  hosts: Set<string>
  vars: Map<string, Variable>
}

export interface HostNode {
  name: string
  place: Place
  vars: Map<string, Variable>
}

/** Groups and hosts as they were written, before anything is merged. */
export interface Tree {
  groups: Map<string, GroupNode>
  hosts: Map<string, HostNode>
}

const parts = 'hosts, vars and children'

/** The host and port of a host key like `web.example.org:2222` or `[::1]:2222`. */
function splitPort(name: string): { name: string; port?: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(name)
  if (!match) return { name }
  return { name: match[1] ?? match[2] ?? name, ...(match[3] === undefined ? {} : { port: Number(match[3]) }) }
}

class TreeReader {
  readonly tree: Tree
  readonly #source: Source
  readonly #issues: Issues

  constructor(tree: Tree, source: Source, issues: Issues) {
    this.tree = tree
    this.#source = source
    this.#issues = issues
  }

  #group(name: string): GroupNode {
    const known = this.tree.groups.get(name)
    if (known) return known
    const made: GroupNode = { name, children: new Map(), hosts: new Set(), vars: new Map() }
    this.tree.groups.set(name, made)
    return made
  }

  /**
   * The entries of a mapping; anything else is reported and gives none. An empty value is an empty
   * mapping. Where names are listed, a string is a list of one, as in Ansible (its yaml plugin,
   * `hosts: web1`).
   */
  #entries(value: unknown, path: Path, what: string, example: string, names = false): [string, unknown][] {
    if (value === null || value === undefined) return []
    if (isMapping(value)) return Object.entries(value)
    if (names && typeof value === 'string' && value.trim() !== '') return [[value.trim(), null]]
    this.#issues.add(`${what} are given as ${describe(value)}; a mapping is allowed. Write ${example}.`, this.#source.locate(path, 'value'))
    return []
  }

  #variables(into: Map<string, Variable>, value: unknown, path: Path, what: string): void {
    for (const [name, given] of this.#entries(value, path, what, '`name: value`')) {
      into.set(name, { value: given, place: this.#source.locate([...path, name], 'value'), source: this.#source })
    }
  }

  #hosts(group: GroupNode, value: unknown, path: Path): void {
    for (const [key, variables] of this.#entries(value, path, `The hosts of ${group.name}`, '`web1:` on a line of its own, without a dash', true)) {
      const place = this.#source.locate([...path, key], 'key')
      try {
        for (const expanded of expandHostRange(key)) this.#host(group, expanded, place, variables, [...path, key])
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        this.#issues.add(error.message, place)
      }
    }
  }

  #host(group: GroupNode, key: string, place: Place, variables: unknown, path: Path): void {
    const { name, port } = splitPort(key)
    const host = this.tree.hosts.get(name) ?? { name, place, vars: new Map<string, Variable>() }
    this.tree.hosts.set(name, host)
    group.hosts.add(name)
    if (port !== undefined) host.vars.set('ansible_port', { value: port, place, source: this.#source })
    this.#variables(host.vars, variables, path, `The variables of ${name}`)
  }

  /** @param above the groups that this one is nested in, so that an alias to one of them ends. */
  readGroup(name: string, value: unknown, path: Path, above: readonly string[]): void {
    const group = this.#group(name)
    if (above.includes(name)) return
    for (const [key, part] of this.#entries(value, path, `The parts of ${name}`, parts)) {
      const inner = [...path, key]
      if (key === 'hosts') this.#hosts(group, part, inner)
      else if (key === 'vars') this.#variables(group.vars, part, inner, `The variables of ${name}`)
      else if (key === 'children') {
        for (const [child, definition] of this.#entries(part, inner, `The children of ${name}`, '`web:` on a line of its own, without a dash', true)) {
          group.children.set(child, this.#source.locate([...inner, child], 'key'))
          this.readGroup(child, definition, [...inner, child], [...above, name])
        }
      } else {
        const hint = name === 'all' ? `A group named ${key} goes below \`children:\`.` : `A host named ${key} goes below \`hosts:\`.`
        this.#issues.add(`The group ${name} has a key ${JSON.stringify(key)}; ${parts} are allowed. ${hint}`, this.#source.locate(inner, 'key'))
      }
    }
  }
}

/**
 * Reads the groups and hosts of an inventory into a tree, over what earlier inventories put there:
 * where several set a variable of the same group or host, the last wins (Ansible, "Passing multiple
 * inventory sources").
 *
 * @example readTree(parseYaml('prod.yml', '/srv', 'web: {hosts: {a.org: }}'), issues, { groups: new Map(), hosts: new Map() }).groups.get('web')?.hosts // Set { 'a.org' }
 */
export function readTree(source: Source, issues: Issues, tree: Tree): Tree {
  const reader = new TreeReader(tree, source, issues)
  if (!isMapping(source.value)) {
    issues.add(`The inventory is ${describe(source.value)}; a mapping of groups is allowed. Write \`all:\`, and below it \`hosts:\`.`, source.locate([], 'value'))
    return tree
  }
  for (const [name, value] of Object.entries(source.value)) {
    if (name === 'start' && typeof value === 'function') continue
    reader.readGroup(name, value, [name], [])
  }
  return tree
}
