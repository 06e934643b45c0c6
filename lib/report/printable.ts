import { redact } from '../secret/redact.ts'

/**
 * What a terminal, a browser or an editor would obey or hide: control characters of both sets (escape sequences, carriage returns), changes
 * of direction, characters without width, separators of lines that are no newline, halves of a character. A newline and a tab are text.
 */
const obeyed = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16)
  if (code.length > 4) return `\\u{${code}}`
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`
}

/**
 * Text of a host, or of whoever else may have written it, as it may be shown: without secrets, and with what would be obeyed or hidden made
 * visible. Everything that reaches a terminal or a report passes here, once or more often: a second time changes nothing.
 *
 * @example shown('\u001b[2Kweb1  converged\r\n') // '\\x1b[2Kweb1  converged␍\n'
 */
export function shown(text: string): string {
  // A secret is known only as long as nothing in it is escaped.
  return redact(text).replace(/\r(?=\n|$)/g, '␍').replace(obeyed, escaped)
}

/** {@link shown}, in one line: no name can pretend to be a line of its own. @example shownInLine('web1\nweb2  ok') // 'web1\\x0aweb2  ok' */
export function shownInLine(text: string): string {
  return shown(text).replaceAll('\n', '\\x0a')
}
