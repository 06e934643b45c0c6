import { z } from 'zod'
import { absolutePath, attributeArguments, defineModule, file, want } from '../lib/index.ts'

const args = z.strictObject({
  path: absolutePath,
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  ...attributeArguments,
  /** For `absent`: also when it is not empty. @default false */
  recursive: z.boolean().default(false),
})

/**
 * A directory; those missing above it are made too, owned by root. A symbolic link to a directory counts as one.
 *
 * @example
 * directory({ path: '/srv/data', owner: 'www-data', group: 'www-data', mode: '0750' })
 */
export const directory = defineModule({
  name: 'directory',
  args,
  plan: ({ path, state, owner, group, mode, recursive }) => ({
    wants: [want(file, { path, force: recursive, noFollow: state === 'absent' }, state === 'absent' ? null : { type: 'directory', owner, group, mode })],
  }),
})
