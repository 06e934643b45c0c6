import { PlaybookError } from '../errors.ts'
import { fileResource } from '../resources/files/file.ts'
import { noSkeleton } from '../resources/users/user.ts'
import type { HostView, Want } from '../playbook/module.ts'
import { planParents, refuseStrangeLink } from './plan-file.ts'

/**
 * What it takes for a home directory to be made: the directories above it that are missing, as wants of their own. To be asked before the user
 * is made or changed, so that none is half made.
 *
 * @param skeleton what it is to begin with, where that was said.
 * @throws PlaybookError where something else is in its place or above it, or where its skeleton is missing.
 */
export async function planHome(host: HostView, login: string, path: string, skeleton: string | undefined): Promise<Want[]> {
  const [current, above, from] = await Promise.all([host.current(fileResource, { path }), planParents(host, path), skeleton === undefined ? null : host.current(fileResource, { path: skeleton })])
  refuseStrangeLink(current)
  if (current && current.type !== 'directory') {
    const is = current.type === 'link' ? `a broken symbolic link (to ${current.target ?? ''})` : current.type === 'file' ? 'a file' : 'neither a file nor a directory'
    throw new PlaybookError(`${path}, which is to be the home directory of ${login}, is ${is}.`, { hint: 'Move it away first.', ways: [{ argument: 'createHome', hint: 'Or say createHome: false.' }] })
  }
  if (skeleton !== undefined && skeleton !== noSkeleton && from?.type !== 'directory' && !host.anythingPending()) {
    throw new PlaybookError(`${skeleton}, with which the home directory of ${login} is to begin, ${from ? 'is not a directory' : 'does not exist'}.`, { hint: 'Create it in an earlier task.', ways: [{ argument: 'skeleton', hint: `Or say skeleton: '${noSkeleton}' for an empty one.` }] })
  }
  return above
}
