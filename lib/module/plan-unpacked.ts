import { PlaybookError } from '../errors.ts'
import { noDirectory, archiveResource, type ArchiveKey, type ArchiveState } from '../resources/files/archive.ts'
import type { FileState } from '../resources/files/file.ts'
import { want, type HostView, type Want } from '../playbook/module.ts'
import { lookAtFile, planParents, refuseStrangeLink } from './plan-file.ts'

/** The place of an archive, and what is there. */
export interface FoundUnpacked {
  key: ArchiveKey
  current: ArchiveState | null
  /** What is at the path itself. */
  itself: FileState | null
  parents: Want[]
}

/** Looks at the place where an archive is to be unpacked. */
export async function lookAtUnpacked(host: HostView, key: ArchiveKey): Promise<FoundUnpacked> {
  const [current, { current: itself }, parents] = await Promise.all([host.current(archiveResource, key), lookAtFile(host, { path: key.directory }), planParents(host, key.directory)])
  return { key, current, itself, parents }
}

/** An archive unpacked there, with what is missing above it. @throws PlaybookError where something else is in its place. */
export function planUnpacked({ key, current, itself, parents }: FoundUnpacked, desired: { sha256: string; selection?: string }): Want[] {
  const { directory, replaceOther } = key
  refuseStrangeLink(itself)
  if (itself && itself.type !== 'directory' && !itself.dangling) throw new PlaybookError(noDirectory(directory))
  if (current?.sha256 === '' && !replaceOther) {
    throw new PlaybookError(`${directory} holds something that is not from an archive.`, { hint: 'Give it a directory of its own, or empty this one.', ways: [{ argument: 'replaceOther', hint: 'Or give replaceOther: true, and all that is there is replaced.' }] })
  }
  // By name, where there are any: what will go, and what is not as it was unpacked.
  const named = current && !current.whole ? { 'not from the archive': [], 'not as unpacked': [] } : { whole: true as const }
  return [...parents, want(archiveResource, key, { ...desired, ...named })]
}
