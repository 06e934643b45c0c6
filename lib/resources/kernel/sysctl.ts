import { z } from 'zod'
import { apply, read } from '../../shell/script.ts'
import { differences } from '../../state/compare.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'

export interface SysctlKey {
  /** Parts separated by dots, as in sysctl(8), where a slash stands for a dot within a part. */
  name: string
}

export interface SysctlState {
  readonly [field: string]: string | undefined
  /** With each run of white space as one space. */
  value: string
  /** What stead last wrote, if the kernel turned that into the current value. */
  writtenAs?: string
}

const schema = z.strictObject({ value: z.string() })

const swapped = (name: string) => name.replace(/[./]/g, mark => (mark === '.' ? '/' : '.'))

/**
 * A parameter's name with its parts separated by dots. If the first separator is a slash,
 * sysctl.d(5) takes slashes as separators.
 * @example parameterName('net/ipv4/ip_forward') // 'net.ipv4.ip_forward'
 */
export function parameterName(given: string): string {
  return /^[^./]*\//.test(given) ? swapped(given) : given
}

/**
 * The file of a parameter below /proc/sys: dots and slashes are swapped.
 * @example parameterPath('net.ipv4.conf.eth0/1.forwarding') // '/proc/sys/net/ipv4/conf/eth0.1/forwarding'
 */
export function parameterPath(name: string): string {
  return `/proc/sys/${swapped(name)}`
}

/**
 * Where a host records what was written if the kernel turned it into another value: the text
 * written, then the value read back.
 */
const directory = '/var/lib/stead/sysctl'
const markPath = (name: string) => `${directory}/${name.replaceAll('/', ',')}`

/** A number as parsed by strtol(3): 0x20 and 040 are 32. */
function number(text: string): bigint | undefined {
  const [, sign, digits = ''] = /^([-+]?)(0x[0-9a-f]+|\d+)$/i.exec(text) ?? []
  if (digits === '' || /^0\d*[89]/.test(digits)) return undefined
  const value = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return sign === '-' ? -value : value
}

/**
 * A list of numbers and ranges (`8080,9000-9002`) as the kernel prints it: sorted, with adjacent
 * ranges joined.
 */
function ranges(text: string): string | undefined {
  const parts = text.split(',').map(part => /^(\d+)(?:-(\d+))?$/.exec(part))
  if (!/[,-]/.test(text) || parts.some(part => part === null)) return undefined
  const sorted = parts.map(part => [Number(part?.[1]), Number(part?.[2] ?? part?.[1])] as const).sort(([a], [b]) => a - b)
  const joined: [number, number][] = []
  for (const [from, to] of sorted) {
    const last = joined.at(-1)
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else joined.push([from, to])
  }
  return joined.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',')
}

/**
 * Whether two values are the same to the kernel: white space, the spelling of numbers and the order
 * of ranges do not matter.
 *
 * @example sameParameter('0x20 01', '32\t1') // true
 */
export function sameParameter(one: string, other: string): boolean {
  const plain = (text: string) => text.trim().split(/\s+/).map(word => String(number(word) ?? ranges(word) ?? word)).join(' ')
  return plain(one) === plain(other)
}

/** The value of a parameter of the running kernel. Sources: proc(5), sysctl(8), strtol(3). */
export const sysctlResource: Resource<SysctlKey, SysctlState, z.infer<typeof schema>> = {
  kind: 'sysctl',
  schema,
  identify: ({ name }) => name,
  read: keys => ({
    script: read`set -- ${keys.flatMap(({ name }) => [parameterPath(name), markPath(name)])}; while [ $# -gt 1 ]; do
if [ -f "$1" ] && [ -r "$1" ]; then echo "=$(tr -s ' \t\n' ' ' <"$1")"; else echo; fi
w= v=; if [ -f "$2" ]; then { read -r w; read -r v; } <"$2"; fi; printf '%s\n%s\n' "$w" "$v"; shift 2; done`,
    parse(output) {
      const stdout = stdoutOf(output, 'Could not read the kernel parameters.')
      const lines = stdout.toString().split('\n')
      return keys.map((_, index) => {
        const [found = '', writtenAs = '', became] = lines.slice(3 * index)
        if (!found.startsWith('=')) return null
        const value = found.slice(1).trim()
        return writtenAs !== '' && became === value ? { value, writtenAs } : { value }
      })
    },
  }),
  compare(_key, current, desired) {
    const same = current && desired && [current.value, current.writtenAs].some(value => value !== undefined && sameParameter(value, desired.value))
    return same ? [] : differences(current, desired)
  },
  // A kernel may round a value, or print it in another form: only reading it back shows what was
  // set.
  apply({ name }, current, desired) {
    const value = desired?.value ?? ''
    const mark = markPath(name)
    return {
      script: current === null ? apply`echo ${`The kernel does not have a parameter ${name}.`}; exit 1` : apply`set -e; p=${parameterPath(name)}; e=$(printf '%s\n' ${value} | { cat >"$p"; } 2>&1) || { echo ${`The kernel does not accept ${JSON.stringify(value)} for ${name}`}": \${e##*: }" >&2; exit 1; }
v=$(tr -s ' \t\n' ' ' <"$p" | sed 's/ $//'); rm -f -- ${mark}
if [ "$v" != ${value} ]; then mkdir -p -m 700 /var/lib/stead ${directory}; printf '%s\n' ${value} "$v" >${mark}; echo "stead-note: the kernel set "${name}" to $v instead of "${value}. >&2; fi`,
    }
  },
  forecast: { everywhere: true },
}
