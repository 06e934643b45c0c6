import { z } from 'zod'
import { Content, defineModule, PlaybookError, plainName, want } from '../lib/resource.ts'
import { renderTemplate } from '../lib/module/render.ts'
import { fileResource } from '../lib/resources/files/file.ts'
import { nginxSiteResource as site } from '../lib/resources/nginx/nginx-site.ts'

const args = z.strictObject({
  /** Its name in sites-available, without `.conf`. */
  name: plainName,
  /** The configuration as text, instead of a template. Quote untrusted text with nginxString. */
  content: z.string('must be text').optional(),
  /** An Eta template, as in the template module. */
  source: z.string('must be the name of a template').optional(),
  /** Variables of the template. @default {} */
  vars: z.record(z.string(), z.unknown()).default({}),
  /** `disabled` keeps the file and removes the link. @default 'enabled' */
  state: z.enum(['enabled', 'disabled', 'absent'], 'must be \'enabled\', \'disabled\' or \'absent\'').default('enabled'),
  /** Remove Debian's own default site, which answers on every address. @default false */
  removeDefault: z.boolean('must be true or false').default(false),
}).superRefine(({ content, source, state }, context) => {
  if (content !== undefined && source !== undefined) context.addIssue({ code: 'custom', message: 'takes either content or source' })
  if (state === 'enabled' && content === undefined && source === undefined) context.addIssue({ code: 'custom', message: 'needs either content or source' })
})

/**
 * A site of Debian's nginx: its file in sites-available and its link in sites-enabled. `nginx -t`
 * has to accept the whole configuration, or the previous state is restored at once. Notify a
 * handler that reloads nginx. Neither Ansible nor pyinfra has a module for it. Source: nginx(8).
 *
 * @example
 * task('nginx', apt({ packages: ['nginx-light'], startServices: false }))
 * task('Site', nginxSite({ name: 'hello', content: 'server { listen 127.0.0.1:8080; return 204; }\n', removeDefault: true }))
 */
export const nginxSite = defineModule({
  name: 'nginx-site',
  args,
  async plan({ name, content: text, source, vars, state, removeDefault }, host) {
    const content = source !== undefined ? renderTemplate(source, vars) : text === undefined ? undefined : Content.of(text)
    const key = { name, unless: content?.askedBy }
    const [program] = await Promise.all([host.current(fileResource, { path: '/usr/sbin/nginx' }), host.current(site, key)])
    if (program === null && content && !host.anythingPending()) throw new PlaybookError('nginx is not installed on this host, and no earlier task installs it.', { hint: 'Install it in an earlier task: apt({ packages: [\'nginx\'], startServices: false }).' })
    // A site with no file, and no content to write, counts as disabled.
    const nothing = state === 'disabled' && content === undefined && (await host.current(site, key)) === null
    if (state === 'absent' || nothing) return { wants: [want(site, { name }, null), ...(removeDefault ? [want(fileResource, { path: '/etc/nginx/sites-enabled/default', noFollow: true }, null)] : [])] }
    // nginx reads its configuration as root, so a file with a secret is readable by root only.
    const attributes = content ? { content, mode: content.secret ? '0600' : '0644', owner: 'root', group: 'root' } : {}
    return { wants: [want(site, key, { ...attributes, enabledAs: state === 'enabled' ? `../sites-available/${name}.conf` : '', debianDefault: removeDefault ? 'removed' : undefined })] }
  },
})
