import { z } from 'zod'
import { ReadError } from '../../errors.ts'
import { apply, read, readLines } from '../../shell/script.ts'
import type { Need, Resource } from '../../state/resource.ts'

const schema = z.strictObject({ there: z.literal(true) })

/** Whether a program is on the host. Only a check asks, and it is never written. */
export const needResource: Resource<Need, { readonly there: true }, z.infer<typeof schema>> = {
  kind: 'need',
  selfContained: true,
  schema,
  identify: ({ program }) => program,
  read: keys => ({
    script: readLines(keys.map(({ program, test = read`command -v ${program}` }) => read`if (${test}) >/dev/null 2>&1 </dev/null; then echo 1; else echo; fi`)),
    parse({ stdout, stderr, exitCode }) {
      if (exitCode !== 0) throw new ReadError('The programs of the host could not be looked for.', { stderr, exitCode })
      const lines = stdout.toString().split('\n')
      return keys.map((_, index) => (lines[index] === '1' ? { there: true } : null))
    },
  }),
  apply: () => ({ script: apply`echo 'Programs are brought by packages.' >&2; exit 1` }),
}
