import { quote } from '../text/quote.ts'

/**
 * What a script's `${}` may contain: words and lists of words, which are quoted, or a piece of
 * script, which is not.
 */
type Word<Piece> = string | number | readonly string[] | Piece

/**
 * A script that only reads. It may be sent ahead of its turn, twice, and in check mode. It never
 * contains a secret.
 */
export class ReadScript {
  readonly #reads = true
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  /**
   * Private names make the class nominal: the compiler does not accept an {@link ApplyScript} as a
   * ReadScript.
   */
  get reads(): boolean {
    return this.#reads
  }
}

/**
 * A script that writes. Only {@link Session.apply} takes it, and a session in check mode has no
 * such method.
 */
export class ApplyScript {
  readonly #writes = true
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  get writes(): boolean {
    return this.#writes
  }
}

function fill<Piece extends { text: string }>(parts: TemplateStringsArray, values: Word<Piece>[]): string {
  // Backslashes belong to the shell; only the escapes that JavaScript requires are undone.
  const literal = parts.raw.map(part => part.replaceAll('\\${', '${').replaceAll('\\`', '`'))
  return literal.reduce((text, part, index) => {
    const value = values[index - 1]
    if (value === undefined) throw new TypeError('A script template was given undefined.')
    if (typeof value === 'number') return text + String(value) + part
    if (typeof value === 'string') return text + quote(value) + part
    return text + ('text' in value ? value.text : value.map(quote).join(' ')) + part
  })
}

/**
 * A read script. Every `${word}` is quoted for the shell; a list becomes several words; a
 * ReadScript is inserted as it is.
 *
 * @example read`stat -c %a -- ${'/srv/a page'}`.text // "stat -c %a -- '/srv/a page'"
 */
export function read(parts: TemplateStringsArray, ...values: Word<ReadScript>[]): ReadScript {
  return new ReadScript(fill(parts, values))
}

/**
 * An apply script, quoted as in {@link read}. It may contain pieces of either kind.
 *
 * @example apply`chmod -- ${'0640'} ${'/srv/a page'}`.text // "chmod -- 0640 '/srv/a page'"
 */
export function apply(parts: TemplateStringsArray, ...values: Word<ReadScript | ApplyScript>[]): ApplyScript {
  return new ApplyScript(fill(parts, values))
}

/** Joins pieces, one per line. */
export function applyLines(pieces: readonly ApplyScript[]): ApplyScript {
  return new ApplyScript(pieces.map(piece => piece.text).join('\n'))
}

/**
 * Joins pieces, one per line.
 *
 * @example readLines([read`uname -n`, read`uname -m`]).text // 'uname -n\nuname -m'
 */
export function readLines(pieces: readonly ReadScript[]): ReadScript {
  return new ReadScript(pieces.map(piece => piece.text).join('\n'))
}
