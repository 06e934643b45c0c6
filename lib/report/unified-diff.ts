import { createRequire } from 'node:module'
import { redact } from '../secret/redact.ts'
import { commonEnds, countLines, firstLines, lastLines, linesOf, run, type Run } from './line-runs.ts'

/** Loaded when there is a difference to show: a run that changes nothing need not wait for it. */
const load: (name: 'diff') => typeof import('diff') = createRequire(import.meta.url)

/** Lines of context around a change. */
const CONTEXT = 3
/** More inserted and removed lines than this between two texts are not searched for: the search takes their square. */
const MOST_EDITS = 3000
/** Longer lines (characters) are cut short; of a longer diff no more than this many lines and bytes are shown. */
const LONGEST_LINE = 1000
const MOST_LINES = 2000
const MOST_BYTES = 200_000

/** How a diff is written. */
export interface DiffOptions {
  /** What stands in its two head lines. */
  from: string
  to: string
  /** Applied to each line. */
  visible: (line: string) => string
  /** Stands in the place of each removed line. */
  hide?: string
  /** `hide` stands in the place of each unchanged line as well. */
  hideContext?: boolean
  /** What the two texts are as a whole, in few words; told where not all of the diff is shown. */
  whole?: string
}

/** Runs that are shown together, and how many lines stand before them in the two texts. */
interface Hunk {
  runs: Run[]
  from: number
  to: number
}

/**
 * A unified diff of two texts, or undefined where they are too different for it to be found in bounded time. What is common at both ends is
 * set aside first, so that one line more in a file of many megabytes costs no more than reading it. Source: the format of diff(1), -u.
 */
export function unifiedDiff(before: string, after: string, options: DiffOptions): string | undefined {
  const { head, tail } = commonEnds(before, after)
  const middle = compare(before.slice(head, before.length - tail), after.slice(head, after.length - tail))
  if (!middle) return undefined
  const above = lastLines(run(' ', before.slice(0, head)), CONTEXT)
  const below = firstLines(run(' ', before.slice(before.length - tail)), CONTEXT)
  return write(hunksOf([above, ...middle, below], countLines(before.slice(0, head)) - above.count), options)
}

function compare(from: string, to: string): Run[] | undefined {
  if (from === '' || to === '') return [run('-', from), run('+', to)].filter(({ count }) => count > 0)
  const changes = load('diff').diffArrays(from.split(/(?<=\n)/), to.split(/(?<=\n)/), { maxEditLength: MOST_EDITS })
  return changes?.map(({ value, added, removed }) => ({ sign: added ? '+' : removed ? '-' : ' ', text: value.join(''), count: value.length }))
}

/** Parts the runs where more stands unchanged between two changes than is shown around them. */
function hunksOf(runs: readonly Run[], start: number): Hunk[] {
  let open: Hunk = { runs: [], from: start, to: start }
  const hunks = [open]
  const at = { from: start, to: start }
  for (const one of runs) {
    if (one.sign !== '+') at.from += one.count
    if (one.sign !== '-') at.to += one.count
    if (one.sign === ' ' && one.count > 2 * CONTEXT) {
      open.runs.push(firstLines(one, CONTEXT))
      open = { runs: [lastLines(one, CONTEXT)], from: at.from - CONTEXT, to: at.to - CONTEXT }
      hunks.push(open)
    } else if (one.count > 0) open.runs.push(one)
  }
  return hunks.filter(hunk => hunk.runs.some(({ sign }) => sign !== ' '))
}

function write(hunks: readonly Hunk[], options: DiffOptions): string {
  const shown = [`--- ${options.from}`, `+++ ${options.to}`]
  let [lines, bytes, left, cut] = [0, 0, 0, false]
  for (const { runs, from, to } of hunks) {
    const count = (other: Run['sign']) => runs.reduce((sum, one) => (one.sign === other ? sum : sum + one.count), 0)
    if (left === 0) shown.push(`@@ -${range(from, count('+'))} +${range(to, count('-'))} @@`)
    for (const one of runs) {
      let told = 0
      for (const text of left === 0 ? linesOf(one.text) : []) {
        if (lines >= MOST_LINES || bytes >= MOST_BYTES) break
        const line = show(one.sign, text, options)
        shown.push(...line.shown)
        cut ||= line.cut
        lines += 1
        told += 1
        bytes += line.shown.reduce((sum, part) => sum + Buffer.byteLength(part) + 1, 0)
      }
      left += one.count - told
    }
  }
  if (left === 0 && !cut) return shown.join('\n')
  return [...shown, `… ${left === 0 ? 'no' : left} more ${left === 1 ? 'line' : 'lines'}${options.whole === undefined ? '' : `; as a whole ${options.whole}`}`].join('\n')
}

function range(start: number, count: number): string {
  return `${count === 0 ? start : start + 1}${count === 1 ? '' : `,${count}`}`
}

function show(sign: Run['sign'], text: string, { visible, hide, hideContext = false }: DiffOptions): { shown: string[]; cut: boolean } {
  const ends = text.endsWith('\n')
  // Redacted before it is cut: half a secret would not be known for one.
  const line = hide !== undefined && (sign === '-' || (sign === ' ' && hideContext)) ? hide : redact(ends ? text.slice(0, -1) : text)
  const more = line.length - LONGEST_LINE
  const told = more > 0 ? `${visible(line.slice(0, LONGEST_LINE))}… (${more} characters more)` : visible(line)
  return { shown: [sign + told, ...(ends ? [] : ['\\ No newline at end of file'])], cut: more > 0 }
}
