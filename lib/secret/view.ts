/**
 * Another reading of a text, one character per byte, and where in the source each character starts
 * and ends.
 */
export interface View {
  text: string
  begin: Uint32Array
  end: Uint32Array
}

/** The text itself. */
export function plainView(text: string): View {
  const begin = new Uint32Array(text.length)
  for (let at = 0; at < text.length; at += 1) begin[at] = at
  return { text, begin, end: begin.map(at => at + 1) }
}

/**
 * A character escape: of a URL, of JSON and JavaScript (surrogate pairs first), of systemd and
 * printf(1), octal as in bash and torrc, of HTML and XML. Any number of backslashes may come before
 * it: each round of quoting doubles them.
 */
const numbered = /%([0-9a-f]{2})|\\{1,8}u(d[89ab][0-9a-f]{2})\\{1,8}u(d[c-f][0-9a-f]{2})|\\{1,8}u([0-9a-f]{4})|\\{1,8}x([0-9a-f]{2})|\\{1,8}([0-3][0-7]{2})|&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));/gi
const named = new Map([['amp', '&'], ['lt', '<'], ['gt', '>'], ['quot', '"'], ['apos', "'"]])
/** The most layers of encoding that are undone. */
const MOST_LAYERS = 4

function characterOf([, percent, high, low, unit, byte, octal, decimal, hex, name]: RegExpExecArray): string {
  const single = percent ?? byte
  if (single !== undefined) return String.fromCharCode(parseInt(single, 16))
  if (octal !== undefined) return String.fromCharCode(parseInt(octal, 8))
  if (name !== undefined) return named.get(name.toLowerCase()) ?? ''
  if (high !== undefined && low !== undefined) return utf8(String.fromCharCode(parseInt(high, 16), parseInt(low, 16)))
  const code = decimal === undefined ? parseInt(unit ?? hex ?? '', 16) : Number(decimal)
  return code > 0x10ffff ? '' : utf8(String.fromCodePoint(code))
}

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1')
}

/** Decodes character escapes until none is left. */
export function decoded(view: View): View {
  let result = view
  for (let layer = 0; layer < MOST_LAYERS; layer += 1) {
    const next = decodeOnce(result)
    if (next === result) break
    result = next
  }
  return result
}

function decodeOnce(view: View): View {
  const matches = [...view.text.matchAll(numbered)]
  if (matches.length === 0) return view
  const pieces: string[] = []
  const begin = new Uint32Array(view.text.length)
  const end = new Uint32Array(view.text.length)
  let length = 0
  let at = 0
  const copyTo = (until: number) => {
    pieces.push(view.text.slice(at, until))
    begin.set(view.begin.subarray(at, until), length)
    end.set(view.end.subarray(at, until), length)
    length += until - at
  }
  for (const match of matches) {
    copyTo(match.index)
    at = match.index + match[0].length
    const character = characterOf(match)
    pieces.push(character)
    // Each byte maps to the whole escape.
    begin.fill(view.begin[match.index] ?? 0, length, length + character.length)
    end.fill(view.end[at - 1] ?? 0, length, length + character.length)
    length += character.length
  }
  copyTo(view.text.length)
  return { text: pieces.join(''), begin: begin.subarray(0, length), end: end.subarray(0, length) }
}

/**
 * The text with `%%` (systemd, printf) read as one `%`: what follows may then be an escape, as in
 * the secret itself.
 *
 * @example undoubled(plainView('%%41')).text // '%41'
 */
export function undoubled(view: View): View {
  const pairs = [...view.text.matchAll(/%%/g)].map(({ index }) => index)
  if (pairs.length === 0) return view
  const second = new Set(pairs.map(at => at + 1))
  const kept = Uint32Array.from(Array.from(view.text, (_, at) => at).filter(at => !second.has(at)))
  const first = new Set(pairs)
  return { text: pick(view.text, kept), begin: kept.map(at => view.begin[at] ?? 0), end: kept.map(at => view.end[first.has(at) ? at + 1 : at] ?? 0) }
}

const BACKSLASH = 0x5c
/** Letters that mean a control character after a backslash (C, JSON, bash). */
const controlLetters = new Set(Array.from('abefnrtvE', letter => letter.charCodeAt(0)))
/** Quotes, and what systemd doubles. */
const quoting = new Set(Array.from('\\\'"$%', character => character.charCodeAt(0)))

/**
 * Drops what quoting and line breaking add: blanks and control characters, quotes, `$`, `%`,
 * backslashes and the control letter after them, and the characters of `also`. Texts that differ in
 * nothing else read the same.
 */
export function stripped(view: View, also: string): View {
  const codes = new Set(Array.from(also, character => character.charCodeAt(0)))
  const kept = new Uint32Array(view.text.length)
  let length = 0
  for (let at = 0; at < view.text.length; at += 1) {
    const code = view.text.charCodeAt(at)
    if (code === BACKSLASH) {
      if (controlLetters.has(view.text.charCodeAt(at + 1))) at += 1
    } else if (code > 0x20 && code !== 0x7f && !quoting.has(code) && !codes.has(code)) {
      kept[length] = at
      length += 1
    }
  }
  const places = kept.subarray(0, length)
  return { text: pick(view.text, places), begin: places.map(at => view.begin[at] ?? 0), end: places.map(at => view.end[at] ?? 0) }
}

function pick(text: string, places: Uint32Array): string {
  const bytes = Buffer.alloc(places.length)
  for (const [index, at] of places.entries()) bytes[index] = text.charCodeAt(at)
  return bytes.toString('latin1')
}
