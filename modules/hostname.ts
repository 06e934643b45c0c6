import { z } from 'zod'
import { defineModule, want } from '../lib/resource.ts'
import { hostnameResource as resource } from '../lib/resources/kernel/hostname.ts'

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/

const args = z.strictObject({
  /** At most 64 of a-z, 0-9, '-' and '.'. */
  name: z.string().max(64, 'must be at most 64 characters long').regex(label, 'must be a host name of a-z, 0-9 and -, as in \'web1\''),
})

/**
 * The host's name, in the running system and at boot. /etc/hosts is left alone: see line-in-file.
 * Not supported from Ansible's `hostname`: `use`, since Debian has one way. Source: hostname(5).
 *
 * @example
 * hostname({ name: 'web1' })
 */
export const hostname = defineModule({
  name: 'hostname',
  args,
  plan: ({ name }) => ({ wants: [want(resource, {}, { running: name, atBoot: name })] }),
})
