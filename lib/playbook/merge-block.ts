import { PlaybookError } from '../errors.ts'

/** Where a block goes when it is not there yet. */
export type BlockPlace = { after: RegExp } | { before: RegExp } | 'end' | 'start'

/** A line without its ending, and the ending. */
interface Line {
  text: string
  ending: string
}

function linesOf(text: string): Line[] {
  return [...text.matchAll(/([^\n]*?)(\r?\n|$)/g)].map(([, line = '', ending = '']) => ({ text: line, ending })).filter(({ text: line, ending }) => line !== '' || ending !== '')
}

/**
 * Puts a block between two marker lines into a text, replaces it or (undefined) takes it out; every other byte stays. Markers are found
 * whatever the line ending, and in a last line without one.
 *
 * @param text as latin1, so that bytes of any encoding survive.
 * @param block its lines without markers, or undefined to remove it.
 * @throws PlaybookError with the line number for an END before BEGIN, a BEGIN without END, nested or doubled markers.
 * @example mergeBlock('a\n', 'x', { begin: '# BEGIN', end: '# END' }, 'end') // 'a\n# BEGIN\nx\n# END\n'
 */
export function mergeBlock(text: string, block: string | undefined, markers: { begin: string; end: string }, place: BlockPlace): string {
  const lines = linesOf(text)
  const found = findBlock(lines, markers)
  const ending = (found ? lines[found.begin] : lines[0])?.ending === '\r\n' ? '\r\n' : '\n'
  const inner = block === undefined || block === '' ? [] : block.replace(/\r?\n$/, '').split(/\r?\n/)
  const own: Line[] = inner.length ? [markers.begin, ...inner, markers.end].map(line => ({ text: line, ending })) : []
  if (found) lines.splice(found.begin, found.end - found.begin + 1, ...own)
  else if (own.length) {
    const at = position(lines, place)
    const before = lines[at - 1]
    if (before && before.ending === '') before.ending = ending
    lines.splice(at, 0, ...own)
  }
  return lines.map(({ text: line, ending: end }) => line + end).join('')
}

function findBlock(lines: readonly Line[], { begin, end }: { begin: string; end: string }): { begin: number; end: number } | undefined {
  const begins = lines.flatMap(({ text }, index) => (text === begin ? [index] : []))
  const ends = lines.flatMap(({ text }, index) => (text === end ? [index] : []))
  const complain = (index: number | undefined, what: string) => new PlaybookError(`Line ${(index ?? 0) + 1} ${what}.`, { hint: 'Put the markers in order by hand; nothing was touched.' })
  const [first, second] = begins
  const [close, another] = ends
  if (second !== undefined) throw complain(second, `holds the marker "${begin}" a second time`)
  if (another !== undefined) throw complain(another, `holds the marker "${end}" a second time`)
  if (first === undefined && close !== undefined) throw complain(close, `ends a block that does not begin ("${end}")`)
  if (first !== undefined && close === undefined) throw complain(first, `begins a block that does not end ("${begin}")`)
  if (first === undefined || close === undefined) return undefined
  if (close < first) throw complain(close, `ends a block ("${end}") before it begins`)
  return { begin: first, end: close }
}

function position(lines: readonly Line[], place: BlockPlace): number {
  if (place === 'start') return 0
  if (place === 'end') return lines.length
  const { source, flags } = 'after' in place ? place.after : place.before
  // Without the flags that make a pattern remember where it was: planning twice must give the same place.
  const pattern = new RegExp(source, flags.replace(/[gy]/g, ''))
  const last = lines.findLastIndex(({ text }) => pattern.test(text))
  if (last < 0) return lines.length
  return 'after' in place ? last + 1 : last
}
