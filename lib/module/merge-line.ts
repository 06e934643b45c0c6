import { PlaybookError } from '../errors.ts'
import type { BlockPlace } from './merge-block.ts'
import { splitLines, matcher, matchOf, placeOf, joinLines, toBytewise } from './text-lines.ts'

/** What one line of a text should be. */
export interface LineEdit {
  /** Without a line ending. May be omitted when removing lines by a pattern. */
  line?: string
  /** Finds the line to replace, or the lines to remove; a text means a line that contains it. */
  pattern?: RegExp | string
  place: BlockPlace
  /** Use the first matching line instead of the last. */
  firstMatch?: boolean
  /**
   * Replace `$1`, `$<name>`, `$&` in the line with what the pattern matched. If it matches no line,
   * nothing is inserted.
   */
  backReferences?: boolean
}

/**
 * Puts one line into a text: it replaces the line that the pattern finds, even if the line exists
 * elsewhere too (a `k=2` at the end would override a `k=3` above). If the pattern finds nothing,
 * the line is inserted unless it exists somewhere. Every other byte stays. A last line without a
 * newline gets one if it is the line, or comes before it.
 *
 * A pattern that does not match the line itself (`/^#A=/` for `A=1`) is no longer used once the
 * line exists.
 *
 * @throws PlaybookError if the line that results from back references would be replaced by a
 * different one next time.
 * @param text bytewise, see {@link toBytewise}.
 * @example mergeLine('#A=\nB=2\n', { line: 'A=1', pattern: /^#?A=/, place: 'end' }) // 'A=1\nB=2\n'
 */
export function mergeLine(text: string, { line = '', pattern, place, firstMatch = false, backReferences = false }: LineEdit): string {
  const lines = splitLines(text)
  const ending = lines[0]?.ending === '\r\n' ? '\r\n' : '\n'
  const wanted = toBytewise(line)
  const matches = pattern === undefined ? undefined : matcher(pattern)
  const there = lines.findIndex(({ text: one }) => one === wanted)
  const found = matches === undefined || (!backReferences && there >= 0 && !matches(wanted)) ? -1
    : firstMatch ? lines.findIndex(({ text: one }) => matches(one)) : lines.findLastIndex(({ text: one }) => matches(one))
  if (found < 0 && backReferences) return text
  const own = lines[found < 0 ? there : found]
  if (own) {
    own.text = backReferences && pattern instanceof RegExp ? settled(line, pattern, own.text) : wanted
    own.ending ||= ending
    return joinLines(lines)
  }
  const at = placeOf(lines, place, firstMatch)
  const before = lines[at - 1]
  if (before && before.ending === '') before.ending = ending
  lines.splice(at, 0, { text: wanted, ending })
  return joinLines(lines)
}

/**
 * Removes every line that the pattern matches, or without a pattern, every line that equals `line`.
 */
export function removeLines(text: string, { line = '', pattern }: Pick<LineEdit, 'line' | 'pattern'>): string {
  const wanted = toBytewise(line)
  const matches = pattern === undefined ? (one: string) => one === wanted : matcher(pattern)
  return joinLines(splitLines(text).filter(({ text: one }) => !matches(one)))
}

/**
 * References to groups that the pattern does not have, which would be empty.
 * @example lostReferences('$2', /(a)/) // ['$2']
 */
export function lostReferences(line: string, pattern: RegExp): string[] {
  // An empty alternative matches everywhere, and so shows which groups exist.
  const groups = new RegExp(`${pattern.source}|`, pattern.flags.replace(/[gy]/g, '')).exec('')
  return [...line.matchAll(REFERENCE)].flatMap(([whole, , , number, name]) => {
    const known = number !== undefined ? Number(number) > 0 && Number(number) < (groups?.length ?? 0) : name === undefined || name in (groups?.groups ?? {})
    return known ? [] : [whole]
  })
}

const REFERENCE = /\$(?:(\$)|(&)|(\d{1,2})|<([^>]+)>)/g

function settled(line: string, pattern: RegExp, found: string): string {
  const text = expand(line, pattern, found)
  if (matchOf(pattern, text) === null || expand(line, pattern, text) === text) return text
  throw new PlaybookError(`${String(pattern)} also matches the line that it produces, so every run would change it.`, { hint: 'Write a pattern that does not match the desired line.' })
}

function expand(line: string, pattern: RegExp, found: string): string {
  const { match, bytewise = false } = matchOf(pattern, found) ?? {}
  const own = (text = '') => (bytewise ? text : toBytewise(text))
  let at = 0
  const pieces = [...line.matchAll(REFERENCE)].map(reference => {
    const [whole, dollar, all, number, group = ''] = reference
    const before = toBytewise(line.slice(at, reference.index))
    at = reference.index + whole.length
    return before + (dollar ? '$' : own(all ? match?.[0] : number !== undefined ? match?.[Number(number)] : match?.groups?.[group]))
  })
  return pieces.join('') + toBytewise(line.slice(at))
}
