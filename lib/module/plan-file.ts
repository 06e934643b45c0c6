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

/** Links followed before they are taken for a circle, as in path_resolution(7). */
const MOST_LINKS = 40

/** A desired file or directory whose mode may still be symbolic, and whose owner a number. */
export interface RequestedFile extends FileDesired {
  type: 'file' | 'directory'
}

/**
 * A file as it will be found: in check mode a link that this run makes is followed to what it leads to. Once a check has
 * foretold something, what is not there is looked for by its path without links too: a task before may have made it by another spelling.
 */
export async function lookAtFile(host: HostView, key: FileKey, { held = false, links = 0 } = {}): Promise<{ key: FileKey; current: FileState | null }> {
  const current = await host.current(fileResource, held ? { ...key, held } : key)
  if (current === null && links < MOST_LINKS && host.foretold?.()) {
    const path = await realPath(host, key.path)
    return path === key.path ? { key, current } : lookAtFile(host, { ...key, path }, { held, links: links + 1 })
  }
  if (key.noFollow || current?.type !== 'link' || current.dangling || current.target === undefined || links === MOST_LINKS) return { key, current }
  return lookAtFile(host, { ...key, path: posix.resolve(posix.dirname(key.path), current.target) }, { held, links: links + 1 })
}

/** The path of what is not there without the links on the way to it. */
async function realPath(host: HostView, path: string): Promise<string> {
  const parent = posix.dirname(path)
  if (parent === path) return path
  const state = await host.current(fileResource, { path: parent })
  const real = state === null ? await realPath(host, parent) : state.real
  return real === undefined ? path : posix.join(real, posix.basename(path))
}

/**
 * What it takes for a file or a directory to be as requested: missing directories above it, then itself. Asks in one tick for all it needs:
 * the thing, what is above it, and whether owner and group are there. A user whom an earlier task makes is there, in check mode too.
 *
 * @param content makes the content of what is there now.
 * @throws PlaybookError for what could not be applied: something of another type in the way, no directory above, no such user.
 */
