import { z } from 'zod'
import { defineModule, fileAttributeArguments, filePath, PlaybookError, Secret, validateArgument, want } from '../lib/resource.ts'
import { lookAtFile, planFile, refuseStrangeLink } from '../lib/module/plan-file.ts'
import { contentOf, sourceContent } from '../lib/module/render.ts'
import { fileResource } from '../lib/resources/files/file.ts'

/** Arguments of a file that is written whole, whatever its content is made from. */
export const writtenFileArguments = {
  ...fileAttributeArguments,
  /** A command that must accept the new content before it goes live; `%s`, also within a word, stands for the file. */
  validate: validateArgument,
  /** Make missing directories above it, owned by root, mode 0755. @default false */
  parents: z.boolean('must be true or false').default(false),
  /** Where path is a symbolic link, write what it leads to; else put a file in the place of the link. @default true */
  follow: z.boolean('must be true or false').default(true),
  /** Keep what is replaced, with its mode and owner, as `PATH.TIME~`. @default false */
  backup: z.boolean('must be true or false').default(false),
  /** Let it take the place of a link or an empty directory; with `backup` of anything, which is moved to `PATH.TIME~`. @default false */
  replaceOther: z.boolean('must be true or false').default(false),
  /** Write into the file that is there: keeps its hard links and works where it is a mount point, and is not atomic. @default false */
  inPlace: z.boolean('must be true or false').default(false),
}

const args = z.strictObject({
  path: filePath,
  /** What it holds; a secret is written and never shown. @default as it is, empty for a new file */
  content: z.union([z.string(), z.instanceof(Uint8Array), z.instanceof(Secret)], 'must be text, bytes or a secret').optional(),
  /** A file of the controller to copy: a path, or a name that is looked for as templates are. Instead of `content`. */
  source: z.string('must be the name of a file').min(1, 'must name a file').optional(),
  /** false: a file that is there keeps its content, whatever it is (Ansible's `force: false`); a link is no file where `follow` is false. @default true */
  replace: z.boolean('must be true or false').default(true),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  ...writtenFileArguments,
}).refine(({ content, source }) => content === undefined || source === undefined, { path: ['source'], message: 'must not be given together with content' })

/**
 * A file with its content, owner and mode. It is replaced as a whole, never seen half written; owner, mode, ACL and extended attributes
 * that are not named stay. Other hard links of it keep the old content, unless `inPlace`. Files only: see `directory` and `symlink`.
 *
 * Of Ansible's `file` and `copy`: `touch` is left out, since it is an event and no state; so are directories as `source` (see
 * `archive`), `mode: preserve`, `remote_src`, `unsafe_writes` (see
 * `inPlace`) and a `dest` that is a directory: `path` is the file's own. A missing file without content is made empty. Left out are also
 * `checksum` (what is written is read back), `directory_mode`, `local_follow`, `decrypt`, `attributes` (an immutable file is an error that
 * says so) and `se…`: Debian has no SELinux unless one makes it so.
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
      const { key: found, current } = await lookAtFile(host, removed)
      if (current?.type === 'directory') throw new PlaybookError(`${path} is a directory: directory({ state: 'absent' }) removes it.`)
      refuseStrangeLink(current)
      return { wants: [want(fileResource, found, null)] }
    }
    const wanted = { path, content: given.content && { unless: given.content.askedBy }, noFollow: !follow, source: given.source, madeFrom: replace ? undefined : 'what is there' as const, ...key }
    return { wants: await planFile(host, wanted, { type: 'file', owner, group, mode }, current => (!replace && current?.type === 'file' ? undefined : given.content)) }
  },
})
