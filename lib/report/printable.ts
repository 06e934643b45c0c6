import { redact } from '../secret/redact.ts'

/**
 * What a terminal, a browser or an editor would interpret or hide: C0 and C1 control characters
 * (escape sequences, carriage returns), direction overrides, zero-width characters, line separators
 * other than the newline, lone surrogates. Newline and tab are text.
 */
const obeyed = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

function escaped(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16)
  if (code.length > 4) return `\\u{${code}}`
  return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`
}

/**
 * Makes text from hosts and other sources safe to show: secrets are removed, and control characters
 * and the like are made visible. Everything that reaches a terminal or a report passes through
 * here; doing it twice changes nothing.
 *
 * @example shown('\u001b[2Kweb1  converged\r\n') // '\\x1b[2Kweb1  converged␍\n'
 */
export function shown(text: string): string {
  // Before escaping: an escaped secret would not be recognised.
  return redact(text).replace(/\r(?=\n|$)/g, '␍').replace(obeyed, escaped)
}

/**
 * {@link shown}, on one line, so that no name can pass for a line of its own.
 * @example shownInLine('web1\nweb2  ok') // 'web1\\x0aweb2  ok'
 */
export function shownInLine(text: string): string {
  return shown(text).replaceAll('\n', '\\x0a')
}
