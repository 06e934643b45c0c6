import { z } from 'zod'
import { ReadError } from '../../errors.ts'
import type { Resource } from '../../state/resource.ts'
import { hasNoPsql, notAnswered, readSqlIn, sqlLiteral, superuser } from './psql.ts'
import { timeInUtc } from './postgres-role.ts'

/** A text, interpreted as a time. */
export interface TimeState {
  readonly [field: string]: string
  utc: string
}

const schema = z.strictObject({})

/**
 * How the host's PostgreSQL interprets a time, with its own time zone and DateStyle. It is never
 * written, only used to compare a desired time. Source: PostgreSQL documentation, 8.5.1 Date/Time
 * Input.
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
  apply: ({ text }) => { throw new TypeError(`postgres-time (${text}) is never written.`) },
  forecast: {},
}
