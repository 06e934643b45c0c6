import { posix } from 'node:path'
import { z } from 'zod'
import { Content } from '../../state/content.ts'
import type { Made, SideEffect } from '../../state/forecast.ts'
import type { Resource } from '../../state/resource.ts'
import { unitsOfFile } from '../systemd/unit-foretold.ts'
import { LARGEST_FETCHED, readFiles } from './file-read.ts'
import { needsCurl, writeFile } from './file-write.ts'

/** A path, and what to read and to do there. */
export interface FileKey {
  path: string
  /**
   * Read the content: `always` (to edit it, at any size), or to compare and show it, unless it
   * already has this checksum or is large. Omitted: not even the checksum.
   */
  content?: 'always' | { unless: string }
  /** Check whether a directory is empty. */
  held?: boolean
  /** Look for a mount point at or below it. */
  mounts?: boolean
  /** Read a symbolic link itself instead of its target. */
  noFollow?: boolean
  /**
   * A command that must accept the new content before it goes live; `%s` is the path of the new
   * file.
   */
  validate?: readonly string[]
  /** Create missing directories above it, owned by root, mode 0755. */
  parents?: boolean
  /**
   * Allow it to replace a file, a link or an empty directory; with `backup`, anything, which is
   * moved aside.
   */
  replaceOther?: boolean
  /** Remove a directory with everything in it. */
  recursive?: boolean
  /** Keep what is replaced, next to it, with a time in its name. */
  backup?: boolean
  /**
   * Write into the existing file instead of replacing it: keeps hard links, and works on a mount
   * point; not atomic.
   */
  inPlace?: boolean
  /**
   * Where the content comes from if only its checksum is known: a local file, or a URL that the
   * host downloads.
   */
  source?: { file: string } | { url: string; socks?: string }
  /**
   * The desired content was made from the whole current content (a line was edited), or only from a
   * part of its own (a marked block).
   */
  madeFrom?: 'what is there' | 'its own'
}

export interface FileState {
  readonly [field: string]: string | boolean | Content | undefined
  type: 'file' | 'directory' | 'link' | 'other'
  mode?: string
  owner?: string
  group?: string
  content?: Content
  /** The session fetches no contents that are only shown, so only size and checksum are known. */
  unsent?: true
  /** The target of a link, as it is written there. */
  target?: string
  /** A broken link. */
  dangling?: boolean
  /** Whether a directory is empty, if requested. */
  empty?: boolean
  /** The first mount point at or below it, if requested; '' if there is none. */
  mount?: string
  /** Whether it is that mount point itself. */
  mounted?: boolean
  /** Its path without links, if that is different. */
  real?: string
  /**
   * A link on the way to it whose owner is neither root nor the owner of its target: it may be an
   * attack.
   */
  strangeLink?: string
}

const schema = z.object({
  type: z.enum(['file', 'directory', 'link']),
  mode: z.string().regex(/^[0-7]{4}$/).optional(),
  owner: z.string().min(1).optional(),
  group: z.string().min(1).optional(),
  content: z.custom<Content>(value => value instanceof Content, 'must be content').optional(),
  target: z.string().min(1).optional(),
})

export type FileDesired = z.infer<typeof schema>

/**
 * What is at a path: a file, a directory or a symbolic link. Sources: stat(1), readlink(1),
 * sha256sum(1), mktemp(1), rename(2), acl(5).
 *
 * A file is written next to its target, gets the owner, mode, ACL and extended attributes of the
 * old one, is checked and synced, and then renamed into place. Through a symbolic link the target
 * is written and the link stays. Other hard links of a file keep the old content, unless it is
 * written in place. A unit file of systemd is followed by one daemon-reload, in the same frame.
 */
