import { z } from 'zod'
import { defineModule, PlaybookError, postgresDatabase as databaseResource, want } from '../lib/index.ts'

const args = z.strictObject({
  name: z.string().min(1).max(63),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Role that owns it. @default as it is */
  owner: z.string().min(1).optional(),
  /** Given when it is made, and for ever. @default the cluster's */
  encoding: z.string().transform(given => (/^utf-?8$/i.test(given) ? 'UTF8' : given)).optional(),
  collate: z.string().optional(),
  ctype: z.string().optional(),
  /** @default 'template1' */
  template: z.string().optional(),
})

/**
 * A database of PostgreSQL. Its owner can change; its encoding and locale cannot, and are an error when they differ.
 * Source: PostgreSQL documentation, CREATE DATABASE.
 *
 * @example
 * postgresDatabase({ name: 'app', owner: 'app', encoding: 'UTF8', collate: 'C', ctype: 'C', template: 'template0' })
 */
export const postgresDatabase = defineModule({
  name: 'postgres-database',
  args,
  async plan({ name, state, template, ...desired }, host) {
    const key = { name, template }
    if (state === 'absent') return { wants: [want(databaseResource, key, null)] }
    const current = await host.current(databaseResource, key)
    const fixed = (['encoding', 'collate', 'ctype'] as const).filter(field => current && desired[field] !== undefined && desired[field] !== current[field])
    if (current && fixed.length) {
      throw new PlaybookError(`The database ${name} has ${fixed.map(field => `${field} ${current[field]}`).join(', ')}, and is to have ${fixed.map(field => `${field} ${desired[field]}`).join(', ')}.`, {
        hint: 'That is decided when a database is made. Dump it, drop it, let stead make it anew, and restore the dump.',
      })
    }
    return { wants: [want(databaseResource, key, desired)] }
  },
})
