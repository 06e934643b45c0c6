import { z } from 'zod'
import { ReadError } from '../../errors.ts'
import { apply, read } from '../../shell/script.ts'
import type { Resource } from '../../state/resource.ts'

/** A group by name; looked up, not written, it may also be named by its id. */
export interface GroupKey {
  name: string
  /** For a new one: an id below 1000 (groupadd(8), -r). */
  system?: boolean
  /** Let it share its id with another group. */
  nonUnique?: boolean
  /** Remove it even where it is a user's primary group. */
  force?: boolean
}

export interface GroupState {
  readonly [field: string]: string | undefined
  name: string
  gid: string
}

const schema = z.strictObject({ gid: z.string().optional() })

/** A group of group(5). Sources: getent(1), groupadd(8), groupmod(8), groupdel(8). */
export const groupResource: Resource<GroupKey, GroupState, z.infer<typeof schema>> = {
  kind: 'group',
  selfContained: true,
  schema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      script: read`for g in ${names}; do getent group "$g" || echo; done`,
      parse({ stdout, stderr, exitCode }) {
        if (exitCode !== 0) throw new ReadError('The groups could not be looked up.', { stderr, exitCode })
        const lines = stdout.toString().split('\n')
        return names.map((_, index) => {
          const [name = '', , gid] = lines[index]?.split(':') ?? []
          return gid === undefined ? null : { name, gid }
        })
      },
    }
  },
  apply({ name, system, nonUnique, force }, current, desired) {
    if (desired === null) return { script: apply`groupdel ${force ? ['-f'] : []} -- ${name}` }
    const options = desired.gid === undefined ? [] : [...(nonUnique ? ['-o'] : []), '-g', desired.gid]
    return { script: current ? apply`groupmod ${options} -- ${name}` : apply`groupadd ${[...(system ? ['-r'] : []), ...options]} -- ${name}` }
  },
  mayComeWithPackage: () => true,
  foretells: ({ name }, desired, current) => [
    ...(current && (desired === null || (desired.gid !== undefined && desired.gid !== current.gid)) ? [{ kind: 'group', identity: current.gid, state: null }, { kind: 'account-number', identity: `group ${current.gid}`, state: null }] : []),
    ...(desired?.gid === undefined ? [] : [{ kind: 'group', identity: desired.gid, state: { name, gid: desired.gid } }, { kind: 'account-number', identity: `group ${desired.gid}`, state: { name } }]),
  ],
  defaults: ({ name }) => ({ name }),
}
