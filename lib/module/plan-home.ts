import { PlaybookError } from '../errors.ts'
import { fileResource } from '../resources/files/file.ts'
import { noSkeleton, userResource } from '../resources/users/user.ts'
import type { HostView, Want } from '../playbook/module.ts'
import { planParents, refuseStrangeLink } from './plan-file.ts'

/**
 * Plans what a home directory needs: the missing directories above it, as separate wants. Call this
 * before the user is created or changed, so that no user is half finished.
 *
 * @param skeleton the directory to copy, if given.
 * @throws PlaybookError if something else is in its place or above it, or if the skeleton is
 * missing.
 */
export async function planHome(host: HostView, login: string, path: string, skeleton: string | undefined): Promise<Want[]> {
  const [current, above, from] = await Promise.all([host.current(fileResource, { path }), planParents(host, path), skeleton === undefined ? null : host.current(fileResource, { path: skeleton })])
  refuseStrangeLink(current)
  if (current && current.type !== 'directory') {
    const is = current.type === 'link' ? `a broken symbolic link (to ${current.target ?? ''})` : current.type === 'file' ? 'a file' : 'neither a file nor a directory'
    throw new PlaybookError(`${path}, the home directory of ${login}, is ${is}.`, { hint: 'Move it away first.', ways: [{ argument: 'createHome', hint: 'Or set createHome: false.' }] })
  }
  if (skeleton !== undefined && skeleton !== noSkeleton && from?.type !== 'directory' && !host.anythingPending()) {
    throw new PlaybookError(`${skeleton}, the skeleton for the home directory of ${login}, ${from ? 'is not a directory' : 'does not exist'}.`, { hint: 'Create it in an earlier task.', ways: [{ argument: 'skeleton', hint: `Or set skeleton: '${noSkeleton}' for an empty home directory.` }] })
  }
  return above
}

/**
 * userdel(8) removes the user first, then keeps a home directory that belongs to somebody else.
 *
 * @throws PlaybookError if it does.
 */
export async function refuseHomeOfAnother(host: HostView, login: string): Promise<void> {
  const current = await host.current(userResource, { name: login })
  if (current?.homeDirectory !== 'present') return
  const home = await host.current(fileResource, { path: current.home, noFollow: true })
  if (home?.owner === undefined || home.owner === login || (await host.current(userResource, { name: home.owner }))?.uid === current.uid) return
  throw new PlaybookError(`${current.home}, the home directory of ${login}, belongs to ${home.owner}, and userdel would not remove it.`, { hint: 'Remove removeHome, or remove the directory in an earlier task (directory).' })
}
