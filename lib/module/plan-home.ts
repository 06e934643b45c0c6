import { PlaybookError } from '../errors.ts'
import { fileResource } from '../resources/files/file.ts'
import { noSkeleton } from '../resources/users/user.ts'
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
