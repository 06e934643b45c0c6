import { z } from 'zod'
import { apply, read } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { changingAccounts } from './account-files.ts'

/** A group by name. To look one up, but not to write it, its id works too. */
export interface GroupKey {
  name: string
  /** For a new group: an id below 1000 (groupadd(8), -r). */
  system?: boolean
  /** Allow another group to have the same id. */
  nonUnique?: boolean
  /** Remove it even if it is a user's primary group. */
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
  schema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      script: read`for g in ${names}; do getent group "$g" || echo; done`,
      parse: linePerKey(names, 'Could not look up the groups.', line => {
        const [name = '', , gid] = line.split(':')
        return gid === undefined ? null : { name, gid }
      }),
    }
  },
  apply({ name, system, nonUnique, force }, current, desired) {
    if (desired === null) return { script: changingAccounts(apply`groupdel ${force ? ['-f'] : []} -- ${name}`) }
    const options = desired.gid === undefined ? [] : [...(nonUnique ? ['-o'] : []), '-g', desired.gid]
    return { script: changingAccounts(current ? apply`groupmod ${options} -- ${name}` : apply`groupadd ${[...(system ? ['-r'] : []), ...options]} -- ${name}`) }
  },
  forecast: {
    mayComeWithPackage: () => true,
    sideEffects: ({ name }, desired, current) => [
      ...(current && (desired === null || (desired.gid !== undefined && desired.gid !== current.gid)) ? [{ kind: 'group' as const, identity: current.gid, state: null }, { kind: 'account-number' as const, identity: `group ${current.gid}`, state: null }] : []),
      ...(desired?.gid === undefined ? [] : [{ kind: 'group' as const, identity: desired.gid, state: { name, gid: desired.gid } }, { kind: 'account-number' as const, identity: `group ${desired.gid}`, state: { name } }]),
    ],
    defaults: ({ name }) => ({ name }),
  },
}
