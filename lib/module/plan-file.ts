import { posix } from 'node:path'
import { PlaybookError, type Way } from '../errors.ts'
import { groupResource } from '../resources/users/group.ts'
import { userResource } from '../resources/users/user.ts'
import { fileResource, type FileDesired, type FileKey, type FileState } from '../resources/files/file.ts'
import { wrongType } from '../resources/files/file-write.ts'
import { accountNumberResource } from '../resources/users/account-number.ts'
import type { Content } from '../state/content.ts'
import { changeMode } from '../resources/files/file-mode.ts'
import { want, type HostView, type Want } from '../playbook/module.ts'

/** How many links are followed before they count as a loop, as in path_resolution(7). */
const MAX_LINKS = 40

/** A desired file or directory whose mode may still be symbolic, and whose owner a number. */
export interface RequestedFile extends FileDesired {
  type: 'file' | 'directory'
}

/**
 * Reads a file as it will be found: in check mode, a link that this run creates is followed. Once a
 * check has foretold something, a missing path is also looked up with its links resolved: an
 * earlier task may have created it under another path.
 */
export async function findFile(host: HostView, key: FileKey, { held = false, links = 0 } = {}): Promise<{ key: FileKey; current: FileState | null }> {
  const current = await host.current(fileResource, held ? { ...key, held } : key)
  if (current === null && links < MAX_LINKS && host.foretold?.()) {
    const path = await realPath(host, key.path)
    return path === key.path ? { key, current } : findFile(host, { ...key, path }, { held, links: links + 1 })
  }
  if (key.noFollow || current?.type !== 'link' || current.dangling || current.target === undefined || links === MAX_LINKS) return { key, current }
  return findFile(host, { ...key, path: posix.resolve(posix.dirname(key.path), current.target) }, { held, links: links + 1 })
}

/** A missing path with the links on the way resolved. */
async function realPath(host: HostView, path: string): Promise<string> {
  const parent = posix.dirname(path)
  if (parent === path) return path
  const state = await host.current(fileResource, { path: parent })
  const real = state === null ? await realPath(host, parent) : state.real
  return real === undefined ? path : posix.join(real, posix.basename(path))
}

/**
 * Plans a file or a directory: missing directories above it, then the thing itself. Reads
 * everything in one tick: the path, what is above it, and whether owner and group exist. A user
 * created by an earlier task exists, in check mode too.
 *
 * @param content computes the content from what is there now.
 * @throws PlaybookError for what could not be applied: something of another type in the way, a
 * missing directory or user.
 */
export async function planFile(host: HostView, requested: FileKey, attributes: RequestedFile, content?: (current: FileState | null) => Content | undefined | 'nothing to do'): Promise<Want[]> {
  const [{ key, current }, above, owner, groupName] = await Promise.all([
    findFile(host, requested, { held: requested.replaceOther && !requested.backup }),
    findParents(host, requested.path, requested.parents || attributes.type === 'directory'),
    accountName(host, 'passwd', attributes.owner),
    accountName(host, 'group', attributes.group),
  ])
  refuseStrangeLink(current)
  const found = content?.(current)
  if (found === 'nothing to do') return []
  const desired = { ...attributes, content: content ? found : attributes.content }
  const replacesLink = current?.type === 'link' && requested.noFollow && desired.type === 'file' && desired.content !== undefined
  if (current && current.type !== desired.type && !requested.replaceOther && !replacesLink) throw new PlaybookError(wrongType(requested.path, current, desired.type), { ways: [replacing] })
  if (current?.type !== desired.type) refuseFullDirectory(requested, current)
  const missing = missingParents(above, host)
  refuseOtherOwner(host, requested.path, owner ?? desired.owner, current)
  if (owner === null && current?.owner !== desired.owner) throw noSuch('user', desired.owner)
  if (groupName === null && current?.group !== desired.group) throw noSuch('group', desired.group)
  const isDirectory = desired.type === 'directory'
  // Anything new in a setgid directory gets its group, and a new directory is setgid itself.
  const parent = above.at(-1)?.state
  const inherits = current?.type !== desired.type && parent?.type === 'directory' && /^[2367]/.test(parent.mode ?? '')
  const usual = isDirectory ? (inherits ? '2755' : '0755') : '0644'
  const asked = desired.mode ?? (inherits && isDirectory ? usual : undefined)
  const mode = asked && changeMode(asked, current?.type === desired.type ? (current.mode ?? '0000') : usual, isDirectory)
  return [
    ...missing,
    want(fileResource, key, { ...desired, mode, owner: owner ?? desired.owner, group: groupName ?? desired.group ?? (inherits ? parent.group : undefined) }),
  ]
}

/**
 * Plans a symbolic link with the missing directories above it.
 * @throws PlaybookError for what could not be applied.
 */
