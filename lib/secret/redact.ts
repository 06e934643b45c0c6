/** What stands in every text in place of a secret. */
export const marker = '<secret>'

/** Shorter secrets occur in other words by chance, and are replaced only where they stand alone. */
const shortestAnywhere = 4
/** Shorter lines of a multi-line secret (`}`, `-----`) are too common to be replaced. */
const shortestLine = 8
/** Shorter pieces of base64 occur by chance. */
const shortestBase64Piece = 8

interface Form {
  text: string
  /** The same as UTF-8, one character a byte, to be looked for in bytes. */
  bytes: string
  wholeWord: boolean
}

const registered = new Set<string>()
const forms = new Map<string, Form>()

function percentEncode(value: string, keep: RegExp): string {
  return Array.from(Buffer.from(value), byte => {
    const character = String.fromCharCode(byte)
    return keep.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }).join('')
}

function escapeNonAscii(json: string): string {
  return json.replace(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** What of a base64 text is decided by the value alone, when 0, 1 or 2 other bytes come before it in its group of three (RFC 4648). */
function base64Pieces(value: string): string[] {
  const bytes = Buffer.from(value)
  return [0, 1, 2].flatMap(before => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url')
    const piece = encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6))
    return piece.length >= shortestBase64Piece ? [piece, piece.replaceAll('-', '+').replaceAll('_', '/')] : []
  })
}

/** The forms in which a text may be met again: as it is, and as programs encode and quote it. */
export function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1)
  const url = percentEncode(value, /[A-Za-z0-9_.~-]/)
  return [
    value,
    json,
    escapeNonAscii(json),
    json.replaceAll('/', '\\/'),
    Buffer.from(value).toString('base64'),
    Buffer.from(value).toString('base64url'),
    ...base64Pieces(value),
    url,
    url.replaceAll('%20', '+'),
    url.replaceAll('%2F', '/'),
    percentEncode(value, /[A-Za-z0-9_.~!'()*-]/),
    value.replaceAll("'", `'\\''`),
    value.replaceAll("'", `'"'"'`),
  ]
}

/** Makes a value known, so that no text that passes {@link redact} shows it from now on. An empty value is no secret. */
export function register(value: string): void {
  const lines = value.split(/\r?\n/).map(line => line.trim()).filter(line => line.length >= shortestLine)
  for (const part of new Set([value, value.trim(), ...lines])) {
    if (part === '' || registered.has(part)) continue
    registered.add(part)
    const wholeWord = part.length < shortestAnywhere
    for (const text of formsOf(part)) {
      if (forms.get(text)?.wholeWord === false) continue
      forms.set(text, { text, bytes: Buffer.from(text).toString('latin1'), wholeWord })
    }
  }
}

const wordCharacter = /[\p{L}\p{N}_]/u

function standsAlone(text: string, start: number, end: number): boolean {
  return !wordCharacter.test(text.charAt(start - 1)) && !wordCharacter.test(text.charAt(end))
}

type Span = [start: number, end: number]

function spansOf(text: string, needle: string): Span[] {
  const spans: Span[] = []
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) spans.push([at, at + needle.length])
  return spans
}

/** Every place of every form; places that overlap become one, so that no rest of a secret remains beside the marker. */
function replaceForms(text: string, needle: (form: Form) => string): string {
  const found: Span[] = []
  for (const form of forms.values()) {
    const spans = spansOf(text, needle(form))
    found.push(...(form.wholeWord ? spans.filter(([start, end]) => standsAlone(text, start, end)) : spans))
  }
  if (found.length === 0) return text
  const markers = spansOf(text, marker)
  found.sort((left, right) => left[0] - right[0])
  let result = ''
  let from = 0
  let open: Span | undefined
  let next = 0
  for (const [start, end] of found) {
    while ((markers[next]?.[1] ?? Infinity) <= start) next += 1
    const [first, last] = markers[next] ?? [Infinity, Infinity]
    if (first <= start && end <= last) continue
    if (open && start < open[1]) {
      open[1] = Math.max(open[1], end)
      continue
    }
    if (open) {
      result += text.slice(from, open[0]) + marker
      from = open[1]
    }
    open = [start, end]
  }
  return open ? result + text.slice(from, open[0]) + marker + text.slice(open[1]) : text
}

/**
 * Replaces every secret that is registered, in each form in which a host may print it: as it is, escaped for JSON, in base64 (also
 * as part of a longer value, like `user:password`), URL-encoded, single-quoted for a shell; and each longer line of a secret of several lines.
 *
 * @example
 * secret('correct horse')
 * redact('password=correct%20horse') // 'password=<secret>'
 */
export function redact(text: string): string
export function redact(bytes: Uint8Array): Buffer
export function redact(input: string | Uint8Array): string | Buffer {
  if (typeof input === 'string') return forms.size === 0 ? input : replaceForms(input, form => form.text)
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  return forms.size === 0 ? bytes : Buffer.from(replaceForms(bytes.toString('latin1'), form => form.bytes), 'latin1')
}
