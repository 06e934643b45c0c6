import { z } from 'zod'
import { apply, read } from '../../../lib/shell/script.ts'
import { defineResource, type Resource } from '../../../lib/state/resource.ts'
import type { Output } from '../../../lib/shell/output.ts'

/** A state with one field. */
export interface SampleState {
  readonly [field: string]: string
  value: string
}

export interface SampleKey {
  name: string
  /** Another way of asking for the same thing. */
  more?: boolean
}

/** A resource that needs no host: its read script prints the names asked for, and `parse` turns `name=value` lines into states. */
export function sample(kind: string, user?: string): Resource<SampleKey, SampleState, Partial<SampleState>> {
  return defineResource({
    kind,
    schema: z.object({ value: z.string().optional() }),
    identify: ({ name }) => name,
    read: keys => ({
      script: read`${kind} ${keys.map(({ name }) => name)}`,
      user,
      parse({ stdout, exitCode, stderr }) {
        if (exitCode !== 0) throw new Error(stderr)
        const values = new Map(stdout.toString().split('\n').map((line): [string, string] => [line.split('=')[0] ?? '', line.split('=')[1] ?? '']))
        return keys.map(({ name, more }) => {
          const value = values.get(name)
          if (value === 'broken') return new Error(`${name} is broken`)
          return value === undefined ? null : { value, ...(more ? { detail: `more of ${name}` } : {}) }
        })
      },
    }),
    apply: ({ name }) => ({ script: apply`set ${name}` }),
    answers: (state, { more }) => !more || state['detail'] !== undefined,
  })
}

/** What a host prints. */
export function output(stdout: string, { stderr = '', exitCode = 0 } = {}): Output {
  return { stdout: Buffer.from(stdout), stderr, exitCode }
}
