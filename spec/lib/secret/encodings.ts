import { execFileSync } from 'node:child_process'
import { nginxString } from '../../../lib/resources/nginx/quote.ts'
import { systemdCommand, systemdEnvironment } from '../../../lib/resources/systemd/quote.ts'
import { torrcValue } from '../../../lib/resources/tor/quote.ts'
import { html } from '../../../lib/report/html.ts'
import { junit } from '../../../lib/report/junit.ts'
import { sqlLiteral } from '../../../lib/resources/postgres/psql.ts'
import { quote } from '../../../lib/text/quote.ts'
import { host, report } from '../report/sample-report.ts'

const percent = (value: string): string => Array.from(Buffer.from(value), byte => `%${byte.toString(16).padStart(2, '0')}`).join('')
const json = (value: string): string => JSON.stringify(value)
const octets = (value: string, separator: string): string => (Buffer.from(value).toString('hex').match(/../g) ?? []).join(separator)

/** The ways in which a value is written by stead, its playbooks and the programs of a host. */
export const encodings: Readonly<Record<string, (value: string) => string>> = {
  'as it is': value => value,
  'percent, all of it': percent,
  'percent, upper case': value => percent(value).toUpperCase(),
  'percent, as JavaScript does': encodeURIComponent,
  'percent, as a form does': value => new URLSearchParams({ value }).toString(),
  'percent, twice': value => encodeURIComponent(encodeURIComponent(value)),
  'hexadecimal': value => octets(value, ''),
  'hexadecimal, upper case': value => octets(value, '').toUpperCase(),
  'hexadecimal, as xxd and od do': value => octets(value, ' '),
  'hexadecimal, with colons, broken into lines': value => octets(value, ':').replace(/.{48}/g, '$&\n'),
  'JSON': json,
  'JSON of JSON': value => json(json(value)),
  'JSON of JSON of JSON': value => json(json(json(value))),
  'JSON, as Python and PHP do': value => json(value).replaceAll('/', '\\/').replace(/[\u007f-\uffff]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'SQL': sqlLiteral,
  'SQL in a shell in JSON': value => json(quote(sqlLiteral(value))),
  'a word of a shell': quote,
  'a word of a shell, twice': value => quote(quote(value)),
  'printf %q': value => printfQ(value),
  'a unit of systemd': value => systemdCommand(['/bin/echo', value]),
  'an environment of systemd': value => systemdEnvironment({ NAME: value }),
  'torrc': torrcValue,
  'nginx': value => nginxString(value, { variables: true }),
  'HTML': value => html(report({ web: host({ error: value }) })),
  'XML': value => junit(report({ web: host({ error: value }) })),
  'XML, by number': value => Array.from(value, character => `&#${character.codePointAt(0) ?? 0};`).join(''),
  'XML in JSON': value => json(value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')),
}

/** As bash itself does, which writes non-ASCII and control characters in its own way. */
function printfQ(value: string): string {
  return execFileSync('bash', ['--norc', '-c', 'printf %q "$(cat; echo .)"'], { input: value, env: { LC_ALL: 'C' } }).toString().replace(/\.?('?)$/, '$1')
}

/** Base64 with `before` bytes of others in front, in lines of so many characters; and what of it is decided by the value alone, without the line breaks. */
export function base64Within(value: string, before: string, after: string, { line, url }: { line: number; url: boolean }): { text: string; own: string } {
  const bytes = (text: string) => Buffer.from(text).length
  const all = Buffer.from(before + value + after).toString(url ? 'base64url' : 'base64')
  const own = all.slice(Math.ceil((bytes(before) * 8) / 6), Math.floor(((bytes(before) + bytes(value)) * 8) / 6))
  return { text: line === 0 ? all : (all.match(new RegExp(`.{1,${line}}`, 'g')) ?? []).join('\n'), own }
}

/** Every window of so many characters of a text. */
export function windows(text: string, length: number): string[] {
  return Array.from({ length: Math.max(0, text.length - length + 1) }, (_, at) => text.slice(at, at + length))
}
