import { createRequire } from 'node:module'
import { redact } from '../secret/redact.ts'
import { commonEnds, countLines, firstLines, lastLines, eachLine, run, type Run } from './line-runs.ts'

/** Loaded only when there is a difference to show. */
const load: (name: 'diff') => typeof import('diff') = createRequire(import.meta.url)

/** Lines of context around a change. */
const CONTEXT = 3
/** The search stops at this many inserted and removed lines: its cost grows with their square. */
const MOST_EDITS = 3000
/** Longer lines (characters) are cut, and at most this many lines and bytes of a diff are shown. */
const LONGEST_LINE = 1000
const MOST_LINES = 2000
const MOST_BYTES = 200_000

/** How to write a diff. */
export interface DiffOptions {
  /** The two header lines. */
  from: string
  to: string
  /** Applied to each line. */
  visible: (line: string) => string
  /** Replaces each removed line. */
  hide?: string
  /** `hide` replaces each unchanged line too. */
  hideContext?: boolean
  /** The two texts as a whole in a few words, shown where the diff is cut. */
  whole?: string
}

/** Runs that are shown together, and the number of lines before them in the two texts. */
interface Hunk {
  runs: Run[]
  from: number
  to: number
}

/**
 * A unified diff of two texts, or undefined where they differ too much to find one in bounded time.
 * Common ends are cut off first, so that one added line in a file of many megabytes costs no more
 * than reading it. Source: the format of diff(1), -u.
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

/** Splits the runs into hunks where two changes are further apart than their context. */
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
      for (const text of left === 0 ? eachLine(one.text) : []) {
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
  // Redacted before it is cut: half a secret would not be recognised.
  const line = hide !== undefined && (sign === '-' || (sign === ' ' && hideContext)) ? hide : redact(ends ? text.slice(0, -1) : text)
  const more = line.length - LONGEST_LINE
  const told = more > 0 ? `${visible(line.slice(0, LONGEST_LINE))}… (${more} characters more)` : visible(line)
  return { shown: [sign + told, ...(ends ? [] : ['\\ No newline at end of file'])], cut: more > 0 }
}
