/**
 * The number of letters to insert, delete, replace or swap to turn one word into the other
 * (Damerau-Levenshtein distance).
 */
export function distance(one: string, other: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: other.length + 1 }, (_, index) => index)]
  for (let row = 1; row <= one.length; row += 1) {
    const next = [row]
    for (let column = 1; column <= other.length; column += 1) {
      const replaced = (last[column - 1] ?? 0) + (one[row - 1] === other[column - 1] ? 0 : 1)
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1] ? (before[column - 2] ?? Infinity) + 1 : Infinity
      next.push(Math.min(replaced, swapped, (last[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1))
    }
    ;[before, last] = [last, next]
  }
  return last[other.length] ?? 0
}

/**
 * The closest known word to a misspelt one; undefined where none is close.
 * @example nearest('contnet', ['content', 'packages']) // 'content'
 */
export function nearest(given: string, words: Iterable<string>): string | undefined {
  const plain = (word: string) => word.toLowerCase().replaceAll(/[-_\s]/g, '')
  const most = Math.max(1, Math.floor(given.length / 3))
  const near = [...words].map(word => ({ word, far: distance(plain(given), plain(word)) })).filter(({ far, word }) => far <= most && far < word.length)
  return near.sort((one, other) => one.far - other.far)[0]?.word
}

/**
 * The end of a message about a misspelt word.
 * @example didYouMean('contnet', ['content']) // ' Did you mean "content"?'
 */
export function didYouMean(given: string, words: Iterable<string>): string {
  const near = nearest(given, words)
  return near === undefined ? '' : ` Did you mean ${JSON.stringify(near)}?`
}
