import { z } from 'zod'
import { absolutePath, defineModule, name, user as userResource, want } from '../lib/index.ts'

const args = z.strictObject({
  name,
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Primary group. @default as it is; for a new user a group of its own name */
  group: name.optional(),
  /** Supplementary groups, all of them. @default as they are */
  groups: z.array(name).transform(groups => [...groups].sort()).optional(),
  /** A new one is a system user, without a home directory. @default false */
  system: z.boolean().default(false),
  uid: z.int().min(0).transform(String).optional(),
  /** Home directory as passwd(5) has it. */
  home: absolutePath.optional(),
  shell: absolutePath.optional(),
  comment: z.string().optional(),
})

/**
 * A user of the host.
 *
 * @example
 * user({ name: 'backup-runner', system: true, home: '/var/lib/backup-runner', shell: '/usr/sbin/nologin' })
 */
export const user = defineModule({
  name: 'user',
  args,
  plan: ({ name: login, state, system, ...fields }) => ({ wants: [want(userResource, { name: login, system }, state === 'absent' ? null : fields)] }),
})
