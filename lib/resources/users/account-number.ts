import { z } from 'zod'
import { apply, read, readLines } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'

export interface AccountNumberKey {
  database: 'passwd' | 'group'
  id: string
}

const schema = z.strictObject({ name: z.string() })

/** The name that belongs to the number of a user or a group. Only read. Source: getent(1). */
export const accountNumberResource: Resource<AccountNumberKey, { readonly name: string }, z.infer<typeof schema>> = {
  kind: 'account-number',
  schema,
  identify: ({ database, id }) => `${database} ${id}`,
  read: keys => ({
    script: readLines(keys.map(({ database, id }) => read`getent ${database} ${id} || echo`)),
    parse: linePerKey(keys, 'Could not look up the account numbers.', line => {
      const name = line.split(':')[0]
      return name ? { name } : null
    }),
  }),
  apply: () => ({ script: apply`echo 'Only the modules user and group set the number of an account.' >&2; exit 1` }),
  forecast: {},
}
