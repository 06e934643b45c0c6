import { z } from 'zod'
import { apply, read, readLines } from '../../shell/script.ts'
import type { Need } from '../../state/forecast.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'

const schema = z.strictObject({ there: z.literal(true) })

/** Whether a program is on the host. Only check mode reads it, and it is never written. */
export const needResource: Resource<Need, { readonly there: true }, z.infer<typeof schema>> = {
  kind: 'need',
  schema,
  identify: ({ program }) => program,
  read: keys => ({
    script: readLines(keys.map(({ program, test = read`command -v ${program}` }) => read`if (${test}) >/dev/null 2>&1 </dev/null; then echo 1; else echo; fi`)),
    parse: linePerKey(keys, 'Could not look for the programs on the host.', line => (line === '1' ? { there: true } : null)),
  }),
  apply: () => ({ script: apply`echo 'Programs come with packages.' >&2; exit 1` }),
  forecast: {},
}
