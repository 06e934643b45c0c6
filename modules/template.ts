import { z } from 'zod'
import { absolutePath, attributeArguments, defineModule, file, renderTemplate, want } from '../lib/index.ts'

const args = z.strictObject({
  path: absolutePath,
  /** An Eta template: a path, or a name that is looked for beside the playbook, in the folder of its name and in `templates/`. */
  source: z.string().min(1, 'must name a template'),
  /** What the template sees as `it`. A variable that it asks for and that is not here is an error. @default {} */
  vars: z.record(z.string(), z.unknown()).default({}),
  ...attributeArguments,
  /** A command that must accept the new content before it goes live; `%s` stands for the file. */
  validate: z.array(z.string()).refine(words => words.includes('%s'), 'must contain the word \'%s\', which stands for the new file').optional(),
  /** Make missing directories above it. @default false */
  parents: z.boolean().default(false),
})

/**
 * A file made from an Eta template. Source of the syntax: https://eta.js.org.
 *
 * @example
 * template({ path: '/etc/motd', source: 'motd.eta', vars: { name: 'web1' }, mode: '0644' })
 */
export const template = defineModule({
  name: 'template',
  args,
  plan({ path, source, vars, owner, group, mode, validate, parents }) {
    const content = renderTemplate(source, vars)
    return { wants: [want(file, { path, content: { unless: content.sha256 }, validate, parents }, { type: 'file', content, owner, group, mode })] }
  },
})
