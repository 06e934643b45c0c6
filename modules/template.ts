import { z } from 'zod'
import { defineModule, filePath } from '../lib/resource.ts'
import { planFile } from '../lib/module/plan-file.ts'
import { renderTemplate } from '../lib/module/render.ts'
import { writtenFileArguments } from './file.ts'

const args = z.strictObject({
  path: filePath,
  /**
   * An Eta template: a path, or a name to look for next to the playbook, in the folder named after
   * it and in `templates/`.
   */
  source: z.string('must be the name of a template').min(1, 'must name a template'),
  /**
   * What the template sees as `it`. Using a missing variable is an error; a secret is written
   * (directly, or through JSON.stringify or encodeURIComponent) but never shown.
   * @default {}
   */
  vars: z.record(z.string(), z.unknown()).default({}),
  /** The line ending of every line, whatever the template has. @default as in the template */
  newline: z.enum(['\n', '\r\n'], 'must be \'\\n\' or \'\\r\\n\'').optional(),
  /** @default 'utf8' */
  encoding: z.enum(['utf8', 'latin1'], 'must be \'utf8\' or \'latin1\'').default('utf8'),
  /** false: an existing file keeps its content (Ansible's `force: false`). @default true */
  replace: z.boolean('must be true or false').default(true),
  ...writtenFileArguments,
})

/**
 * A file rendered from an Eta template; apart from its content, it works like `file`. Mistakes in a
 * template are reported with their line before any host is touched. Source of the syntax:
 * https://eta.js.org. Not supported from Ansible's `template`: the delimiters and `trim_blocks` of
 * Jinja (Eta has `<%-` and `-%>`); `output_encoding` is `encoding`, `newline_sequence` is
 * `newline`.
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
