import { z } from 'zod'
import { apply, applyLines, read } from '../../shell/script.ts'
import { Content } from '../../state/content.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { writeFile } from '../files/file-write.ts'

export interface HostnameState {
  readonly [field: string]: string
  /** The current name in the kernel. */
  running: string
  /** The name after the next boot. */
  atBoot: string
}

const schema = z.strictObject({ running: z.string(), atBoot: z.string() })

/** The name of the host, now and at boot. Sources: hostname(5), hostname(1). */
export const hostnameResource: Resource<Record<string, never>, HostnameState, z.infer<typeof schema>> = {
  kind: 'hostname',
  schema,
  identify: () => '/etc/hostname',
  read: keys => ({
    script: read`uname -n; grep -m 1 -v -e '^#' -e '^$' /etc/hostname 2>/dev/null || :`,
    parse(output) {
      const stdout = stdoutOf(output, 'Could not read the hostname.')
      const [running = '', atBoot = ''] = stdout.toString().split('\n')
      return keys.map(() => ({ running, atBoot: atBoot.trim() }))
    },
  }),
  apply(_key, current, desired) {
    const name = desired?.running ?? ''
    // The file comes first, written like any file: if that fails, the running name stays as well.
    const { script, stdin } = writeFile({ path: '/etc/hostname', noFollow: true }, null, { type: 'file', content: Content.of(`${name}\n`) })
    return {
      script: applyLines([...(current?.atBoot === name ? [] : [apply`( ${script}
) || exit`]), ...(current?.running === name ? [] : [apply`hostname -- ${name}`])]),
      stdin: current?.atBoot === name ? undefined : stdin,
    }
  },
  forecast: { everywhere: true },
}
