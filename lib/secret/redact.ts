import { base64Pieces, formsOf } from './forms.ts'
import { decoded, plainView, stripped, undoubled, type View } from './view.ts'

/** Replaces a secret in every text. */
export const marker = '<secret>'

/** Shorter secrets occur in other words by chance, and are replaced only where they stand alone. */
const shortestAnywhere = 4
/** Shorter lines of a multi-line secret (`}`, `-----`) are too common to be replaced. */
const shortestLine = 8
/** Shorter remainders of a secret without quotes and blanks occur by chance. */
const shortestLoose = 8

/** What to search one reading of a text for. */
interface Needle {
  text: string
  /** Matches only where no letter, digit or _ is next to it. */
  wholeWord: boolean
}

const registered = new Set<string>()
/** Whether a secret starts and ends with characters that a view drops. */
interface Ends {
  head: boolean
  tail: boolean
}

const plainEnds: Ends = { head: false, tail: false }
/** Verbatim; in a view without quotes and blanks; as hexadecimal digits; as base64. */
const needles = { exact: new Map<string, Needle>(), loose: new Map<string, Ends>(), hex: new Map<string, Ends>(), base64: new Map<string, Ends>() }

const latin1 = (text: string): string => Buffer.from(text).toString('latin1')

/** `+` is a space in a URL. */
const loosened = (view: View): View => stripped(decoded(view), '+')
const asBase64 = (text: string): string => text.replaceAll('-', '+').replaceAll('_', '/')

/**
 * Registers a value, which {@link redact} then removes from every text. An empty or blank value is
 * ignored.
 *
 * @param options.lines whether each longer line is a secret too.
 */
export function register(value: string, { lines }: { lines: boolean }): void {
  const parts = lines ? value.split(/\r?\n/).map(line => line.trim()).filter(line => line.length >= shortestLine) : []
  for (const part of new Set([value, value.trim(), ...parts])) {
    if (part.trim() === '' || registered.has(part)) continue
    registered.add(part)
    const loose = loosened(plainView(latin1(part))).text
    const isLoose = loose.length >= shortestLoose
    if (isLoose) {
      const { head, tail } = needles.loose.get(loose) ?? plainEnds
      const ends = latin1(part.trim())
      needles.loose.set(loose, { head: head || ends[0] !== loose[0], tail: tail || ends.at(-1) !== loose.at(-1) })
      needles.hex.set(Buffer.from(part).toString('hex'), plainEnds)
      for (const piece of base64Pieces(part)) needles.base64.set(piece, plainEnds)
    }
    const wholeWord = part.length < shortestAnywhere
    for (const form of isLoose ? [part] : formsOf(part)) {
      const text = latin1(form)
      if (needles.exact.get(text)?.wholeWord !== false) needles.exact.set(text, { text, wholeWord })
    }
  }
}

type Span = [start: number, end: number]

function spansOf(text: string, needle: string): Span[] {
  const spans: Span[] = []
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, at + 1)) spans.push([at, at + needle.length])
  return spans
}

/** Whether no letter, digit or _ is next to a span. */
function standsAlone(text: string, [start, end]: Span): boolean {
  const beside = (from: number, to: number) => Buffer.from(text.slice(Math.max(0, from), to), 'latin1').toString()
  return !/[\p{L}\p{N}_]$/u.test(beside(start - 4, start)) && !/^[\p{L}\p{N}_]/u.test(beside(end, end + 4))
}

/**
 * Where the needles are in a view, as spans of the source. Where the view drops the ends of a
 * needle, its span reaches to the neighbouring characters.
 */
function spansInView({ text, begin, end }: View, wanted: ReadonlyMap<string, Ends>, source: string): Span[] {
  return [...wanted].flatMap(([needle, { head, tail }]) => spansOf(text, needle).map(([first, last]): Span => {
    const from = begin[first] ?? 0
    const to = end[last - 1] ?? 0
    const before = head ? source.slice(end[first - 1] ?? 0, from).trimStart() : ''
    const after = tail ? source.slice(to, begin[last] ?? source.length).trimEnd() : ''
    return [from - before.length, to + after.length]
  }))
}

