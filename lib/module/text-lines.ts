import type { BlockPlace } from './merge-block.ts'

/**
 * A line without its ending, and the ending: `\n`, `\r\n`, or nothing for a last line without one.
 */
export interface Line {
  text: string
  ending: string
}

/** Splits a text into lines without losing a byte: {@link joinLines} is the inverse. */
export function splitLines(text: string): Line[] {
  const lines: Line[] = []
  // Not with split: for a file of many megabytes its regular expression takes twenty times the
  // memory.
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at) + 1 || text.length
    const ending = text[end - 1] !== '\n' ? '' : end - 1 > at && text[end - 2] === '\r' ? '\r\n' : '\n'
    lines.push({ text: text.slice(at, end - ending.length), ending })
    at = end
  }
  return lines
}

/** Joins lines into a text. */
export function joinLines(lines: readonly Line[]): string {
  return lines.map(({ text, ending }) => text + ending).join('')
}

/**
 * Encodes a text as UTF-8 and decodes it as latin1, which maps each byte to one character, so that
 * bytes of any encoding survive an edit.
 * @example toBytewise('é') // 'Ã©'
 */
export function toBytewise(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/**
 * Tests whether a bytewise line matches; a text means a line that contains it. Flags that keep a
 * position between two tests are removed.
 */
export function matcher(pattern: RegExp | string): (line: string) => boolean {
  if (typeof pattern === 'string') return line => line.includes(toBytewise(pattern))
  return line => matchOf(pattern, line) !== null
}

/**
 * What a pattern matches in a bytewise line, decoded as UTF-8, or if it is not valid UTF-8, byte by
 * byte, so that no byte is lost.
 */
export function matchOf(pattern: RegExp, line: string): { match: RegExpExecArray; bytewise: boolean } | null {
  const text = Buffer.from(line, 'latin1').toString('utf8')
  const bytewise = toBytewise(text) !== line
  const match = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, '')).exec(bytewise ? line : text)
  return match && { match, bytewise }
}

/** The index at which to insert something; the end if no line matches. */
export function placeOf(lines: readonly Line[], place: BlockPlace, firstMatch = false): number {
  if (place === 'start') return 0
  if (place === 'end') return lines.length
  const matches = matcher('after' in place ? place.after : place.before)
  const at = firstMatch ? lines.findIndex(({ text }) => matches(text)) : lines.findLastIndex(({ text }) => matches(text))
  if (at < 0) return lines.length
  return 'after' in place ? at + 1 : at
}
