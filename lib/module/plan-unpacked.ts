import { PlaybookError } from '../errors.ts'
import { noDirectory, archiveResource, type ArchiveKey, type ArchiveState } from '../resources/files/archive.ts'
import type { FileState } from '../resources/files/file.ts'
import { want, type HostView, type Want } from '../playbook/module.ts'
import { findFile, planParents, refuseStrangeLink } from './plan-file.ts'

/** Where an archive should be unpacked, and what is there now. */
export interface FoundUnpacked {
  key: ArchiveKey
  current: ArchiveState | null
  /** The state of the path itself. */
  itself: FileState | null
  parents: Want[]
}

/** Reads the place where an archive should be unpacked. */
export async function findUnpacked(host: HostView, key: ArchiveKey): Promise<FoundUnpacked> {
  const [current, { current: itself }, parents] = await Promise.all([host.current(archiveResource, key), findFile(host, { path: key.directory }), planParents(host, key.directory)])
  return { key, current, itself, parents }
}

/**
 * Plans an unpacked archive, with the missing directories above it.
 * @throws PlaybookError if something else is in its place.
 */
export function planUnpacked({ key, current, itself, parents }: FoundUnpacked, desired: { sha256: string; selection?: string }): Want[] {
  const { directory, replaceOther } = key
  refuseStrangeLink(itself)
  if (itself && itself.type !== 'directory' && !itself.dangling) throw new PlaybookError(noDirectory(directory))
  if (current?.sha256 === '' && !replaceOther) {
    throw new PlaybookError(`${directory} contains something that is not from an archive.`, { hint: 'Use a directory of its own, or empty this one.', ways: [{ argument: 'replaceOther', hint: 'Or set replaceOther: true to replace everything there.' }] })
  }
  // Lists by name what will be removed, and what has changed since it was unpacked.
  const named = current && !current.whole ? { 'not from the archive': [], 'not as unpacked': [] } : { whole: true as const }
  return [...parents, want(archiveResource, key, { ...desired, ...named })]
}
