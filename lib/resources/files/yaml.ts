/**
 * A string as YAML and JSON take it, between double quotes and in ASCII alone: nothing in it ends the quotes, folds a line or begins another node.
 * Source: YAML 1.2.2, 7.3.1 and 5.7; RFC 8259, 7. Characters beyond the first 65 536 are written as YAML alone does (`\U0001f600`).
 *
 * @throws RangeError for half of a surrogate pair, which is no character.
 * @example yamlString('say "hi"\n') // '"say \\"hi\\"\\n"'
 */
export function yamlString(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError(`A text of YAML cannot hold half a character: ${JSON.stringify(text)}.`)
  return JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, character => {
    const code = character.codePointAt(0) ?? 0
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