/** All spans of all secrets, in any reading of the text. */
function find(text: string): Span[] {
  const exact = [...needles.exact.values()].flatMap(needle => spansOf(text, needle.text).filter(span => !needle.wholeWord || standsAlone(text, span)))
  if (needles.loose.size === 0) return exact
  const plain = plainView(text)
  const single = undoubled(plain)
  return [...exact, ...spansUndone(decoded(plain), text), ...(single === plain ? [] : spansUndone(decoded(single), text))]
}

/** The spans found in a view whose character escapes are decoded. */
function spansUndone(undone: View, text: string): Span[] {
  const encoded = stripped(undone, '')
  return [
    ...spansInView(stripped(undone, '+'), needles.loose, text),
    ...spansInView({ ...encoded, text: asBase64(encoded.text) }, needles.base64, text),
    ...spansInView(hexView(stripped(undone, ':')), needles.hex, text),
  ]
}

function hexView(view: View): View {
  return { ...view, text: view.text.toLowerCase() }
}

/**
 * Longer texts (bytes) are searched in pieces. They overlap by this many times the longest secret,
 * so that one at a seam is found.
 */
const PIECE = 1_000_000
const OVERLAP = 16

function findInPieces(text: string): Span[] {
  if (text.length <= PIECE) return find(text)
  const overlap = OVERLAP * Math.max(...[...registered].map(({ length }) => length))
  const spans: Span[] = []
  for (let at = 0; at < text.length; at += PIECE) {
    const from = Math.max(0, at - overlap)
    spans.push(...find(text.slice(from, at + PIECE)).map(([start, end]): Span => [start + from, end + from]))
  }
  return spans
}

/**
 * Replaces each span. Overlapping spans become one, so that no part of a secret is left next to the
 * marker.
 */
function replaceAll(text: string, found: Span[], replacement: (covered: string) => string): string {
  const markers = spansOf(text, marker)
  found.sort((left, right) => left[0] - right[0])
  let result = ''
  let from = 0
  let open: Span | undefined
  let next = 0
  const close = ([start, end]: Span) => {
    result += text.slice(from, start) + replacement(text.slice(start, end))
    from = end
  }
  for (const [start, end] of found) {
    while ((markers[next]?.[1] ?? Infinity) <= start) next += 1
    const [first, last] = markers[next] ?? [Infinity, Infinity]
    if (first <= start && end <= last) continue
    if (open && start < open[1]) {
      open[1] = Math.max(open[1], end)
      continue
    }
    if (open) close(open)
    open = [start, end]
  }
  if (open) close(open)
  return result + text.slice(from)
}

function redactBytes(text: string, replacement: (covered: string) => string): string {
  const found = findInPieces(text)
  return found.length === 0 ? text : replaceAll(text, found, replacement)
}

/**
 * Replaces every registered secret, however and however often it is encoded or quoted: escaped for
 * JSON, a URL, HTML, SQL, a shell or a configuration file, as hexadecimal digits, as base64 (also
 * as part of a longer value, like `user:password`), broken into lines; and each longer line of a
 * multi-line secret.
 *
 * @example
 * secret('correct horse')
 * redact('password=correct%20horse') // 'password=<secret>'
 */
export function redact(text: string): string
export function redact(bytes: Uint8Array): Buffer
export function redact(input: string | Uint8Array): string | Buffer {
  const bytes = typeof input === 'string' ? Buffer.from(input) : Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  if (registered.size === 0) return typeof input === 'string' ? input : bytes
  const text = bytes.toString('latin1')
  const redacted = redactBytes(text, () => marker)
  if (typeof input === 'string') return redacted === text ? input : Buffer.from(redacted, 'latin1').toString()
  return Buffer.from(redacted, 'latin1')
}

/**
 * {@link redact}, keeping the number of lines: a secret that spans several lines leaves a marker in
 * each.
 */
export function redactLines(text: string): string {
  if (registered.size === 0) return text
  const bytes = latin1(text)
  const redacted = redactBytes(bytes, covered => covered.split('\n').map(() => marker).join('\n'))
  return redacted === bytes ? text : Buffer.from(redacted, 'latin1').toString()
}
