import { PlaybookError } from '../errors.ts'
import { splitLines, placeOf, joinLines, type Line } from './text-lines.ts'

/**
 * Where to insert something new: after or before a line (a text means a line that contains it), at
 * the end or at the start.
 */
export type BlockPlace = { after: RegExp | string } | { before: RegExp | string } | 'end' | 'start'

/**
 * Inserts a block between two marker lines into a text, replaces it or (undefined) removes it.
 * Every other byte stays. Markers are found with any line ending, and in a last line without one.
 *
 * @param text decoded as latin1, so that bytes of any encoding survive.
 * @param block its lines without markers, or undefined to remove it.
 * @throws PlaybookError with the line number for an END before BEGIN, a BEGIN without END, nested
 * or duplicate markers.
 * @example mergeBlock('a\n', 'x', { begin: '# BEGIN', end: '# END' }, 'end') // 'a\n# BEGIN\nx\n# END\n'
 */
export function mergeBlock(text: string, block: string | undefined, markers: { begin: string; end: string }, place: BlockPlace, blank: BlankLines = {}): string {
  const lines = splitLines(text)
  const found = findBlock(lines, markers)
  const ending = block?.includes('\r\n') || (found ? lines[found.begin] : lines[0])?.ending === '\r\n' ? '\r\n' : '\n'
  const inner = block === undefined || block === '' ? [] : block.replace(/\r?\n$/, '').split(/\r?\n/)
  const own: Line[] = inner.length ? [markers.begin, ...inner, markers.end].map(line => ({ text: line, ending })) : []
  const at = found ? found.begin : placeOf(lines, place)
  const following = found ? found.end + 1 : at
  if (own.length) {
    const empty: Line = { text: '', ending }
    const before = lines[at - 1]
    const after = lines[following]
    if (before && before.ending === '') before.ending = ending
    if (blank.append && after && after.text !== '') own.push(empty)
    if (blank.prepend && before && before.text !== '') own.unshift(empty)
  }
  lines.splice(at, following - at, ...own)
  return joinLines(lines)
}

/**
 * Whether to put an empty line between the block and its surroundings; none is added at the ends of
 * the file.
 */
export interface BlankLines {
  prepend?: boolean
  append?: boolean
}

function findBlock(lines: readonly Line[], { begin, end }: { begin: string; end: string }): { begin: number; end: number } | undefined {
  const begins = lines.flatMap(({ text }, index) => (text === begin ? [index] : []))
  const ends = lines.flatMap(({ text }, index) => (text === end ? [index] : []))
  const complain = (index: number | undefined, what: string) => new PlaybookError(`Line ${(index ?? 0) + 1} ${what}.`, { hint: 'Fix the markers by hand. Nothing was changed.' })
  const [first, second] = begins
  const [close, another] = ends
  if (second !== undefined) throw complain(second, `contains the marker "${begin}" a second time`)
  if (another !== undefined) throw complain(another, `contains the marker "${end}" a second time`)
  if (first === undefined && close !== undefined) throw complain(close, `ends a block that does not start ("${end}")`)
  if (first !== undefined && close === undefined) throw complain(first, `starts a block that does not end ("${begin}")`)
  if (first === undefined || close === undefined) return undefined
  if (close < first) throw complain(close, `ends a block ("${end}") before it starts`)
  return { begin: first, end: close }
}
