import { z } from 'zod'
import { apply, applyLines, type ApplyScript } from '../../shell/script.ts'
import { Content } from '../../state/content.ts'
import type { Resource, Writing } from '../../state/resource.ts'
import { writeFile } from '../files/file-write.ts'
import { temporaryFunctions } from '../../shell/temporary.ts'
import { tagOf } from '../files/beside.ts'
import { fileResource } from '../files/file.ts'

export interface NginxSiteKey {
  name: string
  /** Checksum of content that need not be sent. */
  unless?: string
}

/** Debian's own default site, which answers on every address. */
const debianDefault = '/etc/nginx/sites-enabled/default'

export interface NginxSiteState {
  readonly [field: string]: boolean | string | Content | undefined
  content?: Content
  mode?: string
  owner?: string
  group?: string
  /** Target of the link in sites-enabled; '' if there is none. */
  enabledAs: string
  debianDefault: 'there' | 'removed'
}

const schema = z.strictObject({
  content: z.custom<Content>(value => value instanceof Content, 'must be content').optional(),
  mode: z.string().optional(), owner: z.string().optional(), group: z.string().optional(), enabledAs: z.string(), debianDefault: z.literal('removed').optional(),
})

const paths = (name: string) => ({ available: `/etc/nginx/sites-available/${name}.conf`, enabled: `/etc/nginx/sites-enabled/${name}.conf` })

/**
 * A site of Debian's nginx: its file in sites-available together with its link in sites-enabled.
 * Both are written, `nginx -t` checks the whole configuration, and the old files are restored if it
 * fails, so that nginx never sees half a change. Source: nginx(8), -t.
 */
export const nginxSiteResource: Resource<NginxSiteKey, NginxSiteState, z.infer<typeof schema>> = {
  kind: 'nginx-site',
  schema,
  identify: ({ name }) => name,
  read(keys) {
    const files = fileResource.read(keys.flatMap(({ name, unless }) => [
      { path: paths(name).available, content: unless === undefined ? 'always' as const : { unless } },
      { path: paths(name).enabled, noFollow: true },
      { path: debianDefault, noFollow: true },
    ]))
    return {
      script: files.script,
      parse(output) {
        const states = files.parse(output)
        return keys.map((_, index) => {
          const [available, enabled, standard] = states.slice(3 * index)
          if (available instanceof Error || enabled instanceof Error) return new Error('Could not read the site.')
          if (!available && !enabled) return null
          const link = enabled ? (enabled.target ?? `(a ${enabled.type})`) : ''
          return { content: available?.content, mode: available?.mode, owner: available?.owner, group: available?.group, enabledAs: link, debianDefault: standard ? 'there' : 'removed' }
        })
      },
    }
  },
  answers: ({ content }, { unless }) => content === undefined || content.bytes !== undefined || content.sha256 === unless,
  apply({ name }, _current, desired) {
    const { available, enabled } = paths(name)
    return { script: exchange([available, enabled, ...(desired?.debianDefault ? [debianDefault] : [])], desired?.enabledAs ? undefined : 'less', write(available, enabled, desired)), stdin: desired?.content?.bytes }
  },
  forecast: {
    needs: () => [{ program: 'nginx', packages: ['nginx'] }],
    sideEffects: ({ name }, desired) => [
      { kind: 'file' as const, identity: paths(name).available, state: desired ? { type: 'file' } : null },
      { kind: 'file' as const, identity: paths(name).enabled, state: desired?.enabledAs ? { type: 'link', target: desired.enabledAs } : null },
      ...(desired?.debianDefault ? [{ kind: 'file' as const, identity: debianDefault, state: null }] : []),
    ],
  },
}

/**
 * Written like any file and link: an interrupted run leaves nothing that nginx would take for a
 * site.
 */
function write(available: string, enabled: string, desired: z.infer<typeof schema> | null): ApplyScript {
  const steps: ApplyScript[] = []
  const put = ({ script }: Writing) => apply`( ${script}
) || exit`
  if (desired?.content) {
    const { content, owner = 'root', group = 'root', mode = '0644' } = desired
    steps.push(put(writeFile({ path: available, noFollow: true }, null, { type: 'file', content, owner, group, mode })))
  }
  if (desired?.enabledAs) steps.push(apply`[ "$(readlink -- ${enabled})" = ${desired.enabledAs} ] || ${put(writeFile({ path: enabled }, null, { type: 'link', target: desired.enabledAs }))}`)
  else steps.push(apply`rm -f -- ${enabled}`)
  if (desired?.debianDefault) steps.push(apply`rm -f -- ${debianDefault}`)
  if (!desired) steps.push(apply`rm -f -- ${available}`)
  return applyLines(steps)
}

/**
 * Writes, and restores the old files unless `nginx -t` passes. A removal is accepted if the check
 * failed before as well. If a run is killed before the check, the next run restores the old files.
 */
export function exchange(changed: readonly string[], what: 'less' | undefined, script: ApplyScript): ApplyScript {
  const note = `nginx-${tagOf(changed.join(' '))}`
  const back = apply`k=/etc/nginx/.stead.${note}; back() { for p in ${changed}; do rm -rf -- "$p"; if [ -e "$k/\${p##*/sites-}" ] || [ -L "$k/\${p##*/sites-}" ]; then mv -T -- "$k/\${p##*/sites-}" "$p"; fi; done; }`
  const undo = apply`${back}; if [ -e "$k/whole" ]; then back; fi; rm -rf -- "$k"`
  return apply`${temporaryFunctions}
${what === 'less' ? apply`:` : apply`command -v nginx >/dev/null || { echo 'nginx is not installed: install it in an earlier task (apt).' >&2; exit 1; }`}
b=0; ${what === 'less' ? apply`nginx -t -q 2>/dev/null || b=1` : apply`:`}
for k in /etc/nginx/.stead.????????; do if [ -d "$k/available" ] && [ -d "$k/enabled" ] && [ -O "$k" ] && [ ! -L "$k" ]; then rm -rf -- "$k"; fi; done
${back}
a=$b; temporary ${note} ${`backup of ${changed.join(' and ')}, until nginx has accepted the new version`} ${undo.text} || exit 73; b=$a
trap 'rm -rf -- "$k"; undone ${note}' EXIT
rm -rf -- "$k"; mkdir -m 700 -- "$k" "$k/available" "$k/enabled" || exit 1
for p in ${changed}; do if [ -e "$p" ] || [ -L "$p" ]; then cp -aT -- "$p" "$k/\${p##*/sites-}" || exit 1; fi; done
: >"$k/whole" && sync -- "$k" || exit 1
trap 'back; exit 1' HUP INT TERM
( set -e
${script} ) || { back; exit 1; }
nginx -t -q >&2 || [ $b = 1 ] || { back; echo 'nginx -t rejected the change. The old files were restored.' >&2; exit 1; }`
}
