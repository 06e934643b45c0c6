import path from 'node:path'
import { LabError } from './lab-error.ts'
import { mountsBelow } from './mounts.ts'
import type { Place } from './place.ts'
import { runCommand } from './run-command.ts'

/**
 * Deletes everything at `trees`. Every deletion of a lab directory goes through here: only paths
 * inside the state directory are deleted, and nothing at all while something is mounted at or below
 * one of them.
 */
export async function deleteTrees(place: Place, ...trees: readonly string[]): Promise<void> {
  const outside = trees.find((tree) => !tree.startsWith(`${place.dir}/`) || path.normalize(tree) !== tree)
  if (outside !== undefined) throw new Error(`${outside} is not inside ${place.dir}`)
  const left = trees.flatMap((tree) => mountsBelow(tree))
  if (left.length > 0) throw new LabError(`Still mounted: ${left.map(({ point }) => point).join(', ')}. Nothing was deleted. Unmount them (umount), and run the same command again.`)
  if (trees.length > 0) await runCommand('rm', ['-rf', '--one-file-system', '--', ...trees])
}
