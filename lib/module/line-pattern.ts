/** The ways to write a line break in a regular expression. */
const BREAK = /^(?:\n|\\n|\\x0a|\\u000a|\\u\{0*a\}|\\c[Jj])/i

/**
 * Whether a pattern requires a line break, and so can never match a single line. A pattern that
 * only allows a line break does not require it. Source: ECMA-262, Patterns.
 *
 * @example requiresBreak(/^b\nc/m) // true
 * @example requiresBreak(/^a[^\n]*(\n|$)/) // false
 */
export function requiresBreak(pattern: RegExp | string): boolean {
  if (typeof pattern === 'string') return pattern.includes('\n')
  return new Scanner(pattern.source).alternatives()
}

class Scanner {
  #rest: string

  constructor(source: string) {
    this.#rest = source
  }

  /**
   * Whether every alternative up to the end of the group, or of the pattern, requires a line break.
   */
  alternatives(): boolean {
    let all = true
    let one = false
    while (this.#rest !== '' && !this.#rest.startsWith(')')) {
      if (this.#take(/^\|/) !== undefined) {
        all &&= one
        one = false
        continue
      }
      const asks = this.#atom()
      const [, least = '1'] = /^\{(\d+)/.exec(this.#rest) ?? (/^[*?]/.test(this.#rest) ? ['', '0'] : [])
      this.#take(/^(?:[*+?]|\{\d+(?:,\d*)?\})\??/)
      one ||= asks && Number(least) > 0
    }
    return all && one
  }

  #atom(): boolean {
    const group = this.#take(/^\((?:\?(?:<?[=!]|<[^>]*>|[a-z-]*:))?/)
    if (group !== undefined) {
      const asks = this.alternatives()
      this.#take(/^\)/)
      return asks && !group.endsWith('!')
    }
    const characters = this.#take(/^\[(?:\\[\s\S]|[^\]\\])*\]/)
    if (characters !== undefined) return /^\[(?:\n|\\n)+\]$/.test(characters)
    if (this.#take(BREAK) !== undefined) return true
    this.#take(/^(?:\\[\s\S]|[\s\S])/)
    return false
  }

  #take(what: RegExp): string | undefined {
    const [taken] = what.exec(this.#rest) ?? []
    this.#rest = this.#rest.slice(taken?.length ?? 0)
    return taken
  }
}
