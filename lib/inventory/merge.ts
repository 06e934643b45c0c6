import type { GroupNode, HostNode, Tree, Variable } from './read-tree.ts'
import type { Issues } from './source.ts'

/** A host with the variables of its groups, parent before child before host. */
export interface MergedHost {
  name: string
  node: HostNode
  groups: string[]
  vars: Map<string, Variable>
}

export interface Merged {
  hosts: MergedHost[]
  groups: Map<string, string[]>
}

/** The first cycle through a group, as the names on it. */
function findCycle(groups: Map<string, GroupNode>): string[] | undefined {
  const done = new Set<string>()
  const walk = (name: string, way: string[]): string[] | undefined => {
    const seen = way.indexOf(name)
    if (seen !== -1) return [...way.slice(seen), name]
    if (done.has(name)) return undefined
    for (const child of groups.get(name)?.children.keys() ?? []) {
      const found = walk(child, [...way, name])
      if (found) return found
    }
    done.add(name)
    return undefined
  }
  for (const name of groups.keys()) {
    const found = walk(name, [])
    if (found) return found
  }
  return undefined
}

/** The depth of a group below `all`, by the longest path, as Ansible orders groups. */
function depths(groups: Map<string, GroupNode>): (name: string) => number {
  const parents = new Map<string, string[]>()
  for (const group of groups.values()) for (const child of group.children.keys()) parents.set(child, [...(parents.get(child) ?? []), group.name])
  const known = new Map<string, number>([['all', 0]])
  const depth = (name: string): number => {
    const found = known.get(name)
    if (found !== undefined) return found
    const computed = 1 + Math.max(0, ...(parents.get(name) ?? []).map(depth))
    known.set(name, computed)
    return computed
  }
  return depth
}

function priority(group: GroupNode): number {
  const given = Number(group.vars.get('ansible_group_priority')?.value ?? 1)
  return Number.isFinite(given) ? given : 1
}

/**
 * Resolves the groups of a tree: which hosts are in which, and which variable wins. `all` comes
 * first, then groups by depth, by `ansible_group_priority`, by name, then the host itself; a later
 * value replaces an earlier one entirely (Ansible, "How variables are merged").
 *
 * @example merge(tree, issues)?.groups.get('all')
 */
export function merge(tree: Tree, issues: Issues): Merged | undefined {
  const cycle = findCycle(tree.groups)
  if (cycle) {
    const [from = '', to = ''] = cycle.slice(-2)
    const place = tree.groups.get(from)?.children.get(to)
    if (place) issues.add(`The group ${to} is among its own children: ${cycle.join(' > ')}. Take ${to} out of the children of ${from}.`, place)
    return undefined
  }
  const members = new Map<string, Set<string>>()
  const collect = (group: GroupNode): Set<string> => {
    const known = members.get(group.name)
    if (known) return known
    const found = new Set(group.hosts)
    members.set(group.name, found)
    for (const child of group.children.keys()) {
      const node = tree.groups.get(child)
      if (node) for (const host of collect(node)) found.add(host)
    }
    return found
  }
  for (const group of tree.groups.values()) collect(group)
  const depth = depths(tree.groups)
  const ordered = [...tree.groups.values()]
    .filter(group => group.name !== 'all')
    .sort((a, b) => depth(a.name) - depth(b.name) || priority(a) - priority(b) || (a.name < b.name ? -1 : 1))
  const all = tree.groups.get('all')
  const names = [...tree.hosts.keys()]
  const hosts = [...tree.hosts.values()].map((node): MergedHost => {
    const within = ordered.filter(group => members.get(group.name)?.has(node.name))
    const vars = new Map([...(all?.vars ?? []), ...within.flatMap(group => [...group.vars]), ...node.vars])
    return { name: node.name, node, groups: within.map(group => group.name), vars }
  })
  const groups = new Map<string, string[]>([['all', names]])
  for (const group of ordered) groups.set(group.name, names.filter(name => members.get(group.name)?.has(name)))
  const alone = hosts.filter(host => host.groups.length === 0).map(host => host.name)
  groups.set('ungrouped', [...new Set([...(groups.get('ungrouped') ?? []), ...alone])])
  return { hosts, groups }
}
