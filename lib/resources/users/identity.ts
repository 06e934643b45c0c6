/**
 * Reads what id(1) prints, and names each group as the groups that list the user do. A group
 * without a name is its number. Takes time in proportion to the text, whatever a host sends.
 *
 * @param listed `name:number` of the groups that list the user.
 * @example parseIdentity('uid=1(a) gid=5(b) groups=5(b),6(c)', []) // { group: 'b', groups: ['b', 'c'] }
 */
export function parseIdentity(identity: string, listed: readonly string[]): { group: string; groups: string[] } {
  const from = identity.indexOf(' gid=')
  const until = identity.lastIndexOf(' groups=')
  if (from === -1 || until < from) return { group: '', groups: [] }
  const context = identity.lastIndexOf(' context=')
  const namesOf = new Map<string, string[]>()
  for (const [name = '', number = ''] of listed.map(each => each.split(':'))) {
    const names = namesOf.get(number)
    if (names) names.push(name)
    else namesOf.set(number, [name])
  }
  const named = new Map(itemsOf(identity.slice(until + ' groups='.length, context > until ? context : undefined)).map(({ number, name }) => [number, name]))
  const groups = [...named].flatMap(([number, name]) => namesOf.get(number) ?? [name])
  return { group: itemOf(identity.slice(from + ' gid='.length, until)).name, groups: [...new Set(groups)].filter(each => each !== '') }
}

/** The items of a list with commas; a name may contain commas itself. */
function itemsOf(list: string): { number: string; name: string }[] {
  const items: string[] = []
  for (const piece of list.split(',')) {
    if (/^\d+(?:\(|$)/.test(piece) || items.length === 0) items.push(piece)
    else items.push(`${items.pop() ?? ''},${piece}`)
  }
  return items.map(itemOf)
}

/** `100(users)`, or `100` if the group has no name. */
function itemOf(text: string): { number: string; name: string } {
  const open = text.indexOf('(')
  return open === -1 ? { number: text, name: text } : { number: text.slice(0, open), name: text.slice(open + 1, text.endsWith(')') ? -1 : undefined) }
}
