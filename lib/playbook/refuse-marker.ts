import { marker } from '../secret/redact.ts'

const refusal = `contains the text ${marker}, which stead prints instead of a secret. Give the secret itself (secret\`…\` joins it with text); what really says ${marker} can be brought as a file or a template`

/**
 * The arguments that contain the text `<secret>`: it was copied from printed output, and no host
 * should get it. A regular expression may contain it, to find where it was once written.
 */
export function markerIssues(value: unknown, path: readonly string[] = []): { argument: string; message: string }[] {
  const here = { argument: path.join('.') || 'arguments', message: refusal }
  if (typeof value === 'string') return value.includes(marker) ? [here] : []
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes(marker) ? [here] : []
  if (Array.isArray(value)) return value.flatMap((one: unknown, index) => markerIssues(one, [...path, String(index)]))
  if (!isPlainObject(value)) return []
  return Object.entries(Object.getOwnPropertyDescriptors(value)).flatMap(([name, field]: [string, PropertyDescriptor]) => [
    ...(name.includes(marker) ? [{ ...here, message: `has a name that ${refusal}` }] : []),
    ...markerIssues(field.value, [...path, name]),
  ])
}

function isPlainObject(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
