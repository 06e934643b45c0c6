import type { Distribution } from './closure.ts'
import { normalizeName } from './normalize-name.ts'

/** The distributions that a Python finds. */
export interface Installed {
  /** In the order of sys.path. */
  distributions: Distribution[]
  /** Normalized names of those in the environment itself. */
  own: Set<string>
  /** Content of direct_url.json, for those that were installed from a URL. */
  origins: Map<string, string>
  /**
   * Normalized names of those in the environment itself whose installation was interrupted. They
   * are not among the distributions.
   */
  halfWritten: Set<string>
}

/**
 * Parses what was read from the directories of distributions: `P own` or `P system` before those of
 * one place; the path of a file, followed by its `N`, `V` and `R` (name, version, Requires-Dist) or
 * `Q` (a line of requires.txt); `U` (a directory and its direct_url.json); `I` (a directory whose
 * RECORD is missing). requires.txt counts if the metadata has no Requires-Dist, as in pip. Sources:
 * PEP 376, PEP 610, setuptools documentation, egg formats.
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

/**
 * The requirements in a requires.txt, whose sections are `[extra]`, `[:marker]` or
 * `[extra:marker]`, in the form of Requires-Dist.
 */
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
