import { createRequire } from 'node:module'
import { marker, redact } from '../secret/redact.ts'
import { Content } from '../state/content.ts'
import type { Difference } from '../state/compare.ts'
import type { State, Value } from '../state/resource.ts'

/** Loaded when there is a difference to show: a run that changes nothing need not wait for it. */
const load: (name: 'diff') => typeof import('diff') = createRequire(import.meta.url)

/** Larger contents (bytes) are shown by size and checksum only. */
const LARGEST_SHOWN = 1_000_000

/** Where more lines than these are removed and added, contents are shown by size and checksum only: it would take seconds to compare them. */
const MOST_LINES_CHANGED = 2000

/** The difference between current and desired as lines of text, secrets redacted. Contents as a unified diff, fields as `mode: 0644 → 0640`. */
export function showDifferences(differences: readonly Difference[], current: State | null): string {
  return redact(differences.map(difference => showOne(difference, current)).join('\n'))
}

function showOne({ field, current, desired }: Difference, state: State | null): string {
  if (field === undefined) return current === undefined ? showValue(desired) : `${showValue(current)} → ${showValue(desired)}`
  if (desired instanceof Content) return showContent(field, current instanceof Content ? current : undefined, desired, state !== null)
  if (isRecord(desired)) return showRecord(field, isRecord(current) ? current : {}, desired)
  return `${field}: ${showValue(current)} → ${showValue(desired)}`
}

function isRecord(value: Value | undefined): value is { readonly [key: string]: string | null } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Content)
}

function showRecord(field: string, current: { readonly [key: string]: string | null }, desired: { readonly [key: string]: string | null }): string {
  const keys = Object.keys(desired).filter(key => current[key] !== desired[key])
  return keys.map(key => `${field}.${key}: ${current[key] || '(none)'} → ${desired[key] || '(none)'}`).join('\n')
}

function showValue(value: Value | undefined): string {
  if (value === undefined || value === null || value === '') return '(none)'
  if (value instanceof Content) return value.secret ? marker : `${value.size} bytes, sha256 ${value.sha256.slice(0, 12)}…`
  return typeof value === 'object' ? (Array.isArray(value) ? value.join(', ') || '(none)' : JSON.stringify(value)) : String(value)
}

function showContent(field: string, current: Content | undefined, desired: Content, exists: boolean): string {
  if (desired.secret || current?.secret) return `${field}: <secret> (differs)`
  const from = current ? textOf(current) : ''
  const to = textOf(desired)
  if (from === undefined || to === undefined) return `${field}: ${showValue(current)} → ${showValue(desired)}`
  // Comparing takes time with the square of what differs; where nothing stands on one side there is nothing to compare.
  const maxEditLength = from === '' || to === '' ? Infinity : MOST_LINES_CHANGED
  const patch = load('diff').createTwoFilesPatch(exists ? 'current' : '/dev/null', 'desired', from, to, undefined, undefined, { context: 3, maxEditLength })
  if (patch === undefined) return `${field}: ${showValue(current)} → ${showValue(desired)}`
  return patch.split('\n').slice(1).map(visible).join('\n').trimEnd()
}

/** Text that can be shown line by line; undefined for what is binary, not UTF-8, too large, or known by its checksum only. */
function textOf({ bytes, size }: Content): string | undefined {
  if (!bytes || size > LARGEST_SHOWN || bytes.includes(0)) return undefined
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? text : undefined
}

/** Makes visible what a terminal would hide or obey: carriage returns and escape sequences. */
function visible(line: string): string {
  return line.replace(/\r$/, '␍').replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
