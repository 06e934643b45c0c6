import { Content } from './content.ts'
import type { State, Value } from './resource.ts'

/**
 * One field in which current and desired differ. `field` is undefined if the whole thing is
 * missing, or should be.
 */
export interface Difference {
  field: string | undefined
  current: Value | undefined
  desired: Value | undefined
}

/**
 * Whether two values are equal, whatever the order of their keys. In a record, null equals no
 * entry.
 */
export function sameValue(one: Value | undefined, other: Value | undefined): boolean {
  if (one === other) return true
  if (one instanceof Content) return other instanceof Content && one.equals(other)
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null || other instanceof Content || Array.isArray(one) !== Array.isArray(other)) return false
  return canonical(one) === canonical(other)
}

function canonical(value: object): string {
  return JSON.stringify(Object.entries(value).filter(([, entry]) => entry !== null).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * The differences between `current` and `desired`, field by field. Fields that `desired` does not
 * name are ignored.
 *
 * @example differences({ mode: '0644' }, { mode: '0640' }) // [{ field: 'mode', current: '0644', desired: '0640' }]
 */
export function differences(current: State | null, desired: State | null): Difference[] {
  if (current === null && desired === null) return []
  if (desired === null) return [{ field: undefined, current: 'present', desired: 'absent' }]
  const from = current ?? {}
  const fields = Object.keys(desired).filter(field => desired[field] !== undefined && !sameValue(from[field], desired[field]))
  const changed = fields.map(field => ({ field, current: from[field], desired: desired[field] }))
  return current === null ? [{ field: undefined, current: 'absent', desired: 'present' }, ...changed] : changed
}
