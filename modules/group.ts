import { z } from 'zod'
import { defineModule, group as groupResource, name, want } from '../lib/index.ts'

const args = z.strictObject({
  name,
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** A new one gets an id below 1000. @default false */
  system: z.boolean().default(false),
  gid: z.int().min(0).transform(String).optional(),
})

/**
 * A group of the host.
 *
 * @example
 * group({ name: 'media', gid: 1500 })
 */
export const group = defineModule({
  name: 'group',
  args,
  plan: ({ name: login, state, system, gid }) => ({ wants: [want(groupResource, { name: login, system }, state === 'absent' ? null : { gid })] }),
})
