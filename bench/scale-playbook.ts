import { z } from 'zod'
import { playbook } from '../lib/index.ts'
import { directory } from '../modules/directory.ts'
import { file } from '../modules/file.ts'

/** Many files of a few lines, or one large one, for `bench/scale.ts`. */
export default playbook({
  name: 'Scale',
  hosts: 'all',
  vars: z.object({ folder: z.string(), files: z.coerce.number().default(0), large: z.string().optional() }),
  tasks({ task, vars: { folder, files, large } }) {
    task('Folder', directory({ path: folder }))
    for (let number = 1; number <= files; number += 1) {
      task(`File ${number}`, file({ path: `${folder}/${number}`, content: `This is the file ${number}.\n`.repeat(20), mode: '0644' }))
    }
    if (large !== undefined) task('Large file', file({ path: `${folder}/large`, source: large, mode: '0644' }))
  },
})
