import { posix } from 'node:path'
import { PlaybookError } from '../errors.ts'
import { group, user } from '../resources/account.ts'
import { file, type FileDesired, type FileKey, type FileState } from '../resources/file.ts'
import { wrongType } from '../resources/file-write.ts'
import { numericAccount } from '../resources/numeric-account.ts'
import { changeMode } from './file-mode.ts'
import { want, type HostView, type Want } from './module.ts'

/** Links followed before they are taken for a circle, as in path_resolution(7). */
const MOST_LINKS = 40

/** A desired file or directory whose mode may still be symbolic, and whose owner a number. */
export interface WishedFile extends FileDesired {
  type: 'file' | 'directory'
}

/** A file as it will be found: in check mode a link that this run makes is followed to what it leads to. */
export async function lookAtFile(host: HostView, key: FileKey, links = 0): Promise<{ key: FileKey; current: FileState | null }> {
  const current = await host.current(file, key)
  if (key.noFollow || current?.type !== 'link' || current.dangling || current.target === undefined || links === MOST_LINKS) return { key, current }
  return lookAtFile(host, { ...key, path: posix.resolve(posix.dirname(key.path), current.target) }, links + 1)
}

/**
 * What it takes for a file or a directory to be as wished: missing directories above it, then itself. Asks in one tick for all it needs:
 * the thing, what is above it, and whether owner and group are there. A user whom an earlier task makes is there, in check mode too.
 *
 * @throws PlaybookError for what could not be applied: something of another type in the way, no directory above, no such user.
 */
export async function planFile(host: HostView, wished: FileKey, desired: WishedFile): Promise<Want[]> {
  const [{ key, current }, missing, owner, groupName] = await Promise.all([
    lookAtFile(host, wished),
    planParents(host, wished.path, wished.parents || desired.type === 'directory'),
    accountName(host, 'passwd', desired.owner),
    accountName(host, 'group', desired.group),
  ])
  const replacesLink = current?.type === 'link' && wished.noFollow && desired.type === 'file' && desired.content !== undefined
  if (current && current.type !== desired.type && !wished.replaceOther && !replacesLink) throw new PlaybookError(wrongType(wished.path, current, desired.type))
  if (owner === null && current?.owner !== desired.owner) throw noSuch('user', desired.owner)
  if (groupName === null && current?.group !== desired.group) throw noSuch('group', desired.group)
  const isDirectory = desired.type === 'directory'
  const mode = desired.mode && changeMode(desired.mode, current?.type === desired.type ? (current.mode ?? '0000') : isDirectory ? '0755' : '0644', isDirectory)
  return [
    ...missing,
    want(file, key, { ...desired, mode, owner: owner ?? desired.owner, group: groupName ?? desired.group }),
  ]
}

/** A symbolic link with what is missing above it. @throws PlaybookError for what could not be applied. */
export async function planLink(host: HostView, key: FileKey, target: string): Promise<Want[]> {
  const [current, missing] = await Promise.all([host.current(file, key), planParents(host, key.path, key.parents ?? false)])
  if (current && current.type !== 'link' && !key.replaceOther) throw new PlaybookError(wrongType(key.path, current, 'link'))
  return [...missing, want(file, key, { type: 'link', target })]
}

/** The directories above a path that are to be made. */
async function planParents(host: HostView, path: string, make: boolean): Promise<Want[]> {
  const above = ancestorsOf(path)
  const parents = await Promise.all((make ? above : above.slice(-1)).map(async parent => ({ parent, state: (await lookAtFile(host, { path: parent })).current })))
  for (const { parent, state } of parents) {
    if (state && state.type !== 'directory') throw new PlaybookError(wrongType(parent, state, 'directory'))
    if (!state && !make && !host.mayCome()) throw new PlaybookError(`The directory ${parent} is not there.`, { hint: 'Make it first (directory), or give parents: true.' })
  }
  return make ? parents.filter(({ state }) => state === null).map(({ parent }) => want(file, { path: parent }, { type: 'directory', mode: '0755', owner: 'root', group: 'root' })) : []
}

function noSuch(what: 'user' | 'group', name: string | undefined): PlaybookError {
  return new PlaybookError(`There is no ${what} ${name ?? ''} on this host.`, { hint: `Make it in an earlier task (${what}).` })
}

/** The name of an account given by name or number; null where it is not there. */
async function accountName(host: HostView, database: 'passwd' | 'group', given: string | undefined): Promise<string | undefined | null> {
  if (given === undefined || given === 'root') return given
  if (/^\d+$/.test(given)) return (await host.current(numericAccount, { database, id: given }))?.name ?? given
  const account = database === 'passwd' ? await host.current(user, { name: given }) : await host.current(group, { name: given })
  return account || host.mayCome() ? given : null
}

/** The directories above a path, from the top, without the root itself. */
function ancestorsOf(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}
