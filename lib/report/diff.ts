import { marker, redact } from '../secret/redact.ts'
import { Content } from '../state/content.ts'
import type { Difference } from '../state/compare.ts'
import type { State, Value } from '../state/resource.ts'
import { unifiedDiff } from './unified-diff.ts'

/**
 * The difference between current and desired as lines of text, secrets redacted. Contents as a unified diff, fields as
 * `mode: 0644 → 0640`; what is not text, or too much of it, by size and checksum; a removed file against /dev/null.
 */
export function showDifferences(differences: readonly Difference[], current: State | null): string {
  return redact(differences.map(difference => showOne(difference, current)).join('\n'))
}

function showOne({ field, current, desired }: Difference, state: State | null): string {
  if (field === undefined && current === 'present' && desired === 'absent') return showRemoval(state)
  if (field === undefined) return current === undefined ? showValue(desired) : `${showValue(current)} → ${showValue(desired)}`
  if (desired instanceof Content) return showContent(field, current instanceof Content ? current : undefined, desired, state !== null)
  if (isRecord(desired)) return showRecord(field, isRecord(current) ? current : {}, desired)
  return `${field}: ${showValue(current)} → ${showValue(desired)}`
}

function isRecord(value: Value | undefined): value is { readonly [key: string]: string | null } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Content)
}

function showRecord(field: string, current: { readonly [key: string]: string | null }, desired: { readonly [key: string]: string | null }): string {
  const keys = [...new Set([...Object.keys(desired), ...Object.keys(current)])].filter(key => (current[key] ?? null) !== (desired[key] ?? null))
  return keys.map(key => `${field}.${visible(key)}: ${showValue(current[key])} → ${showValue(desired[key])}`).join('\n')
}

function showValue(value: Value | undefined): string {
  if (value === undefined || value === null || value === '') return '(none)'
  if (value instanceof Content) return value.secret ? marker : `${value.size < 0 ? '' : `${value.size} bytes, `}sha256 ${value.sha256.slice(0, 12)}…`
  return visible(typeof value === 'object' ? (Array.isArray(value) ? value.join(', ') || '(none)' : JSON.stringify(value)) : String(value))
}

/** What is removed, if all users of the host may read it; else it may be a secret. */
function showRemoval(state: State | null): string {
  const line = 'present → absent'
  if (!(state?.content instanceof Content)) return line
  const { content, mode } = state
  if (typeof mode !== 'string' || (parseInt(mode, 8) & 0o004) === 0) return `${line}\ncontent: ${content.size < 0 ? '<hidden>' : `${content.size} bytes`} → (none)`
  const text = textOf(content)
  const diff = text === undefined ? undefined : unifiedDiff(text, '', { from: 'current', to: '/dev/null', visible, whole: `${showValue(content)} → (none)` })
  return `${line}\n${diff ?? `content: ${showValue(content)} → (none)`}`
}

function showContent(field: string, current: Content | undefined, desired: Content, exists: boolean): string {
  if (desired.secret === true || current?.secret === true) return `${field}: <secret> (differs)`
  const from = current ? textOf(current) : exists ? undefined : ''
  const to = textOf(desired)
  // The checksum of what may hold an old secret is not told either: whoever can guess the secret could make sure of it.
  const whole = `${desired.secret === 'parts' && current ? marker : showValue(current)} → ${showValue(desired)}`
  const hide = desired.secret === 'parts' ? '<hidden: it may hold an old secret>' : undefined
  const diff = from === undefined || to === undefined ? undefined : unifiedDiff(from, to, { from: exists ? 'current' : '/dev/null', to: 'desired', visible, hide, whole })
  return diff ?? `${field}: ${whole}`
}

/** Text that can be shown line by line; undefined for what is binary, not UTF-8, or known by its checksum only. */
function textOf({ bytes }: Content): string | undefined {
  if (!bytes || bytes.includes(0)) return undefined
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
}

/** Makes visible what a terminal would hide or obey: carriage returns, escape sequences, changes of direction. A secret is known only before. */
function visible(line: string): string {
  return redact(line).replace(/\r$/, '␍').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, character => {
    const code = character.charCodeAt(0).toString(16)
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`
  })
}
