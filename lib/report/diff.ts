import { marker, redactLines } from '../secret/redact.ts'
import { Content } from '../state/content.ts'
import type { Difference } from '../state/compare.ts'
import type { State, Value } from '../state/resource.ts'
import { shown, shownInLine } from './printable.ts'
import { unifiedDiff } from './unified-diff.ts'

/**
 * The difference between current and desired as lines of text, secrets redacted. Contents as a
 * unified diff, fields as `mode: 0644 → 0640`; binary or very large content by size and checksum; a
 * removed file against /dev/null.
 */
export function showDifferences(differences: readonly Difference[], current: State | null, { edited = false }: Showing = {}): string {
  return shown(differences.filter(({ current, desired }) => !(isNothing(current) && isNothing(desired))).map(difference => showOne(difference, current, edited)).join('\n'))
}

/** An empty list is shown as none. */
const isNothing = (value: Value | undefined) => showValue(value) === '(none)'

/** Where a difference comes from. */
export interface Showing {
  /** The desired content is an edit of the current one, and contains lines of it. */
  edited?: boolean
}

function showOne({ field, current, desired }: Difference, state: State | null, edited: boolean): string {
  if (field === undefined && current === 'present' && desired === 'absent') return showRemoval(state)
  if (field === undefined) return current === undefined ? showValue(desired) : `${showValue(current)} → ${showValue(desired)}`
  if (desired instanceof Content) return showContent(field, current instanceof Content ? current : undefined, desired, { state, edited })
  if (isRecord(desired)) return showRecord(field, isRecord(current) ? current : {}, desired)
  return `${field}: ${showValue(current)} → ${showValue(desired)}`
}

function isRecord(value: Value | undefined): value is { readonly [key: string]: string | null } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Content)
}

function showRecord(field: string, current: { readonly [key: string]: string | null }, desired: { readonly [key: string]: string | null }): string {
  const keys = [...new Set([...Object.keys(desired), ...Object.keys(current)])].filter(key => (current[key] ?? null) !== (desired[key] ?? null))
  return keys.map(key => `${field}.${shownInLine(key)}: ${showValue(current[key])} → ${showValue(desired[key])}`).join('\n')
}

function showValue(value: Value | undefined): string {
  if (value === undefined || value === null || value === '') return '(none)'
  if (value instanceof Content) return value.secret ? marker : `${value.size < 0 ? '' : `${value.size} bytes, `}sha256 ${value.sha256.slice(0, 12)}…`
  return shownInLine(typeof value === 'object' ? (Array.isArray(value) ? value.join(', ') || '(none)' : JSON.stringify(value)) : String(value))
}

/** What is removed, where all users of the host may read it; otherwise it may be a secret. */
function showRemoval(state: State | null): string {
  const line = 'present → absent'
  if (!(state?.content instanceof Content)) return line
  const { content } = state
  if (typeof state.mode !== 'string' || isPrivate(state)) return `${line}\ncontent: ${content.size < 0 ? '<hidden>' : `${content.size} bytes`} → (none)`
  const text = decoded(content)
  const diff = text === undefined ? undefined : unifiedDiff(text, '', { from: 'current', to: '/dev/null', visible, whole: `${showValue(content)} → (none)` })
  return `${line}\n${diff ?? `content: ${showValue(content)} → (none)`}`
}

/**
 * Whether some users of the host cannot read it: then it may be a secret that should not be shown.
 */
function isPrivate(state: State | null): boolean {
  return typeof state?.mode === 'string' && (parseInt(state.mode, 8) & 0o004) === 0
}

function showContent(field: string, current: Content | undefined, desired: Content, { state, edited }: { state: State | null; edited: boolean }): string {
  if (desired.secret === true || current?.secret === true) return `${field}: <secret> (differs)`
  const exists = state !== null
  const from = current ? decoded(current) : exists ? undefined : ''
  const to = decoded(desired)
  const hide = desired.secret === 'parts' ? '<hidden: it may contain an old secret>' : isPrivate(state) ? '<hidden: not everybody may read it>' : undefined
  // The checksum of what may contain an old secret is hidden too: it could confirm a guess.
  const before = hide === undefined || !current ? showValue(current) : desired.secret === 'parts' ? marker : '<hidden>'
  const whole = `${before} → ${edited && isPrivate(state) ? '<hidden>' : showValue(desired)}`
  if (from === undefined || to === undefined) return `${field}: ${whole}`
  const numbers = new Map<string, number>()
  return unifiedDiff(masked(from, numbers), masked(to, numbers), { from: exists ? 'current' : '/dev/null', to: 'desired', visible, hide, hideContext: edited && isPrivate(state), whole }) ?? `${field}: ${whole}`
}

/** Longer texts (characters) are redacted only line by line, as they are shown. */
const LONGEST_MASKED = 2_000_000

/**
 * A text without its secrets, for comparing. It is redacted as a whole, since a secret may span
 * lines. Lines that differ only in a secret get a number after a NUL, which no text contains.
 */
function masked(text: string, numbers: Map<string, number>): string {
  if (text.length > LONGEST_MASKED) return text
  const redacted = redactLines(text)
  if (redacted === text) return text
  const lines = text.split('\n')
  return redacted.split('\n').map((line, index) => {
    const original = lines[index] ?? ''
    if (line === original) return line
    const number = numbers.get(original) ?? numbers.size
    numbers.set(original, number)
    return `${line}\0${number}`
  }).join('\n')
}

function visible(line: string): string {
  return shownInLine(line.replace(/\0\d*$/, ''))
}

/**
 * Text that can be shown line by line; undefined for content that is binary, not UTF-8, or known
 * only by its checksum.
 */
function decoded({ bytes }: Content): string | undefined {
  if (!bytes || bytes.includes(0)) return undefined
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
}
