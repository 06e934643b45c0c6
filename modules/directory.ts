import { z } from 'zod'
import { absolutePath, defineModule, fileAttributeArguments, PlaybookError, want } from '../lib/resource.ts'
import { findFile, planFile, refuseStrangeLink } from '../lib/module/plan-file.ts'
import { fileResource } from '../lib/resources/files/file.ts'
import { treeResource } from '../lib/resources/files/tree.ts'

const args = z.strictObject({
  path: absolutePath,
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  ...fileAttributeArguments,
  /**
   * Octal, or symbolic as in chmod(1), applied to the current mode; `X` is for directories only.
   * @default as it is, 0755 for a new one
   */
  mode: fileAttributeArguments.mode,
  /**
   * Set owner, group and mode of everything below it too, without following links; for `absent`,
   * remove it even when it is not empty.
   * @default false
   */
  recursive: z.boolean('must be true or false').default(false),
  /** Replace a file or a link; with `backup`, that is moved to `PATH.TIME~`. @default false */
  replaceOther: z.boolean('must be true or false').default(false),
  /** Back up what is in its place or, for `absent`, the directory itself. @default false */
  backup: z.boolean('must be true or false').default(false),
}).superRefine(({ path, state, recursive, mode }, context) => {
  if (path === '/' && state === 'absent') context.addIssue({ code: 'custom', path: ['path'], message: 'must not be the root directory' })
  if (recursive && state === 'present' && mode !== undefined && /^\d+$/.test(mode)) {
    context.addIssue({ code: 'custom', path: ['mode'], message: 'must be symbolic where it is recursive, as in \'u=rwX,go=rX\': files and directories cannot have the same octal one' })
  }
})

/**
 * A directory. Missing parents are created too, owned by root, mode 0755. A symbolic link to a
 * directory counts as a directory; a dangling one is an error. An octal mode also sets the setuid,
 * setgid and sticky bits. Not supported from Ansible's `file`: `touch` and times (events, not
 * states), and following links in recursion, which would change files elsewhere.
 *
 * @example
 * directory({ path: '/srv/data', owner: 'www-data', group: 'www-data', mode: '0750' })
 */
export const directory = defineModule({
  name: 'directory',
  args,
  async plan({ path, state, owner, group, mode, recursive, replaceOther, backup }, host) {
    if (state === 'absent') {
      const { key, current } = await findFile(host, { path, noFollow: true, held: !recursive && !backup, mounts: true })
      if (current && current.type !== 'directory') throw new PlaybookError(`${path} is not a directory: file({ state: 'absent' }) removes it.`)
      refuseStrangeLink(current)
      if (current?.mount && (current.mounted || (recursive && !backup))) throw new PlaybookError(`${current.mount} is a mount point, and mounts are never removed.`, { hint: 'Unmount it first. Nothing was removed.' })
      if (current?.empty === false && !recursive && !backup) throw new PlaybookError(`${path} is not empty.`, { hint: 'Set recursive: true to remove everything in it, or backup: true to move it aside.' })
      return { wants: [want(fileResource, { path: key.path, recursive, backup, noFollow: true }, null)] }
    }
    const below = recursive && (owner ?? group ?? mode) !== undefined ? { path, owner, group, mode } : undefined
    const [itself] = await Promise.all([planFile(host, { path, replaceOther, backup }, { type: 'directory', owner, group, mode }), below && host.current(treeResource, below)])
    const settled = itself.at(-1)?.desired
    return { wants: below ? [...itself, want(treeResource, { ...below, owner: word(settled?.owner), group: word(settled?.group) }, { entries: [] })] : itself }
  },
})

function word(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
