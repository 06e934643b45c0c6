import { PlaybookError, type SteadError, UsageError } from '../errors.ts'
import type { Host, Inventory } from './host.ts'

type Term = { sign: '' | '!' | '&'; name: string }

function isKnown(inventory: Inventory, name: string): boolean {
  return inventory.groups.has(name) || inventory.hosts.some(host => host.name === name)
}

/** Commas separate, and so do colons, except within a known name such as an IPv6 address. */
function termsOf(inventory: Inventory, pattern: string): Term[] {
  const pieces = pattern.split(',').flatMap(piece => {
    const trimmed = piece.trim()
    return isKnown(inventory, trimmed.replace(/^[!&]/, '')) ? [trimmed] : trimmed.split(':')
  })
  return pieces.map(piece => piece.trim()).filter(piece => piece !== '').map((piece): Term => {
    const sign = piece.startsWith('!') ? '!' : piece.startsWith('&') ? '&' : ''
    return { sign, name: piece.slice(sign.length).trim() }
  })
}

function globOf(name: string): RegExp {
  const source = name.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.')
  return new RegExp(`^${source}$`)
}

/** The host names that one term of a pattern stands for; undefined when nothing has that name. */
function hostsOf(inventory: Inventory, name: string): string[] | undefined {
  const group = inventory.groups.get(name)
  if (group) return group
  if (inventory.hosts.some(host => host.name === name)) return [name]
  if (!/[*?]/.test(name)) return undefined
  const glob = globOf(name)
  const groups = [...inventory.groups].filter(([group]) => group !== 'all' && group !== 'ungrouped' && glob.test(group)).flatMap(([, hosts]) => hosts)
  return [...groups, ...inventory.hosts.map(host => host.name).filter(host => glob.test(host))]
}

type Complaint = new (message: string, circumstances: { hint: string }) => SteadError

function match(inventory: Inventory, pattern: string, what: string, Complaint: Complaint, mayBeEmpty: boolean): Set<string> {
  const groups = [...inventory.groups.keys()].join(', ')
  const hosts = inventory.hosts.map(host => host.name).join(', ')
  const hint = `Groups: ${groups}. Hosts: ${hosts}. Also allowed: web*, a:b, a,b, !not, &and.`
  const terms = termsOf(inventory, pattern)
  if (terms.length === 0) throw new Complaint(`${what} is empty; a group, a host or a pattern is allowed.`, { hint })
  const resolved = terms.map(({ sign, name }) => {
    const found = hostsOf(inventory, name)
    if (!found || (found.length === 0 && !inventory.groups.has(name) && !mayBeEmpty)) {
      throw new Complaint(`${what} names ${JSON.stringify(name)}, which is not a group or host of this inventory.`, { hint })
    }
    return { sign, found: new Set(found) }
  })
  const added = resolved.filter(term => term.sign === '')
  const selected = new Set(added.length > 0 ? added.flatMap(term => [...term.found]) : inventory.hosts.map(host => host.name))
  for (const { sign, found } of resolved) {
    if (sign !== '') for (const name of [...selected]) if (found.has(name) !== (sign === '&')) selected.delete(name)
  }
  return selected
}

/**
 * The hosts that a pattern stands for, in the inventory's order: `all`, `*`, a group, a host,
 * `web*`; `a:b` and `a,b` for both, `&x` for only those also in x, `!x` for those not in x,
 * whatever the order of the terms (Ansible, "Patterns: targeting hosts and groups").
 *
 * @param limit a second pattern; only hosts in both are selected, possibly none.
 * @throws PlaybookError for a name in the pattern, UsageError for one in the limit, that the
 * inventory does not have.
 * @example selectHosts(inventory, 'web:&prod:!web3', 'web1,web2').map(host => host.name)
 */
export function selectHosts(inventory: Inventory, pattern: string, limit?: string): Host[] {
  const selected = match(inventory, pattern, `The pattern ${JSON.stringify(pattern)}`, PlaybookError, true)
  const limited = limit === undefined ? selected : match(inventory, limit, `The limit ${JSON.stringify(limit)}`, UsageError, false)
  return inventory.hosts.filter(host => selected.has(host.name) && limited.has(host.name))
}
