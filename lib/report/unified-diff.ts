import { createRequire } from 'node:module'

/** Loaded when there is a difference to show: a run that changes nothing need not wait for it. */
const load: (name: 'diff') => typeof import('diff') = createRequire(import.meta.url)

/** Lines of context around a change. */
const CONTEXT = 3
/** More inserted and removed lines than this between two texts are not searched for: the search takes their square. */
const MOST_EDITS = 3000
/** Longer lines (characters) are cut short, and longer diffs (lines). */
const LONGEST_LINE = 1000
const MOST_LINES = 2000

/** How a diff is written. */
export interface DiffOptions {
  /** What stands in its two head lines. */
  from: string
  to: string
  /** Applied to each line. */
  visible: (line: string) => string
  /** Stands in the place of each removed line. */
  hide?: string
}

/** A line of a diff: its sign, its text, and whether it ends in a newline. */
interface Line {
  sign: ' ' | '-' | '+'
  text: string
}

/**
 * A unified diff of two texts, or undefined where they are too different for it to be found in bounded time. Common lines at both ends are
 * set aside first, so that one line more in a file of many megabytes costs no more than reading it. Source: the format of diff(1), -u.
 */
export function unifiedDiff(before: string, after: string, options: DiffOptions): string | undefined {
  const from = linesOf(before)
  const to = linesOf(after)
  let head = 0
  while (head < from.length && head < to.length && from[head] === to[head]) head += 1
  let tail = 0
  while (tail < from.length - head && tail < to.length - head && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail += 1
  const middle = compare(from.slice(head, from.length - tail), to.slice(head, to.length - tail))
  if (!middle) return undefined
  const first = Math.max(0, head - CONTEXT)
  const lines: Line[] = [
    ...from.slice(first, head).map(text => ({ sign: ' ' as const, text })), ...middle,
    ...from.slice(from.length - tail, from.length - tail + CONTEXT).map(text => ({ sign: ' ' as const, text })),
  ]
  const shown = [`--- ${options.from}`, `+++ ${options.to}`, ...hunks(lines, first, options)]
  return (shown.length > MOST_LINES ? [...shown.slice(0, MOST_LINES), `… ${shown.length - MOST_LINES} more lines`] : shown).join('\n')
}

/** Lines with their endings. */
function linesOf(text: string): string[] {
  return text === '' ? [] : text.split(/(?<=\n)/)
}

function compare(from: string[], to: string[]): Line[] | undefined {
  if (from.length === 0) return to.map(text => ({ sign: '+', text }))
  if (to.length === 0) return from.map(text => ({ sign: '-', text }))
  const changes = load('diff').diffArrays(from, to, { maxEditLength: MOST_EDITS })
  return changes?.flatMap(({ value, added, removed }) => value.map((text): Line => ({ sign: added ? '+' : removed ? '-' : ' ', text })))
}

function hunks(lines: readonly Line[], offset: number, options: DiffOptions): string[] {
  const near = new Uint8Array(lines.length)
  lines.forEach(({ sign }, index) => {
    if (sign !== ' ') near.fill(1, Math.max(0, index - CONTEXT), index + CONTEXT + 1)
  })
  const shown: string[] = []
  const at = { '-': offset, '+': offset }
  for (let index = 0; index < lines.length;) {
    let end = index
    while (end < lines.length && near[end] === near[index]) end += 1
    const part = lines.slice(index, end)
    const count = { '-': part.filter(({ sign }) => sign !== '+').length, '+': part.filter(({ sign }) => sign !== '-').length }
    if (near[index]) shown.push(`@@ -${range(at['-'], count['-'])} +${range(at['+'], count['+'])} @@`, ...part.flatMap(line => show(line, options)))
    at['-'] += count['-']
    at['+'] += count['+']
    index = end
  }
  return shown
}

function range(start: number, count: number): string {
  return `${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`
}

function show({ sign, text }: Line, { visible, hide }: DiffOptions): string[] {
  const ends = text.endsWith('\n')
  const line = hide !== undefined && sign === '-' ? hide : ends ? text.slice(0, -1) : text
  const cut = line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE)}… (${line.length - LONGEST_LINE} characters more)` : line
  return [sign + visible(cut), ...(ends ? [] : ['\\ No newline at end of file'])]
}
