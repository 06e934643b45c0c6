/**
 * A string for YAML and JSON, in double quotes and pure ASCII: nothing in it can end the quotes,
 * fold a line or start another node. Source: YAML 1.2.2, 7.3.1 and 5.7; RFC 8259, 7. Characters
 * beyond the first 65,536 are written in a form that only YAML has (`\U0001f600`).
 *
 * @throws RangeError for half of a surrogate pair, which is not a character.
 * @example yamlString('say "hi"\n') // '"say \\"hi\\"\\n"'
 */
export function yamlString(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new RangeError(`YAML text cannot contain half a character: ${JSON.stringify(text)}.`)
  return JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, character => {
    const code = character.codePointAt(0) ?? 0
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}
