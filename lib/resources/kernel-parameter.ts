import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, read } from '../shell/script.ts'
import type { Resource } from '../state/resource.ts'

export interface KernelParameterKey {
  /** Parts with dots, as sysctl(8) has them; a dot within a part is written as a slash there, and here. */
  name: string
}

export interface KernelParameterState {
  readonly [field: string]: string
  /** Blanks and tabs as one blank. */
  value: string
}

const schema = z.strictObject({ value: z.string() })

const swapped = (name: string) => name.replace(/[./]/g, mark => (mark === '.' ? '/' : '.'))

/** A parameter's name with dots between its parts; where a slash comes first, sysctl.d(5) takes slashes for that. @example parameterName('net/ipv4/ip_forward') // 'net.ipv4.ip_forward' */
export function parameterName(given: string): string {
  return /^[^./]*\//.test(given) ? swapped(given) : given
}

/** The file of a parameter below /proc/sys: dots and slashes change places. @example parameterPath('net.ipv4.conf.eth0/1.forwarding') // '/proc/sys/net/ipv4/conf/eth0.1/forwarding' */
export function parameterPath(name: string): string {
  return `/proc/sys/${swapped(name)}`
}

/** The value of a parameter of the running kernel. Sources: proc(5), sysctl(8). */
export const kernelParameter: Resource<KernelParameterKey, KernelParameterState, z.infer<typeof schema>> = {
  kind: 'sysctl',
  everywhere: true,
  schema,
  identify: ({ name }) => name,
  read: keys => ({
    script: read`for p in ${keys.map(({ name }) => parameterPath(name))}; do if [ -f "$p" ] && [ -r "$p" ]; then echo "=$(tr -s ' \t\n' ' ' <"$p")"; else echo; fi; done`,
    parse({ stdout, stderr, exitCode }) {
      if (exitCode !== 0) throw new ReadError('The kernel\'s parameters could not be read.', { stderr, exitCode })
      const lines = stdout.toString().split('\n')
      return keys.map((_, index) => (lines[index]?.startsWith('=') ? { value: lines[index].slice(1).trim() } : null))
    },
  }),
  apply: ({ name }, current, desired) => ({
    script: current === null ? apply`echo ${`The kernel has no parameter ${name}.`}; exit 1` : apply`printf '%s\n' ${desired?.value ?? ''} >${parameterPath(name)}`,
  }),
}
