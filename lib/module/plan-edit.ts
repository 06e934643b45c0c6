import { PlaybookError } from '../errors.ts'
import { fileResource, type FileKey } from '../resources/files/file.ts'
import { Content } from '../state/content.ts'
import { want, type HostView, type Want } from '../playbook/module.ts'
import { planFile } from './plan-file.ts'

/** A file in which a part is edited. */
export interface EditedFile extends Pick<FileKey, 'path' | 'validate' | 'backup' | 'inPlace'> {
  /** Create the file if it is missing, and the directories above it. */
  create: boolean
  /** The edit only removes: if the file is missing, there is nothing to do. */
  removes: boolean
  /** The edit is about a marked block, which nobody else writes. */
  ownBlock?: boolean
  owner?: string
  group?: string
  mode?: string
}

/**
 * Plans an edit of the whole content of a file. `edit` gets the text bytewise (latin1), so that
 * every byte it does not touch stays.
 *
 * @throws PlaybookError if the file is missing and should not be created, is not a file, or is too
 * large; and whatever `edit` throws.
 */
export async function planEdit(host: HostView, { path, create, removes, ownBlock, owner, group, mode, ...rest }: EditedFile, edit: (text: string) => string): Promise<Want[]> {
  const key: FileKey = { path, content: 'always', parents: create, madeFrom: ownBlock ? 'its own' : 'what is there', ...rest }
  const touches = !ownBlock || [owner, group, mode].some(attribute => attribute !== undefined)
  // In check mode: the file may still appear, and contain something to remove.
  if (removes && touches && host.anythingPending() && (await host.current(fileResource, key)) === null) return [want(fileResource, key, null)]
  return planFile(host, key, { type: 'file', owner, group, mode }, current => {
    if (current === null && removes) return 'nothing to do'
    if (current === null && !create && !host.packagesPending()) throw new PlaybookError(`The file ${path} does not exist.`, { hint: 'Create it in an earlier task (file).', ways: [{ argument: 'create', hint: 'Or set create: true.' }] })
    if (current && current.type !== 'file') return undefined
    const bytes = current ? current.content?.bytes : Buffer.alloc(0)
    if (!bytes) throw new PlaybookError(`The file ${path} is too large to edit, or known only after applying.`)
    return Content.of(Buffer.from(edit(bytes.toString('latin1')), 'latin1'))
  })
}