export async function planLink(host: HostView, key: FileKey, target: string): Promise<Want[]> {
  const [{ key: found, current }, above] = await Promise.all([findFile(host, key, { held: key.replaceOther && !key.backup }), findParents(host, key.path, key.parents)])
  refuseStrangeLink(current)
  if (current && current.type !== 'link' && !key.replaceOther) throw new PlaybookError(wrongType(key.path, current, 'link'), { ways: [replacing] })
  refuseFullDirectory(key, current)
  return [...missingParents(above, host), want(fileResource, found, { type: 'link', target })]
}

const replacing: Way = { argument: 'replaceOther', hint: 'Or set replaceOther: true to replace it.' }

function refuseFullDirectory({ path, backup }: FileKey, current: FileState | null): void {
  if (current?.empty === false && !backup) throw new PlaybookError(`${path} is a directory that is not empty.`, { hint: 'Remove it first (directory).', ways: [{ argument: 'backup', hint: 'Or set backup: true to move it aside.' }] })
}

/** Plans the missing directories above a path: owned by root, mode 0755. */
export async function planParents(host: HostView, path: string): Promise<Want[]> {
  return missingParents(await findParents(host, path, true), host)
}

/**
 * The current directories above a path: all of them, or if none should be created, only the
 * nearest.
 */
async function findParents(host: HostView, path: string, make = false): Promise<{ path: string; state: FileState | null; make: boolean }[]> {
  const above = ancestorsOf(path)
  return Promise.all((make ? above : above.slice(-1)).map(async parent => {
    const { key, current } = await findFile(host, { path: parent })
    return { path: current ? parent : key.path, state: current, make }
  }))
}

/**
 * The directories to create.
 * @throws PlaybookError if one is missing and should not be created, or is not a directory.
 */
function missingParents(above: Awaited<ReturnType<typeof findParents>>, host: HostView): Want[] {
  return above.flatMap(({ path, state, make }) => {
    refuseStrangeLink(state)
    if (state && state.type !== 'directory') throw new PlaybookError(wrongType(path, state, 'directory'))
    if (!state && !make && !host.packagesPending()) throw new PlaybookError(`The directory ${path} does not exist.`, { hint: 'Create it in an earlier task (directory).', ways: [{ argument: 'parents', hint: 'Or set parents: true.' }, { argument: 'create', hint: 'Or set create: true, which also creates the file.' }] })
    if (!state && make) refuseOtherOwner(host, path, 'root', null)
    return state || !make ? [] : [want(fileResource, { path }, { type: 'directory', mode: '0755', owner: 'root', group: 'root' })]
  })
}

/**
 * Only root can change the owner of a file (chown(2)), so with `become` another owner is an error.
 * @throws PlaybookError, in check mode too.
 */
function refuseOtherOwner({ become }: HostView, path: string, owner: string | undefined, current: FileState | null): void {
  if (become === undefined || become === 'root' || owner === undefined || owner === become || current?.owner === owner) return
  throw new PlaybookError(`${path} should belong to ${owner}, but ${become} writes it, and only root can set another owner.`, { hint: 'Remove become, so that root writes it, or remove owner.' })
}

/**
 * Like fs.protected_symlinks of proc(5), but for every link on the way, in every directory:
 * otherwise a user could redirect root to any file on the host.
 */
export function refuseStrangeLink(state: FileState | null): void {
  if (state?.strangeLink === undefined) return
  throw new PlaybookError(`${state.strangeLink} is a symbolic link whose owner is neither root nor the owner of its target.`, { hint: 'Use the path of the target, or remove the link.' })
}

/**
 * Plans owner and group, by name if they have one.
 * @throws PlaybookError if the host does not have such a user or group, and no earlier task creates
 * it.
 */
export async function planOwnership(host: HostView, owner: string | undefined, group: string | undefined): Promise<{ owner?: string; group?: string }> {
  const [ownerName, groupName] = await Promise.all([accountName(host, 'passwd', owner), accountName(host, 'group', group)])
  refuseOtherOwner(host, 'The unpacked content', ownerName ?? owner ?? 'root', null)
  if (ownerName === null) throw noSuch('user', owner)
  if (groupName === null) throw noSuch('group', group)
  return { owner: ownerName, group: groupName }
}

function noSuch(what: 'user' | 'group', name: string | undefined): PlaybookError {
  return new PlaybookError(`The ${what} ${name ?? ''} does not exist on this host.`, { hint: `Create it in an earlier task (${what}).` })
}

/** The name of an account given by name or number; null if it does not exist. */
async function accountName(host: HostView, database: 'passwd' | 'group', given: string | undefined): Promise<string | undefined | null> {
  if (given === undefined || given === 'root') return given
  if (/^\d+$/.test(given)) return (await host.current(accountNumberResource, { database, id: given }))?.name ?? given
  const account = database === 'passwd' ? await host.current(userResource, { name: given }) : await host.current(groupResource, { name: given })
  return account || host.packagesPending() ? given : null
}

/** The directories above a path, from the top, without the root. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}
