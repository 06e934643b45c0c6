import { z } from 'zod'
import { defineModule, postgresRole, want } from '../lib/index.ts'

const args = z.strictObject({
  /** Name of the role. */
  name: z.string().min(1).max(63),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** @default true */
  login: z.boolean().default(true),
  superuser: z.boolean().optional(),
  createdb: z.boolean().optional(),
  createrole: z.boolean().optional(),
  inherit: z.boolean().optional(),
  replication: z.boolean().optional(),
  bypassrls: z.boolean().optional(),
})

/**
 * A role of PostgreSQL. Attributes left out stay as they are. Source: PostgreSQL documentation, CREATE ROLE.
 *
 * @example
 * postgresUser({ name: 'app' })
 */
export const postgresUser = defineModule({
  name: 'postgres-user',
  args,
  plan: ({ name, state, ...attributes }) => ({ wants: [want(postgresRole, { name }, state === 'absent' ? null : attributes)] }),
})
