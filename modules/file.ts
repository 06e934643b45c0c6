import { z } from 'zod'
import { absolutePath, attributeArguments, contentOf, defineModule, file as fileResource, Secret, want } from '../lib/index.ts'

const args = z.strictObject({
  path: absolutePath,
  /** What it holds; a secret is written and never shown. @default as it is, empty for a new file */
  content: z.union([z.string(), z.instanceof(Uint8Array), z.instanceof(Secret)], 'must be text, bytes or a secret').optional(),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  ...attributeArguments,
  /** A command that must accept the new content before it goes live; `%s` stands for the file. */
  validate: z.array(z.string()).refine(words => words.includes('%s'), 'must contain the word \'%s\', which stands for the new file').optional(),
  /** Make missing directories above it. @default false */
  parents: z.boolean().default(false),
})

/**
 * A file with its content, owner and mode. It is replaced as a whole, never seen half written.
 *
 * @example
 * file({ path: '/etc/motd', content: 'Welcome.\n', mode: '0644' })
 */
export const file = defineModule({
  name: 'file',
  args,
  plan({ path, content: given, state, owner, group, mode, validate, parents }) {
    if (state === 'absent') return { wants: [want(fileResource, { path, noFollow: true }, null)] }
    const content = given === undefined ? undefined : contentOf(given)
    const key = { path, content: content && { unless: content.sha256 }, validate, parents }
    return { wants: [want(fileResource, key, { type: 'file', content, owner, group, mode })] }
  },
})
