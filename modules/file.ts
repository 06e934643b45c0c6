import { z } from 'zod'
import { defineModule, fileAttributeArguments, filePath, PlaybookError, Secret, validateArgument, want } from '../lib/resource.ts'
import { findFile, planFile, refuseStrangeLink } from '../lib/module/plan-file.ts'
import { contentOf, sourceContent } from '../lib/module/render.ts'
import { fileResource } from '../lib/resources/files/file.ts'

/** Arguments of modules that write a whole file, wherever its content comes from. */
export const writtenFileArguments = {
  ...fileAttributeArguments,
  /**
   * A command that must accept the new content before it goes live; `%s`, also within a word, is
   * the file.
   */
  validate: validateArgument,
  /** Create missing parent directories, owned by root, mode 0755. @default false */
  parents: z.boolean('must be true or false').default(false),
  /**
   * Where path is a symbolic link, write to its target; false replaces the link with a file.
   * @default true
   */
  follow: z.boolean('must be true or false').default(true),
  /** Back up what is replaced, with its mode and owner, to `PATH.TIME~`. @default false */
  backup: z.boolean('must be true or false').default(false),
  /**
   * Replace a link or an empty directory; with `backup`, anything, which is moved to `PATH.TIME~`.
   * @default false
   */
  replaceOther: z.boolean('must be true or false').default(false),
  /**
   * Write into the existing file: this keeps hard links and works on a mount point, but is not
   * atomic.
   * @default false
   */
  inPlace: z.boolean('must be true or false').default(false),
}

const args = z.strictObject({
  path: filePath,
  /** Its content; a secret is written but never shown. @default as it is, empty for a new file */
  content: z.union([z.string(), z.instanceof(Uint8Array), z.instanceof(Secret)], 'must be text, bytes or a secret').optional(),
  /**
   * A file on the controller to copy: a path, or a name that is found like templates. Instead of
   * `content`.
   */
  source: z.string('must be the name of a file').min(1, 'must name a file').optional(),
  /**
   * false: an existing file keeps its content (Ansible's `force: false`); with `follow: false` a
   * link does not count as one.
   * @default true
   */
  replace: z.boolean('must be true or false').default(true),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  ...writtenFileArguments,
}).refine(({ content, source }) => content === undefined || source === undefined, { path: ['source'], message: 'must not be given together with content' })

/**
 * A file with its content, owner and mode. It is replaced atomically; owner, mode, ACL and extended
 * attributes that are not given stay the same. Other hard links keep the old content, unless
 * `inPlace` is true. For files only: see `directory` and `symlink`.
 *
 * Not supported from Ansible's `file` and `copy`: `touch` (an event, not a state), directories as
 * `source` (see `archive`), `mode: preserve`, `remote_src`, `unsafe_writes` (see `inPlace`) a
 * `dest` that is a directory (`path` is the file's own), `checksum` (what is written is read back),
 * `directory_mode`, `local_follow`, `decrypt`, `attributes` (an immutable file gives a clear error)
 * and `se…` (Debian does not enable SELinux). A missing file without content is created empty.
 *
 * @example
 * file({ path: '/etc/motd', content: 'Welcome.\n', mode: '0644' })
 */
export const file = defineModule({
  name: 'file',
  args,
  async plan({ path, content: text, source: name, replace, state, owner, group, mode, follow, ...key }, host) {
    const given = name === undefined ? { content: text === undefined ? undefined : contentOf(text), source: undefined } : await sourceContent(name)
    if (state === 'absent') {
      const removed = { path, noFollow: true, backup: key.backup, content: { unless: '' } }
      const { key: found, current } = await findFile(host, removed)
      if (current?.type === 'directory') throw new PlaybookError(`${path} is a directory: directory({ state: 'absent' }) removes it.`)
      refuseStrangeLink(current)
      return { wants: [want(fileResource, found, null)] }
    }
    const wanted = { path, content: given.content && { unless: given.content.askedBy }, noFollow: !follow, source: given.source, madeFrom: replace ? undefined : 'what is there' as const, ...key }
    return { wants: await planFile(host, wanted, { type: 'file', owner, group, mode }, current => (!replace && current?.type === 'file' ? undefined : given.content)) }
  },
})
