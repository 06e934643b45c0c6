import { z } from 'zod'
import { ReadError } from '../../errors.ts'
import type { Resource } from '../../state/resource.ts'
import { hasNoPsql, notAnswered, readSqlIn, sqlLiteral, superuser } from './psql.ts'
import { timeInUtc } from './postgres-role.ts'

/** What a text means as a time. */
export interface TimeState {
  readonly [field: string]: string
  utc: string
}

const schema = z.strictObject({})

/**
 * What a time means to a host's PostgreSQL, by its own time zone and DateStyle: nothing that could be written, but what a desired time
 * is compared by. Source: PostgreSQL documentation, 8.5.1 Date/Time Input.
 */
export const postgresTimeResource: Resource<{ text: string }, TimeState, Record<string, never>> = {
  kind: 'postgres-time',
  schema,
  identify: ({ text }) => text,
  read(keys) {
    return {
      user: superuser,
      script: readSqlIn(keys.map(({ text }) => ({ database: 'postgres', query: `select to_json(${timeInUtc(`${sqlLiteral(text)}::timestamptz`)})` }))),
      parse(output) {
        if (hasNoPsql(output)) return keys.map(() => null)
        const lines = output.stdout.toString().split('\n')
        return keys.map(({ text }, index) => {
          const utc: unknown = JSON.parse(lines[index] || 'false')
          if (typeof utc === 'string') return { utc }
          return output.stderr.includes('timestamp') ? new ReadError(`${JSON.stringify(text)} is not a time that PostgreSQL accepts.`, { stderr: output.stderr }) : notAnswered(output)
        })
      },
    }
  },
  apply: ({ text }) => { throw new TypeError(`A time (${text}) is nothing to be written.`) },
  forecast: {},
}
