import { z } from 'zod'
import { absolutePath, defineModule, file, want } from '../lib/index.ts'

const args = z.strictObject({
  path: absolutePath,
  /** What the link says, absolute or relative to where it stands. Needed unless it is to be absent. */
  target: z.string().min(1, 'must not be empty').optional(),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Let the link take the place of a file. @default false */
  replaceFile: z.boolean().default(false),
}).refine(({ state, target }) => state === 'absent' || target !== undefined, { path: ['target'], message: 'must be given: what the link points to' })

/**
 * A symbolic link, compared by what it says. `absent` removes a link or a file.
 *
 * @example
 * symlink({ path: '/etc/nginx/sites-enabled/site.conf', target: '../sites-available/site.conf' })
 */
export const symlink = defineModule({
  name: 'symlink',
  args,
  plan: ({ path, target, state, replaceFile }) => ({
    wants: [want(file, { path, noFollow: true, force: replaceFile }, state === 'absent' ? null : { type: 'link', target })],
  }),
})
