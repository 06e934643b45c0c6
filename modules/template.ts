import { z } from 'zod'
import { defineModule, filePath } from '../lib/resource.ts'
import { planFile } from '../lib/module/plan-file.ts'
import { renderTemplate } from '../lib/module/render.ts'
import { writtenFileArguments } from './file.ts'

const args = z.strictObject({
  path: filePath,
  /** An Eta template: a path, or a name that is looked for beside the playbook, in the folder of its name and in `templates/`. */
  source: z.string('must be the name of a template').min(1, 'must name a template'),
  /** What the template sees as `it`. A variable that it asks for and that is not here is an error; a secret is written (as it is, in JSON.stringify, in encodeURIComponent) and never shown. @default {} */
  vars: z.record(z.string(), z.unknown()).default({}),
  /** What every line ends in, whatever the template's end in. @default as in the template */
  newline: z.enum(['\n', '\r\n'], 'must be \'\\n\' or \'\\r\\n\'').optional(),
  /** @default 'utf8' */
  encoding: z.enum(['utf8', 'latin1'], 'must be \'utf8\' or \'latin1\'').default('utf8'),
  /** false: a file that is there keeps its content, whatever it is (Ansible's `force: false`). @default true */
  replace: z.boolean('must be true or false').default(true),
  ...writtenFileArguments,
})

/**
 * A file made from an Eta template; everything of `file` but where its content comes from. What is wrong with a template is told with its
 * line before any host is touched. Source of the syntax: https://eta.js.org. Of Ansible's `template`: the delimiters and `trim_blocks` are
 * Jinja's, and are left out (Eta has `<%-` and `-%>`); `output_encoding` is `encoding`, `newline_sequence` is `newline`.
 *
 * @example
 * template({ path: '/etc/motd', source: 'motd.eta', vars: { name: 'web1' }, mode: '0644' })
 */
export const template = defineModule({
  name: 'template',
  args,
  async plan({ path, source, vars, newline, encoding, replace, owner, group, mode, follow, ...key }, host) {
    const content = renderTemplate(source, vars, { newline, encoding })
    const wanted = { path, content: { unless: content.askedBy }, noFollow: !follow, madeFrom: replace ? undefined : 'what is there' as const, ...key }
    return { wants: await planFile(host, wanted, { type: 'file', owner, group, mode }, current => (!replace && current?.type === 'file' ? undefined : content)) }
  },
})
