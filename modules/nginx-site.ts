import { z } from 'zod'
import { Content, defineModule, file, renderTemplate, want } from '../lib/index.ts'

const args = z.strictObject({
  /** Its name in sites-available, without `.conf`. */
  name: z.string().regex(/^[\w.-]+$/, 'must be a word'),
  /** The configuration as text; or else a template. */
  content: z.string().optional(),
  /** An Eta template, as in the template module. */
  source: z.string().optional(),
  /** Variables of the template. @default {} */
  vars: z.record(z.string(), z.unknown()).default({}),
  /** `disabled` keeps the file and removes the link. @default 'enabled' */
  state: z.enum(['enabled', 'disabled', 'absent'], 'must be \'enabled\', \'disabled\' or \'absent\'').default('enabled'),
  /** Remove Debian's own default site, which answers on every address. @default false */
  removeDefault: z.boolean().default(false),
}).refine(({ content, source, state }) => state === 'absent' || (content === undefined) !== (source === undefined), 'needs either content or source')

/**
 * A site of Debian's nginx: its file in sites-available and its link in sites-enabled. Notify a handler that reloads nginx.
 *
 * @example
 * nginxSite({ name: 'hello', content: 'server { listen 127.0.0.1:8080; return 204; }\n' })
 */
export const nginxSite = defineModule({
  name: 'nginx-site',
  args,
  plan({ name, content: text, source, vars, state, removeDefault }) {
    const available = `/etc/nginx/sites-available/${name}.conf`
    const enabled = `/etc/nginx/sites-enabled/${name}.conf`
    const link = want(file, { path: enabled, noFollow: true }, state === 'enabled' ? { type: 'link', target: `../sites-available/${name}.conf` } : null)
    const unwanted = removeDefault ? [want(file, { path: '/etc/nginx/sites-enabled/default', noFollow: true }, null)] : []
    if (state === 'absent') return { wants: [link, want(file, { path: available }, null), ...unwanted] }
    const content = source === undefined ? Content.of(text ?? '') : renderTemplate(source, vars)
    const site = want(file, { path: available, content: { unless: content.sha256 } }, { type: 'file', content, mode: '0644', owner: 'root', group: 'root' })
    return { wants: [site, link, ...unwanted] }
  },
})
