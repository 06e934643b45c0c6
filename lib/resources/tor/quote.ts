/**
 * The value of an option in torrc: unchanged if that means the same, otherwise as a quoted string
 * with C escapes. Source: tor(1), THE CONFIGURATION FILE FORMAT.
 *
 * @throws RangeError for a NUL byte, which torrc cannot contain.
 * @example torrcValue('127.0.0.1:9050 IsolateDestAddr') // '127.0.0.1:9050 IsolateDestAddr'
 * @example torrcValue('#1 "relay"') // '"#1 \\"relay\\""'
 */
export function torrcValue(text: string): string {
  if (text.includes('\0')) throw new RangeError(`torrc cannot contain a NUL byte: ${JSON.stringify(text)}.`)
  // Outside of quotes a # starts a comment, white space at the ends is lost, and a backslash may
  // join lines.
  if (/^[^\s"#\\\u0001-\u001f\u007f]([^#\\\u0001-\u001f\u007f]*[^\s#\\\u0001-\u001f\u007f])?$/.test(text)) return text
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/[\u0001-\u001f\u007f]/g, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `"${escaped}"`
}
