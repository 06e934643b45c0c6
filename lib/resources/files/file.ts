import { posix } from 'node:path'
import { z } from 'zod'
import { Content } from '../../state/content.ts'
import type { Made, SideEffect } from '../../state/forecast.ts'
import type { Resource } from '../../state/resource.ts'
import { unitsOfFile } from '../systemd/unit-foretold.ts'
import { LARGEST_FETCHED, readFiles } from './file-read.ts'
import { needsCurl, writeFile } from './file-write.ts'

/** A path, and what of it is to be read or minded. */
export interface FileKey {
  path: string
  /**
   * Read the content: `always` (to edit it, at any size), or to compare and show it, unless it has this checksum already or is large.
   * Left out: not even the checksum.
   */
  content?: 'always' | { unless: string }
  /** Look whether a directory is empty. */
  held?: boolean
  /** Look for a mount point at it or below. */
  mounts?: boolean
  /** Look at a symbolic link itself instead of what it points to. */
  noFollow?: boolean
  /** A command that must accept the new content before it goes live; `%s` is the path of the new file. */
  validate?: readonly string[]
  /** Make missing directories above it, owned by root, mode 0755. */
  parents?: boolean
  /** Let it take the place of a file, a link or an empty directory; with `backup`, of anything, which is moved aside. */
  replaceOther?: boolean
  /** Remove a directory with all it holds. */
  recursive?: boolean
  /** Keep what is replaced, beside it, with a time in its name. */
  backup?: boolean
  /** Write into the file that is there instead of replacing it: keeps hard links, and works on a mount point; not atomic. */
  inPlace?: boolean
  /** Where the content comes from when it is known by its checksum alone: a file of the controller, or a URL that the host fetches. */
  source?: { file: string } | { url: string; socks?: string }
  /** The desired content was made from what is there (a line was edited), or from that and what is its own alone (a marked block). */
  madeFrom?: 'what is there' | 'its own'
}

export interface FileState {
  readonly [field: string]: string | boolean | Content | undefined
  type: 'file' | 'directory' | 'link' | 'other'
  mode?: string
  owner?: string
  group?: string
  content?: Content
  /** What a link says, as it stands there. */
  target?: string
  /** A link that leads nowhere. */
  dangling?: boolean
  /** Whether a directory is empty, where that was asked. */
  empty?: boolean
  /** The first mount point at it or below, where that was asked; empty where there is none. */
  mount?: string
  /** It is that mount point itself. */
  mounted?: boolean
  /** Its path without links, where that is another one. */
  real?: string
  /** On the way to it, a link of somebody who is neither root nor the owner of what that leads to, and who may thus be up to something. */
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
 * What is at a path: a file, a directory or a symbolic link. Sources: stat(1), readlink(1), sha256sum(1), mktemp(1), rename(2), acl(5).
 *
 * A file is written beside its target, given the owner, mode, ACL and extended attributes of the old one, checked, synced, then renamed
 * into place. Through a symbolic link the target is written and the link stays. Other hard links of a file keep the old bytes, unless it
 * is written in place. A unit file of systemd is followed by one daemon-reload, in the same frame.
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
    return content !== 'always' && (state.content.size > LARGEST_FETCHED || content.unless === state.content.sha256)
  },
  madeFrom: key => key.madeFrom,
  forecast: {
    defaults: (_key, { type }) => (type === 'link' ? {} : { mode: type === 'directory' ? '0755' : '0644', owner: 'root', group: 'root', ...(type === 'file' ? { content: Content.of('') } : {}) }),
    sideEffects: (key, desired, current) => [...whatIsBelow(key.path, desired, current), ...(key.parents || desired?.type === 'directory' ? directoriesAbove(key.path) : []), ...unitsOfFile(key.path, desired, current), ...listsOfSource(key.path)],
    needs: ({ source }, current, desired) => (source && 'url' in source && desired?.content && !(current?.content && desired.content.equals(current.content)) ? needsCurl : []),
    mayComeWithPackage: (key, desired) => desired === null || desired.type === 'directory' || key.madeFrom === 'what is there' || (desired.type === 'file' && desired.content === undefined),
    mayChangeWith: (_key, made, current) => current !== null && renamesOwner(made, current),
  },
}

/** Whether the number of an account changes, so that files that are its own now show another owner. */
function renamesOwner({ kind, name, before, after }: Made, { owner, group }: FileState): boolean {
  if (kind !== 'user' && kind !== 'group') return false
  const id = kind === 'user' ? 'uid' : 'gid'
  const shown = kind === 'user' ? owner : group
  if (before === null) return shown !== undefined && /^\d+$/.test(shown)
  return shown === name && (after === null || (after[id] !== undefined && after[id] !== before[id]))
}

/** A path that leads elsewhere has other things below it: those of a link's target, which only the host knows, or none. */
function whatIsBelow(path: string, desired: FileDesired | null, current: FileState | null): SideEffect[] {
  if (desired?.type === 'link' && (current?.type !== 'link' || current.target !== desired.target)) return [{ kind: 'file', identity: path, below: true, leadsTo: posix.resolve(posix.dirname(path), desired.target ?? '') }]
  const goes = current !== null && (desired === null ? current.type === 'directory' || current.type === 'link' : current.type !== desired.type)
  return goes ? [{ kind: 'file', identity: path, below: 'gone' }] : []
}

/** apt's lists are older than a source that changes. */
function listsOfSource(path: string): SideEffect[] {
  return path.startsWith('/etc/apt/sources.list') ? [{ kind: 'package-candidate', identity: '*', state: {}, change: now => ({ ...now, fresh: false }) }] : []
}

/** What is made above a path where it is missing. */
export function directoriesAbove(path: string): SideEffect[] {
  return above(path).map(identity => ({ kind: 'file', identity, state: { type: 'directory', mode: '0755', owner: 'root', group: 'root' }, whereMissing: true }))
}

/** The directories above a path, but for the root. @example above('/a/b/c') // ['/a', '/a/b'] */
function above(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}
