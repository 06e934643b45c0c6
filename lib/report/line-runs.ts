/** Adjacent lines with one sign, as one text. */
export interface Run {
  sign: ' ' | '-' | '+'
  text: string
  count: number
}

/** @example run('+', 'a\nb') // { sign: '+', text: 'a\nb', count: 2 } */
export function run(sign: Run['sign'], text: string): Run {
  return { sign, text, count: countLines(text) }
}

/** The number of lines in a text, including a last one without a newline. */
export function countLines(text: string): number {
  let count = text === '' || text.endsWith('\n') ? 0 : 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1
  return count
}

/** Lines with their endings, one at a time: there may be millions, and few are shown. */
export function* eachLine(text: string): Generator<string> {
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at) + 1 || text.length
    yield text.slice(at, end)
    at = end
  }
}

/** The beginning of a run. */
export function firstLines({ sign, text }: Run, most: number): Run {
  let end = 0
  for (let count = 0; count < most && end < text.length; count += 1) end = text.indexOf('\n', end) + 1 || text.length
  return run(sign, text.slice(0, end))
}

/** The end of a run. */
export function lastLines({ sign, text }: Run, most: number): Run {
  let start = text.length
  for (let count = 0; count < most && start > 0; count += 1) start = start === 1 ? 0 : text.lastIndexOf('\n', start - 2) + 1
  return run(sign, text.slice(start))
}

/** The number of characters that are the same at the start and at the end, in whole lines. */
export function commonEnds(before: string, after: string): { head: number; tail: number } {
  const most = Math.min(before.length, after.length)
  let same = 0
  while (same < most && before.charCodeAt(same) === after.charCodeAt(same)) same += 1
  const head = same === 0 ? 0 : before.lastIndexOf('\n', same - 1) + 1
  let tail = 0
  while (tail < most - head && before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)) tail += 1
  const begins = (text: string, at: number) => at === head || text[at - 1] === '\n'
  if (begins(before, before.length - tail) && begins(after, after.length - tail)) return { head, tail }
  const next = before.indexOf('\n', before.length - tail)
  return { head, tail: next < 0 ? 0 : before.length - next - 1 }
}