export const fileResource: Resource<FileKey, FileState, FileDesired> = {
  kind: 'file',
  schema,
  identify: ({ path }) => path,
  aspect: ({ noFollow }) => (noFollow ? 'itself' : 'followed'),
  read: readFiles,
  apply: writeFile,
  answers: (state, { content, held, mounts }) => {
    if (mounts && state.mount === undefined) return false
    if (held && state.type === 'directory' && state.empty === undefined) return false
    if (content === undefined || state.type !== 'file') return true
    if (state.content === undefined) return false
    if (state.content.bytes !== undefined) return true
    return content !== 'always' && (state.unsent === true || state.content.size > LARGEST_FETCHED || content.unless === state.content.sha256)
  },
  madeFrom: key => key.madeFrom,
  standsAlone: (key, current, desired) => desired !== null && desired.type !== 'link' && (current === null || current.type === desired.type)
    && !key.madeFrom && !key.inPlace && !key.source && !key.replaceOther && !key.noFollow && !key.validate && !accountFiles.has(key.path),
  forecast: {
    defaults: (_key, { type }) => (type === 'link' ? {} : { mode: type === 'directory' ? '0755' : '0644', owner: 'root', group: 'root', ...(type === 'file' ? { content: Content.of('') } : {}) }),
    sideEffects: (key, desired, current) => [...whatIsBelow(key.path, desired, current), ...(key.parents || desired?.type === 'directory' ? directoriesAbove(key.path) : []), ...unitsOfFile(key.path, desired, current), ...listsOfSource(key.path)],
    needs: ({ source }, current, desired) => (source && 'url' in source && desired?.content && !(current?.content && desired.content.equals(current.content)) ? needsCurl : []),
    mayComeWithPackage: (key, desired) => desired === null || desired.type === 'directory' || key.madeFrom === 'what is there' || (desired.type === 'file' && desired.content === undefined),
    mayChangeWith: (_key, made, current) => current !== null && renamesOwner(made, current),
  },
}

/** Where names of users and groups are looked up, on which the owners of other files depend. */
const accountFiles = new Set(['/etc/passwd', '/etc/group', '/etc/shadow', '/etc/gshadow', '/etc/nsswitch.conf'])

/** Whether the number of an account changes, so that its files now show another owner. */
function renamesOwner({ kind, name, before, after }: Made, { owner, group }: FileState): boolean {
  if (kind !== 'user' && kind !== 'group') return false
  const id = kind === 'user' ? 'uid' : 'gid'
  const shown = kind === 'user' ? owner : group
  if (before === null) return shown !== undefined && /^\d+$/.test(shown)
  return shown === name && (after === null || (after[id] !== undefined && after[id] !== before[id]))
}

/**
 * If a path becomes something else, so does everything below it: it is that of a link's target,
 * which only the host knows, or nothing.
 */
function whatIsBelow(path: string, desired: FileDesired | null, current: FileState | null): SideEffect[] {
  if (desired?.type === 'link' && (current?.type !== 'link' || current.target !== desired.target)) return [{ kind: 'file', identity: path, below: true, leadsTo: posix.resolve(posix.dirname(path), desired.target ?? '') }]
  const goes = current !== null && (desired === null ? current.type === 'directory' || current.type === 'link' : current.type !== desired.type)
  return goes ? [{ kind: 'file', identity: path, below: 'gone' }] : []
}

/** After a change of a source, apt's lists are out of date. */
function listsOfSource(path: string): SideEffect[] {
  return path.startsWith('/etc/apt/sources.list') ? [{ kind: 'package-candidate', identity: '*', state: {}, change: now => ({ ...now, fresh: false }) }] : []
}

/** The directories above a path, which are created if they are missing. */
export function directoriesAbove(path: string): SideEffect[] {
  return above(path).map(identity => ({ kind: 'file', identity, state: { type: 'directory', mode: '0755', owner: 'root', group: 'root' }, whereMissing: true }))
}

/** The directories above a path, except the root. @example above('/a/b/c') // ['/a', '/a/b'] */
function above(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}
