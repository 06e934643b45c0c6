import { z } from 'zod'
import { defineModule, filePath, PlaybookError, want } from '../lib/resource.ts'
import { findFile, planLink, refuseStrangeLink } from '../lib/module/plan-file.ts'
import { fileResource } from '../lib/resources/files/file.ts'

const args = z.strictObject({
  path: filePath,
  /** The target, absolute or relative to the link; it need not exist. Required unless `absent`. */
  target: z.string('must be a path').min(1, 'must not be empty').refine(text => !text.includes('\0'), 'must not contain a NUL byte').optional(),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Create missing parent directories, owned by root, mode 0755. @default false */
  parents: z.boolean('must be true or false').default(false),
  /**
   * Replace a file or an empty directory; with `backup`, anything, which is moved to `PATH.TIME~`.
   * @default false
   */
  replaceOther: z.boolean('must be true or false').default(false),
  /**
   * Back up what is in its place or, for `absent`, the link itself, to `PATH.TIME~`.
   * @default false
   */
  backup: z.boolean('must be true or false').default(false),
}).refine(({ state, target }) => state === 'absent' || target !== undefined, { path: ['target'], message: 'must be given: what the link points to' })

/**
 * A symbolic link, compared by its target as text: a relative and an absolute spelling differ.
 * `absent` removes a link or a file. Not supported from Ansible's `file`: hard links, and mode,
 * owner and group of links: modes mean nothing on Linux, and a new link belongs to root
 * (`directory` with `recursive` sets the owner of links).
 *
 * @example
 * symlink({ path: '/usr/local/bin/shell', target: '/bin/sh' })
 */
export const symlink = defineModule({
  name: 'symlink',
  args,
  async plan({ path, target, state, backup, ...rest }, host) {
    if (state === 'absent') {
      const { key, current } = await findFile(host, { path, noFollow: true })
      if (current?.type === 'directory') throw new PlaybookError(`${path} is a directory: directory({ state: 'absent' }) removes it.`)
      refuseStrangeLink(current)
      return { wants: [want(fileResource, { ...key, backup }, null)] }
    }
    return { wants: await planLink(host, { path, noFollow: true, backup, ...rest }, target ?? '') }
  },
})
