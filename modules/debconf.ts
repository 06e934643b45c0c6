import { z } from 'zod'
import { defineModule, Secret, want } from '../lib/resource.ts'
import { contentOf } from '../lib/module/render.ts'
import { debconfResource, normalizeAnswer } from '../lib/resources/apt/debconf.ts'

const args = z.strictObject({
  /** The package that asks. */
  package: z.string().regex(/^[a-z0-9][a-z0-9.+-]+$/, 'must be the name of a package'),
  question: z.string().regex(/^[^\s]+$/, 'must be the name of a question, as in \'tzdata/Areas\''),
  type: z.enum(['string', 'boolean', 'select', 'multiselect', 'note', 'text', 'title', 'password'], 'must be a type of debconf-devel(7), as in \'string\''),
  /** The answer: a secret for a password, a list for a multiselect. */
  value: z.union([z.string().refine(text => !text.includes('\n'), 'must be one line'), z.boolean(), z.array(z.string()), z.instanceof(Secret)], 'must be text, true or false, a list or a secret'),
  /** Leave the question unseen, so that it may still be asked. @default false */
  unseen: z.boolean('must be true or false').default(false),
}).refine(({ type, value }) => (type === 'password') === (value instanceof Secret), { path: ['value'], message: 'must be a secret for a password, and only then' })

/**
 * Answers a question of a Debian package before it is installed. All of Ansible's arguments are
 * supported under plainer names; the answer to a password question must be a secret. Sources:
 * debconf-devel(7), debconf-set-selections(1).
 *
 * @example
 * debconf({ package: 'postfix', question: 'postfix/main_mailer_type', type: 'select', value: 'Local only' })
 */
export const debconf = defineModule({
  name: 'debconf',
  args,
  plan({ value, ...key }) {
    const text = value instanceof Secret ? contentOf(value) : normalizeAnswer(key.type, Array.isArray(value) ? value.join(', ') : String(value))
    return { wants: [want(debconfResource, key, { value: text })] }
  },
})