export async function planFile(host: HostView, requested: FileKey, attributes: RequestedFile, content?: (current: FileState | null) => Content | undefined | 'nothing to do'): Promise<Want[]> {
  const [{ key, current }, above, owner, groupName] = await Promise.all([
    lookAtFile(host, requested, { held: requested.replaceOther && !requested.backup }),
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
  refuseGift(host, requested.path, owner ?? desired.owner, current)
  if (owner === null && current?.owner !== desired.owner) throw noSuch('user', desired.owner)
  if (groupName === null && current?.group !== desired.group) throw noSuch('group', desired.group)
  const isDirectory = desired.type === 'directory'
  // What is new in a setgid directory has its group, and a directory is setgid in its turn.
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

/** A symbolic link with what is missing above it. @throws PlaybookError for what could not be applied. */
export async function planLink(host: HostView, key: FileKey, target: string): Promise<Want[]> {
  const [{ key: found, current }, above] = await Promise.all([lookAtFile(host, key, { held: key.replaceOther && !key.backup }), findParents(host, key.path, key.parents)])
  refuseStrangeLink(current)
  if (current && current.type !== 'link' && !key.replaceOther) throw new PlaybookError(wrongType(key.path, current, 'link'), { ways: [replacing] })
  refuseFullDirectory(key, current)
  return [...missingParents(above, host), want(fileResource, found, { type: 'link', target })]
}

const replacing: Way = { argument: 'replaceOther', hint: 'Or give replaceOther: true, and it is replaced.' }

function refuseFullDirectory({ path, backup }: FileKey, current: FileState | null): void {
  if (current?.empty === false && !backup) throw new PlaybookError(`${path} is a directory that is not empty.`, { hint: 'Remove it first (directory).', ways: [{ argument: 'backup', hint: 'Or give backup: true, and it is moved aside.' }] })
}

/** The missing directories above a path, to be made: owned by root, mode 0755. */
export async function planParents(host: HostView, path: string): Promise<Want[]> {
  return missingParents(await findParents(host, path, true), host)
}

/** The directories above a path as they are: all of them, or when none is to be made, the nearest. */
async function findParents(host: HostView, path: string, make = false): Promise<{ path: string; state: FileState | null; make: boolean }[]> {
  const above = ancestorsOf(path)
  return Promise.all((make ? above : above.slice(-1)).map(async parent => {
    const { key, current } = await lookAtFile(host, { path: parent })
    return { path: current ? parent : key.path, state: current, make }
  }))
}

/** Those that are to be made. @throws PlaybookError for one that is not there and is not to be made, or that is none. */
function missingParents(above: Awaited<ReturnType<typeof findParents>>, host: HostView): Want[] {
  return above.flatMap(({ path, state, make }) => {
    refuseStrangeLink(state)
    if (state && state.type !== 'directory') throw new PlaybookError(wrongType(path, state, 'directory'))
    if (!state && !make && !host.packagesPending()) throw new PlaybookError(`The directory ${path} is not there.`, { hint: 'Make it first (directory).', ways: [{ argument: 'parents', hint: 'Or give parents: true.' }, { argument: 'create', hint: 'Or give create: true, which makes the file too.' }] })
    if (!state && make) refuseGift(host, path, 'root', null)
    return state || !make ? [] : [want(fileResource, { path }, { type: 'directory', mode: '0755', owner: 'root', group: 'root' })]
  })
}

/** Only root gives files away (chown(2)): with `become` nothing could be made that is to be somebody else's. @throws PlaybookError, in check mode too. */
function refuseGift({ become }: HostView, path: string, owner: string | undefined, current: FileState | null): void {
  if (become === undefined || become === 'root' || owner === undefined || owner === become || current?.owner === owner) return
  throw new PlaybookError(`${path} is to belong to ${owner}, and is written by ${become}, who cannot give it away: only root can.`, { hint: 'Leave out become: what root writes can be given to anybody. Or leave out owner.' })
}

/** As fs.protected_symlinks of proc(5), of every link on the way, in every directory: otherwise a user could lead root to any file of the host. */
export function refuseStrangeLink(state: FileState | null): void {
  if (state?.strangeLink === undefined) return
  throw new PlaybookError(`${state.strangeLink} is a symbolic link of somebody who is neither root nor the owner of what it leads to.`, { hint: 'Name what it leads to, or remove the link.' })
}

/** Owner and group as they are to be, by their names where they have some. @throws PlaybookError where the host has no such user or group, and none comes. */
export async function planOwnership(host: HostView, owner: string | undefined, group: string | undefined): Promise<{ owner?: string; group?: string }> {
  const [ownerName, groupName] = await Promise.all([accountName(host, 'passwd', owner), accountName(host, 'group', group)])
  refuseGift(host, 'What is unpacked', ownerName ?? owner ?? 'root', null)
  if (ownerName === null) throw noSuch('user', owner)
  if (groupName === null) throw noSuch('group', group)
  return { owner: ownerName, group: groupName }
}

function noSuch(what: 'user' | 'group', name: string | undefined): PlaybookError {
  return new PlaybookError(`There is no ${what} ${name ?? ''} on this host.`, { hint: `Create it in an earlier task (${what}).` })
}

/** The name of an account given by name or number; null where it is not there. */
async function accountName(host: HostView, database: 'passwd' | 'group', given: string | undefined): Promise<string | undefined | null> {
  if (given === undefined || given === 'root') return given
  if (/^\d+$/.test(given)) return (await host.current(accountNumberResource, { database, id: given }))?.name ?? given
  const account = database === 'passwd' ? await host.current(userResource, { name: given }) : await host.current(groupResource, { name: given })
  return account || host.packagesPending() ? given : null
}

/** The directories above a path, from the top, without the root itself. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}
