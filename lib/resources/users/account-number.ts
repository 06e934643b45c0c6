import { z } from 'zod'
import { apply, read, readLines } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'

export interface AccountNumberKey {
  database: 'passwd' | 'group'
  id: string
}

const schema = z.strictObject({ name: z.string() })

/** The name that belongs to a user's or a group's number. It is only ever read. Source: getent(1). */
export const accountNumberResource: Resource<AccountNumberKey, { readonly name: string }, z.infer<typeof schema>> = {
  kind: 'account-number',
  schema,
  identify: ({ database, id }) => `${database} ${id}`,
  read: keys => ({
    script: readLines(keys.map(({ database, id }) => read`getent ${database} ${id} || echo`)),
    parse: linePerKey(keys, 'The account numbers could not be looked up.', line => {
      const name = line.split(':')[0]
      return name ? { name } : null
    }),
  }),
  apply: () => ({ script: apply`echo 'A number is given to an account by the modules user and group.' >&2; exit 1` }),
  forecast: {},
}
