/** The three parts of a Debian package version (deb-version(7)). */
export interface DebianVersion {
  epoch: number
  upstream: string
  /** After the last hyphen; '0' if there is none, which compares equal. */
  revision: string
}

const syntax = /^(?:(\d+):)?([A-Za-z0-9.+:~-]*?)(?:-([A-Za-z0-9.+~]+))?$/

/**
 * @throws RangeError for an invalid version.
 * @example parseVersion('1:2.0-3') // { epoch: 1, upstream: '2.0', revision: '3' }
 */
export function parseVersion(text: string): DebianVersion {
  const [matched, epoch = '0', upstream = '', revision = '0'] = syntax.exec(text) ?? []
  if (!matched || upstream === '') throw new RangeError(`${JSON.stringify(text)} is not a Debian package version.`)
  return { epoch: Number(epoch), upstream, revision }
}

/**
 * The weight of a non-digit: tilde sorts before the end, the end before letters, letters before
 * everything else.
 */
function weight(character: string | undefined): number {
  if (character === '~') return -1
  if (character === undefined || /\d/.test(character)) return 0
  const code = character.charCodeAt(0)
  return /[A-Za-z]/.test(character) ? code : code + 256
}

/**
 * Compares upstream versions or revisions: alternately a part without digits, by weight, and a
 * number.
 */
function compareParts(one: string, other: string): number {
  let [i, j] = [0, 0]
  while (i < one.length || j < other.length) {
    const isWord = (text: string, at: number): boolean => at < text.length && !/\d/.test(text.charAt(at))
    while (isWord(one, i) || isWord(other, j)) {
      const difference = weight(one[i]) - weight(other[j])
      if (difference !== 0) return difference
      i += 1
      j += 1
    }
    const [a, b] = [digitsAt(one, i), digitsAt(other, j)]
    i += a.length
    j += b.length
    const difference = BigInt(a || '0') - BigInt(b || '0')
    if (difference !== 0n) return difference < 0n ? -1 : 1
  }
  return 0
}

function digitsAt(text: string, at: number): string {
  return /^\d*/.exec(text.slice(at))?.[0] ?? ''
}

/**
 * Compares versions as `dpkg --compare-versions` does: negative if `one` is earlier, 0 if they are
 * equal, positive otherwise. Source: deb-version(7), "Sorting algorithm".
 *
 * @throws RangeError for an invalid version.
 * @example compareVersions('1.0~rc1', '1.0') // negative
 */
export function compareVersions(one: string, other: string): number {
  const [a, b] = [parseVersion(one), parseVersion(other)]
  return Math.sign(a.epoch - b.epoch || compareParts(a.upstream, b.upstream) || compareParts(a.revision, b.revision))
}
