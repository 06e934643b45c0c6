import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, read } from '../shell/script.ts'
import type { Resource } from '../state/resource.ts'

export interface HostnameState {
  readonly [field: string]: string
  /** What the kernel says now. */
  running: string
  /** What it will be after a boot. */
  atBoot: string
}

const schema = z.strictObject({ running: z.string(), atBoot: z.string() })

/** The name of the host, now and at boot. Sources: hostname(5), hostname(1). */
export const hostname: Resource<Record<string, never>, HostnameState, z.infer<typeof schema>> = {
  kind: 'hostname',
  everywhere: true,
  schema,
  identify: () => '/etc/hostname',
  read: keys => ({
    script: read`uname -n; grep -m 1 -v -e '^#' -e '^$' /etc/hostname 2>/dev/null || :`,
    parse({ stdout, stderr, exitCode }) {
      if (exitCode !== 0) throw new ReadError('The host\'s name could not be read.', { stderr, exitCode })
      const [running = '', atBoot = ''] = stdout.toString().split('\n')
      return keys.map(() => ({ running, atBoot: atBoot.trim() }))
    },
  }),
  apply: (_key, current, desired) => ({
    script: apply`set -e; umask 022; n=${desired?.running ?? ''}
if [ ${current?.atBoot ?? ''} != "$n" ]; then printf '%s\n' "$n" >/etc/hostname.stead-new; sync -- /etc/hostname.stead-new; mv -fT -- /etc/hostname.stead-new /etc/hostname; fi
if [ ${current?.running ?? ''} != "$n" ]; then hostname -- "$n"; fi`,
  }),
}
