/** Shorter pieces of base64 occur by chance. */
const shortestBase64Piece = 8

function percentEncode(value: string, keep: RegExp): string {
  return Array.from(Buffer.from(value), byte => {
    const character = String.fromCharCode(byte)
    return keep.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}

function escapeNonAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/**
 * The parts of a base64 text that depend on the value alone, with 0, 1 or 2 other bytes before it
 * in its group of three (RFC 4648, section 4). Pieces short enough to occur by chance are left out.
 *
 * @example base64Pieces('hunter22') // ['aHVudGVyMj', 'h1bnRlcjIy', 'odW50ZXIyM']
 */
export function base64Pieces(value: string): string[] {
  const bytes = Buffer.from(value)
  return [0, 1, 2].flatMap(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const piece = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
    return piece.length >= shortestBase64Piece ? [piece] : []
  })
}

/**
 * A text as it is, and as programs encode or quote it once. The views of `lib/secret/view.ts` find
 * what is encoded twice or broken into lines; these forms are for secrets so short, or so full of
 * quotes, that a view would match everywhere.
 */
export function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1)
  const url = percentEncode(value, /[A-Za-z0-9_.~-]/)
  const quoted = url.replaceAll('%2F', '/')
  const lower = (text: string) => text.replace(/%../g, code => code.toLowerCase())
  const xml = value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const hex = Buffer.from(value).toString('hex')
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    escapeNonAscii(json),
    json.replaceAll('/', '\\/'),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64url'),
    ...base64Pieces(value).flatMap(piece => [piece, piece.replaceAll('+', '-').replaceAll('/', '_')]),
    ...[url, quoted, percentEncode(value, /[A-Za-z0-9_.~!'()*-]/)].flatMap(text => [text, lower(text), text.replaceAll('%20', '+')]),
    value.replaceAll("'", `'\\''`),
    value.replaceAll("'", `'"'"'`),
    value.replaceAll("'", "''"),
    value.replaceAll('"', '""'),
    value.replace(/[^\w@%+=:,./-]/g, '\\$&'),
    value.replace(/[\\"]/g, '\\$&'),
    xml,
    xml.replaceAll('"', '&quot;').replaceAll("'", '&#39;'),
    ...(hex.length >= shortestBase64Piece ? [hex, hex.toUpperCase()] : []),
  ]
}
