import { readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { z } from 'zod'
import { absolutePath, defineModule, name, nameBelow, PlaybookError } from '../lib/resource.ts'
import { planOwnership } from '../lib/module/plan-file.ts'
import { findUnpacked, planUnpacked } from '../lib/module/plan-unpacked.ts'
import { findSource, sourceContent } from '../lib/module/render.ts'
import { commandResultResource, refuseIncomplete } from '../lib/resources/commands/command.ts'
import { checksumArguments, checksumOf, nameIn, url } from './download.ts'

const globs = z.array(z.string().min(1).refine(pattern => !pattern.startsWith('-'), 'must not begin with a dash'), 'must be a list of patterns, as in [\'bin/*\']').default([])

const args = z.strictObject({
  /** The directory to unpack into, which contains nothing else. */
  path: absolutePath,
  /** The URL of the archive, which the host fetches with curl. This or `source`. */
  url: url.optional(),
  /**
   * An archive on the controller, which is copied to the host; found like templates. Its own
   * checksum is used unless one is given.
   */
  source: z.string('must be the name of a file').min(1).optional(),
  ...checksumArguments,
  /** Leading path components to strip from member names. @default 0 */
  strip: z.int('must be a number').min(0).max(20).default(0),
  /**
   * Unpack only members that match one of these, by their full names in the archive; `*` also
   * stands for `/`.
   * @default []
   */
  include: globs,
  /** Do not unpack members that match one of these. @default [] */
  exclude: globs,
  /**
   * Top-level names in the directory that are not part of the archive and are kept. A name that is
   * also in the archive is an error.
   * @default []
   */
  keep: z.array(nameBelow.refine(one => !/[*?[\]\\]/.test(one) && !one.startsWith('.stead-archive'), 'must be a name without wildcards that does not begin with .stead-archive')).default([]),
  /** @default 'root' */
  owner: name.optional(),
  /** @default 'root', or the owner's own */
  group: name.optional(),
  /**
   * Symbolic, for both files and directories.
   * @default as in the archive, without setuid, setgid and the bits of umask 022
   */
  mode: z.string().regex(/^[ugoa]*[-+=][rwxXugo]*(,[ugoa]*[-+=][rwxXugo]*)*$/, 'must be symbolic, as in \'u=rwX,go=rX\'').optional(),
  /** Do nothing where this path exists and is not an empty file. */
  creates: absolutePath.optional(),
  /** Replace a directory with other content. @default false */
  replaceOther: z.boolean('must be true or false').default(false),
}).superRefine(({ url: from, source, sha256, checksums, include, exclude, path }, context) => {
  const issue = (argument: string, message: string) => context.addIssue({ code: 'custom', path: [argument], message })
  if ((from === undefined) === (source === undefined)) issue('url', 'must be given, or else source')
  if (from !== undefined && (sha256 === undefined) === (checksums === undefined)) issue('sha256', 'must be given, or else checksums')
  if (include.length && exclude.length) issue('exclude', 'must not be given together with include')
  if (path === '/') issue('path', 'must not be the root directory')
})

/**
 * An archive (tar, plain or with gzip, xz, bzip2, zstd; zip) unpacked into a directory of its own.
 * Its member list is read first: an archive with a member outside the destination, a link that
 * leads out, or a device is refused, excluded or not. It is unpacked next to the directory and
 * swapped in atomically. Files deleted, edited or added by hand are drift, which a check lists by
 * name, and so is another selection. A wrong checksum, an interrupted download, or a mount at or
 * below the directory (which cannot be swapped) leaves everything as it was. Not supported from
 * Ansible's `unarchive`: `extra_opts`, `io_buffer_size`, `list_files`, `keep_newer` and unpacking
 * among other files (use a link instead). `copy` is obsolete, `remote_src` is a `file:` URL,
 * `decrypt` is for Ansible's vault, and certificates are always checked.
 *
 * @example
 * apt({ packages: ['curl'] })
 * file({ path: '/srv/hello/greeting', content: 'Hello.\n', mode: '0644', parents: true })
 * command({ argv: ['tar', '--format=gnu', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '-C', '/srv', '-cf', '/srv/hello.tar', 'hello/greeting'], creates: '/srv/hello.tar' })
 * archive({ path: '/opt/hello', url: 'file:///srv/hello.tar', sha256: '40cb03f257e1d4df3d2a57c5e6800082f2f210002f6e040bb121c8f142d34e16', strip: 1 })
 */
export const archive = defineModule({
  name: 'archive',
  args,
  async plan({ path, url: from, source, sha256, checksums, strip, include, exclude, keep, owner, group, mode, creates, replaceOther, socks }, host) {
    const given = source === undefined ? undefined : (await sourceContent(source)).content.sha256
    const sum = sha256 === undefined && checksums === undefined && given ? given : await checksumOf({ sha256, checksums }, source === undefined ? nameIn(from ?? '') : posix.basename(source))
    if (given && given !== sum) throw new PlaybookError(`The checksum of ${source ?? ''} is ${given} but should be ${sum}.`, { hint: 'Fetch the archive again, or correct the checksum if you know better.' })
    const key = {
      directory: path, keep, strip, include, exclude, owner, group, mode, replaceOther,
      source: source === undefined ? { url: from ?? '', socks } : { bytes: () => readFileSync(findSource(source)) },
    }
    const [made, found] = await Promise.all([
      creates === undefined ? null : host.current(commandResultResource, { argv: [], creates }), findUnpacked(host, key), planOwnership(host, owner, group),
    ])
    refuseIncomplete({ argv: [], creates }, made)
    if (made) return { wants: [] }
    return { wants: planUnpacked(found, { sha256: sum, selection: JSON.stringify({ strip, include, exclude, owner: owner ?? 'root', group, mode }) }) }
  },
})
