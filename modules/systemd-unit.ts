import { posix } from 'node:path'
import { z } from 'zod'
import { name as account, Content, defineModule, plainName, PlaybookError, unitName, want, type HostView, type Want } from '../lib/resource.ts'
import { planOwnership } from '../lib/module/plan-file.ts'
import { renderTemplate } from '../lib/module/render.ts'
import { unitFileResource } from '../lib/resources/files/unit-file.ts'

const value = z.union([z.string().regex(/^[^\r\n]*$/, 'must be one line'), z.number(), z.boolean()])

const args = z.strictObject({
  /** The unit; without a suffix it is a service. A template is `name@.service`. */
  name: unitName,
  /**
   * The name of a drop-in for an existing unit: NAME.d/DROPIN.conf.
   * @default the whole unit file
   */
  dropIn: plainName.transform(given => given.replace(/\.conf$/, '')).optional(),
  /**
   * Sections with their options; a list gives an option several times. Values are written
   * unchanged: see systemdCommand and systemdEnvironment.
   */
  sections: z.record(z.string().regex(/^[A-Za-z][\w-]*$/, 'must be the name of a section'), z.record(z.string().regex(/^[A-Za-z][\w-]*$/, 'must be the name of an option'), z.union([value, z.array(value)]))).optional(),
  /** Or the file as text. */
  content: z.string().optional(),
  /** Or an Eta template, as in the template module. */
  source: z.string().optional(),
  /** Variables of the template. @default {} */
  vars: z.record(z.string(), z.unknown()).default({}),
  /**
   * With `absent`, a whole unit is stopped and disabled before its file goes.
   * @default 'present'
   */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
}).superRefine(({ sections, content, source, state }, context) => {
  const given = [sections, content, source].filter(one => one !== undefined).length
  if (state === 'present' && given !== 1) context.addIssue({ code: 'custom', message: 'needs one of sections, content and source' })
})

/**
 * The text of a unit file.
 * @example unitText({ Service: { Type: 'oneshot' } }) // '[Service]\nType=oneshot\n'
 */
export function unitText(sections: NonNullable<z.output<typeof args>['sections']>): string {
  return Object.entries(sections).map(([section, options]) => {
    const lines = Object.entries(options).flatMap(([option, given]) => (Array.isArray(given) ? given : [given]).map(one => `${option}=${one === true ? 'yes' : one === false ? 'no' : one}\n`))
    return `[${section}]\n${lines.join('')}`
  }).join('\n')
}

/**
 * Plans a unit file; all reads in one tick.
 *
 * @throws PlaybookError for a link: writing would change the file of another unit; removing would
 * stop that unit.
 */
export async function planUnitFile(host: HostView, path: string, text: string | Content | null, validate?: readonly string[]): Promise<Want[]> {
  if (text === null) {
    const link = linkOf(path, await host.current(unitFileResource, { path, noFollow: true }))
    if (link?.is === 'an alias') throw link.error
    return link?.is === 'a mask' ? [] : [want(unitFileResource, { path, noFollow: true }, null)]
  }
  const content = text instanceof Content ? text : Content.of(text)
  const key = { path, content: { unless: content.askedBy }, noFollow: true, parents: true, validate }
  const link = linkOf(path, await host.current(unitFileResource, key))
  if (link) throw link.error
  return [want(unitFileResource, key, { type: 'file', content, owner: 'root', group: 'root', mode: '0644' })]
}

/** Describes a link in place of a unit file; undefined where there is none. */
function linkOf(path: string, state: { type: string; target?: string } | null): { is: 'a mask' | 'an alias' | 'linked'; error: PlaybookError } | undefined {
  if (state?.type !== 'link' || state.target === undefined) return undefined
  const [own, other] = [posix.basename(path), posix.basename(state.target)]
  const [is, hint] = state.target === '/dev/null' ? ['a mask', `Set masked: false of ${own} in an earlier task (systemd).`] as const
    : own === other ? ['linked', 'Write its target instead, or remove the link.'] as const
      : ['an alias', `Name ${other} itself, or add to it by a dropIn.`] as const
  return { is, error: new PlaybookError(`${path} is a link to ${state.target}: ${is === 'linked' ? 'the unit is linked from elsewhere' : `${own} is ${is}${is === 'an alias' ? ` of ${other}` : ''}`}.`, { hint }) }
}

/**
 * @throws PlaybookError for a user or group in User= and Group= that the host does not have; %i and
 * other specifiers are resolved by systemd.
 */
async function refuseStrangers(host: HostView, { Service: service = {} }: NonNullable<z.output<typeof args>['sections']>): Promise<void> {
  const named = (option: string) => {
    const { data } = account.safeParse(service[option])
    return ['yes', 'true', 'on', '1'].includes(String(service.DynamicUser)) ? undefined : data
  }
  await planOwnership(host, named('User'), named('Group'))
}

/**
 * A unit file of systemd, or a drop-in, in /etc/systemd/system. A change is followed by exactly one
 * daemon-reload; restart the unit in a handler, and use the systemd module to start or stop it. A
 * link in its place (an alias, a mask) is refused. Neither Ansible nor pyinfra has a module for it.
 * Source: systemd.unit(5), systemd.syntax(7).
 *
 * @example
 * systemdUnit({ name: 'hello', sections: { Service: { ExecStart: '/bin/sleep infinity' }, Install: { WantedBy: 'multi-user.target' } } })
 */
export const systemdUnit = defineModule({
  name: 'systemd-unit',
  args,
  async plan({ name, dropIn, sections, content, source, vars, state }, host) {
    const path = dropIn === undefined ? `/etc/systemd/system/${name}` : `/etc/systemd/system/${name}.d/${dropIn}.conf`
    if (state === 'absent') return { wants: await planUnitFile(host, path, null) }
    const text = source === undefined ? (content ?? unitText(sections ?? {})) : renderTemplate(source, vars)
    if (text instanceof Content && text.secret) throw new PlaybookError(`${path} would contain a secret that everybody can read, with systemctl too.`, { hint: 'Put the secret into a file of mode 0600, and refer to that with EnvironmentFile= or LoadCredential=.' })
    const [wants] = await Promise.all([planUnitFile(host, path, text), refuseStrangers(host, sections ?? {})])
    return { wants }
  },
})
