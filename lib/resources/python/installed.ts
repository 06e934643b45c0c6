import type { Distribution } from './closure.ts'
import { normalizeName } from './normalize-name.ts'

/** What a Python finds, and whose it is. */
export interface Installed {
  /** In the order of sys.path. */
  distributions: Distribution[]
  /** Normalized names of those in the environment itself. */
  own: Set<string>
  /** Of those that were installed by a URL, what direct_url.json says. */
  origins: Map<string, string>
  /** Normalized names of those in the environment itself that were never written to the end: they are not among the distributions. */
  halfWritten: Set<string>
}

/**
 * Makes distributions of what was read of their directories: `P own` or `P system` before those of one place, the path of a file, then of it
 * `N`, `V` and `R` (name, version, Requires-Dist), `Q` (a line of requires.txt), or `U` (a directory and its direct_url.json), or `I` (a directory whose RECORD is missing).
 * requires.txt counts where the metadata has no Requires-Dist, as in pip. Sources: PEP 376, PEP 610, setuptools documentation, egg formats.
 *
 * @example installed(['P own', '/v/six-1.0.dist-info/METADATA', 'N six', 'V 1.0']).own // new Set(['six'])
 */
export function installed(lines: readonly string[]): Installed {
  const found: Installed = { distributions: [], own: new Set(), origins: new Map(), halfWritten: new Set() }
  const halves = new Set(lines.filter(line => line.startsWith('I ')).map(line => line.slice(2).trimEnd()))
  const byPlace = new Map<string, Distribution>()
  const eggs = new Map<string, string[]>()
  let place = ''
  let isOwn = true
  let last: Distribution | undefined
  for (const line of lines) {
    const [tag, text] = [line.slice(0, 2), line.slice(2).trimEnd()]
    if (line.startsWith('/')) place = line.replace(/\/(METADATA|PKG-INFO|requires\.txt)$/, '')
    else if (tag === 'P ') isOwn = text === 'own'
    else if (tag === 'N ') {
      last = { name: text, version: '', requires: [] }
      byPlace.set(place, last)
      if (isOwn) found.own.add(normalizeName(text))
      if (!isOwn || !halves.has(place.replace(/^.*\//, ''))) found.distributions.push(last)
    } else if (tag === 'V ' && last) last.version ||= text
    else if (tag === 'R ' && last) last.requires.push(text)
    else if (tag === 'Q ') eggs.set(place, [...(eggs.get(place) ?? []), text])
    else if (tag === 'U ') found.origins.set(normalizeName(text.split('-')[0] ?? ''), text.slice(text.indexOf(' ') + 1))
  }
  for (const half of halves) found.halfWritten.add(normalizeName(half.split('-')[0] ?? ''))
  for (const [where, required] of eggs) {
    const distribution = byPlace.get(where)
    if (distribution?.requires.length === 0) distribution.requires.push(...requirementsOfEgg(required))
  }
  return found
}

/** Requirements of a requires.txt, whose sections are `[extra]`, `[:marker]` or `[extra:marker]`, as they would stand in Requires-Dist. */
function requirementsOfEgg(lines: readonly string[]): string[] {
  let condition = ''
  return lines.map(line => line.trim()).flatMap(line => {
    const section = /^\[([^:\]]*)(?::(.*))?\]$/.exec(line)
    if (!section) return line === '' || line.startsWith('#') ? [] : [line + (condition === '' ? '' : ` ; ${condition}`)]
    const [, extra = '', marker = ''] = section
    condition = [marker && `(${marker})`, extra && `extra == "${extra}"`].filter(Boolean).join(' and ')
    return []
  })
}
