import { Secret } from '../secret/secret.ts'
import { Content } from './content.ts'

/**
 * A resource's key as text, the same for equal keys. A secret appears in it only as a number, a
 * different one for each secret.
 *
 * @example keyText({ name: 'app', ports: [80] }) // '{"name":"app","ports":[80]}'
 */
export function keyText(key: unknown): string {
  return JSON.stringify(withoutSecrets(key)) ?? ''
}

function withoutSecrets(value: unknown): unknown {
  if (value instanceof Secret) return { secret: value.number }
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (value instanceof Content) return { content: value.sha256 }
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutSecrets(field)])) : value
}
