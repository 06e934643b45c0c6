import { z } from 'zod'
import { defineModule, filePath, PlaybookError, want } from '../lib/resource.ts'
import { lookAtFile, planLink, refuseStrangeLink } from '../lib/module/plan-file.ts'
import { fileResource } from '../lib/resources/files/file.ts'

const args = z.strictObject({
  path: filePath,
  /** What the link says, absolute or relative to where it stands; it need not be there. Needed unless it is to be absent. */
  target: z.string('must be a path').min(1, 'must not be empty').refine(text => !text.includes('\0'), 'must hold no NUL').optional(),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Make missing directories above it, owned by root, mode 0755. @default false */
  parents: z.boolean('must be true or false').default(false),
  /** Let it take the place of a file or an empty directory; with `backup` of anything, which is moved to `PATH.TIME~`. @default false */
  replaceOther: z.boolean('must be true or false').default(false),
  /** Keep what is in its place, or, for `absent`, itself, as `PATH.TIME~`. @default false */
  backup: z.boolean('must be true or false').default(false),
}).refine(({ state, target }) => state === 'absent' || target !== undefined, { path: ['target'], message: 'must be given: what the link points to' })

/**
 * A symbolic link, compared by what it says, not by where it leads: a relative and an absolute spelling differ. `absent` removes a link or
 * a file. Of Ansible's `file`, hard links, and mode, owner and group of links are left out:
 * the first are the file system's own affair, modes mean nothing on Linux, and a new link is root's (`directory` with `recursive` gives links an owner).
 *
 * @example
 * symlink({ path: '/usr/local/bin/shell', target: '/bin/sh' })
 */
export const symlink = defineModule({
  name: 'symlink',
  args,
  async plan({ path, target, state, backup, ...rest }, host) {
    if (state === 'absent') {
      const { key, current } = await lookAtFile(host, { path, noFollow: true })
      if (current?.type === 'directory') throw new PlaybookError(`${path} is a directory: directory({ state: 'absent' }) removes it.`)
      refuseStrangeLink(current)
      return { wants: [want(fileResource, { ...key, backup }, null)] }
    }
    return { wants: await planLink(host, { path, noFollow: true, backup, ...rest }, target ?? '') }
  },
})
