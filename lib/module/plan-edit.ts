import { PlaybookError } from '../errors.ts'
import { fileResource, type FileKey } from '../resources/files/file.ts'
import { Content } from '../state/content.ts'
import { want, type HostView, type Want } from '../playbook/module.ts'
import { planFile } from './plan-file.ts'

/** A file of which a part is edited. */
export interface EditedFile extends Pick<FileKey, 'path' | 'validate' | 'backup' | 'inPlace'> {
  /** Make the file where it is missing, and directories above it. */
  create: boolean
  /** The edit only takes out: where the file is missing, there is nothing to do. */
  removes: boolean
  /** What is edited is a marked block, which nobody else writes. */
  ownBlock?: boolean
  owner?: string
  group?: string
  mode?: string
}

/**
 * Plans an edit of the whole content of a file. `edit` is given the text bytewise (latin1), so that every byte it does not touch stays.
 *
 * @throws PlaybookError where the file is missing and not to be made, is none, or is too large; and what `edit` throws.
 */
export async function planEdit(host: HostView, { path, create, removes, ownBlock, owner, group, mode, ...rest }: EditedFile, edit: (text: string) => string): Promise<Want[]> {
  const key: FileKey = { path, content: 'always', parents: create, madeFrom: ownBlock ? 'its own' : 'what is there', ...rest }
  const touches = !ownBlock || [owner, group, mode].some(attribute => attribute !== undefined)
  // In check mode: the file may still come, and then with something in it to take out.
  if (removes && touches && host.anythingPending() && (await host.current(fileResource, key)) === null) return [want(fileResource, key, null)]
  return planFile(host, key, { type: 'file', owner, group, mode }, current => {
    if (current === null && removes) return 'nothing to do'
    if (current === null && !create && !host.packagesPending()) throw new PlaybookError(`The file ${path} is not there.`, { hint: 'Create it in an earlier task (file).', ways: [{ argument: 'create', hint: 'Or give create: true.' }] })
    if (current && current.type !== 'file') return undefined
    const bytes = current ? current.content?.bytes : Buffer.alloc(0)
    if (!bytes) throw new PlaybookError(`The file ${path} is too large to be edited, or is known only after applying.`)
    return Content.of(Buffer.from(edit(bytes.toString('latin1')), 'latin1'))
  })
}
