/** A value that nobody may see, and its name. */
export interface Hidden {
  name: string
  bytes: Buffer
}

/**
 * The part of a base64 text that only depends on the value, if 0, 1 or 2 other bytes come before it
 * in its group of three.
 */
function base64Pieces(bytes: Buffer): string[] {
  return [0, 1, 2].map(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
  })
}

/**
 * The forms in which a value may show: as it is, in hexadecimal, in base64 (of either alphabet,
 * also inside a longer text), in a URL.
 */
export function disguises(bytes: Buffer): string[] {
  const hex = bytes.toString('hex')
  const pieces = base64Pieces(bytes)
  const text = bytes.toString('latin1')
  const printable = /^[\x20-\x7e]+$/.test(text) ? [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1), [...text].reverse().join('')] : []
  return [...new Set([...printable, hex, hex.toUpperCase(), ...pieces, ...pieces.map(piece => piece.replaceAll('+', '-').replaceAll('/', '_'))])]
}

/**
 * Where any of the values shows: `form.secret in stdout of run 3`. Empty if nothing leaked; it
 * never contains the value itself.
 */
export function leaks(values: readonly Hidden[], places: Readonly<Record<string, string>>): string[] {
  return values.flatMap(({ name, bytes }) => {
    if (bytes.length < 8) throw new Error(`${name} is too short to be searched for.`)
    const texts = disguises(bytes)
    return Object.entries(places).flatMap(([place, content]) => (texts.some(text => content.includes(text)) ? [`${name} in ${place}`] : []))
  })
}
