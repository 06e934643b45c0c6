import { z } from 'zod'
import { Content, defineModule, ReadError, want } from '../lib/resource.ts'
import { fileResource } from '../lib/resources/files/file.ts'
import { sysctlResource, parameterName } from '../lib/resources/kernel/sysctl.ts'

const args = z.strictObject({
  /** Its name as in sysctl(8), 'net.ipv4.ip_forward' or 'net/ipv4/ip_forward'. */
  name: z.string().regex(/^[\w-]+([./][\w*-]+)+$/, 'must be a kernel parameter, as in \'net.ipv4.ip_forward\'').transform(parameterName),
  /** Required for `present`. Separate several numbers with spaces. */
  value: z.union([z.string().regex(/^[^\n]*$/, 'must be one line'), z.number()], 'must be text or a number').transform(value => String(value).trim().replace(/\s+/g, ' ')).optional(),
  /** `absent`: no longer set at boot; the running kernel keeps what it has. @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Set it in the running kernel too. @default true */
  live: z.boolean('must be true or false').default(true),
}).refine(({ state, value }) => state === 'absent' || value !== undefined, { path: ['value'], message: 'must be given' })

/**
 * Files are read in the order of their names and the last one wins: after 99-sysctl.conf, which is
 * /etc/sysctl.conf on Debian.
 */
const fileOf = (name: string) => `/etc/sysctl.d/zz-stead-${name.replaceAll('/', '-')}.conf`

/**
 * A kernel parameter, in the running kernel and at boot, by a file of its own that is read last.
 * Not supported from Ansible's `sysctl`: `ignoreerrors` and `reload` (only this value is written),
 * and `sysctl_file` (use line-in-file for other files). Sources: sysctl.d(5), proc(5).
 *
 * @example
 * sysctl({ name: 'net.ipv4.ip_forward', value: 0 })
 */
export const sysctl = defineModule({
  name: 'sysctl',
  args,
  async plan({ name, value = '', state, live }, host) {
    const path = fileOf(name)
    if (state === 'absent') return { wants: [want(fileResource, { path, noFollow: true }, null)] }
    const content = Content.of(`${name} = ${value}\n`)
    const key = { path, content: { unless: content.askedBy } }
    const boot = want(fileResource, key, { type: 'file', content, mode: '0644', owner: 'root', group: 'root' })
    if (!live) return { wants: [boot] }
    const [running] = await Promise.all([host.current(sysctlResource, { name }), host.current(fileResource, key)])
    if (running === null) throw new ReadError(`The running kernel does not have a parameter ${name}.`, { hint: 'Check the spelling, and whether a kernel module is not loaded yet; live: false sets it at boot only.' })
    // The kernel first: what it refuses should not be set at every boot.
    return { wants: [want(sysctlResource, { name }, { value }), boot] }
  },
})
