import { z } from 'zod'
import { defineModule, fileMode, filePath, name, PlaybookError, want } from '../lib/resource.ts'
import { planFile, refuseStrangeLink } from '../lib/module/plan-file.ts'
import { fileResource } from '../lib/resources/files/file.ts'
import { secretResource } from '../lib/resources/files/secret.ts'

const args = z.strictObject({
  path: filePath,
  /** Its alphabet: hexadecimal digits, base64, or letters and digits. @default 'hex' */
  format: z.enum(['hex', 'base64', 'alnum'], 'must be \'hex\', \'base64\' or \'alnum\'').default('hex'),
  /** Characters; a newline follows them. @default 64 */
  length: z.int('must be a whole number').min(32, 'must be 32 or more: fewer can be guessed').max(8192, 'must be 8192 or less').default(64),
  /** `absent` removes it, or a file or link in its place. @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** @default 'root' */
  owner: name.default('root'),
  /** @default 'root' */
  group: name.default('root'),
  /** @default '0600' */
  mode: fileMode.default('0600'),
})

/**
 * A random secret, generated once on the host, where it stays: stead never reads it, and format and
 * length matter only when it is generated. A symbolic link in its place is an error. Neither
 * Ansible nor pyinfra has a module for it: they generate passwords on the controller. Source:
 * random(4).
 *
 * @example
 * generatedSecret({ path: '/etc/session.secret', format: 'alnum', length: 40, group: 'www-data', mode: '0640' })
 */
export const generatedSecret = defineModule({
  name: 'generated-secret',
  args,
  async plan({ path, format, length, state, owner, group, mode }, host) {
    const key = { path, format, length }
    if (state === 'absent') {
      const [secret, itself] = await Promise.all([host.current(secretResource, key), host.current(fileResource, { path, noFollow: true })])
      refuseStrangeLink(itself)
      if (itself?.type === 'directory') throw new PlaybookError(`${path} is a directory: directory({ state: 'absent' }) removes it.`)
      return { wants: [secret === null && itself ? want(fileResource, { path, noFollow: true }, null) : want(secretResource, key, null)] }
    }
    // The directory and the accounts are checked as for any file, and accounts given by number are
    // resolved to names.
    const planning = planFile(host, { path }, { type: 'file', owner, group, mode })
    planning.catch(() => undefined)
    const [itself] = await Promise.all([host.current(fileResource, { path, noFollow: true }), host.current(secretResource, key)])
    if (itself?.type === 'link') throw new PlaybookError(`${path} is a symbolic link, and its target does not count as the secret.`, { hint: 'Remove the link, and the secret is generated; or use the path of its target.' })
    const found = (await planning).at(-1)?.desired
    const text = (value: unknown, given: string) => (typeof value === 'string' ? value : given)
    return { wants: [want(secretResource, key, { owner: text(found?.owner, owner), group: text(found?.group, group), mode: text(found?.mode, mode) })] }
  },
})
