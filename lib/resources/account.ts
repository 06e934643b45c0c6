import { z } from 'zod'
import { apply, read } from '../shell/script.ts'
import type { Output, Resource } from '../state/resource.ts'

/** A user or a group, by name. */
export interface AccountKey {
  name: string
  /** For a new one: an id below 1000, without aging (useradd(8), -r). */
  system?: boolean
}

export interface UserState {
  readonly [field: string]: string | readonly string[] | undefined
  uid: string
  group: string
  /** Supplementary groups, sorted. */
  groups: readonly string[]
  comment: string
  home: string
  shell: string
}

const userSchema = z.object({
  uid: z.string().optional(), group: z.string().optional(), groups: z.array(z.string()).optional(),
  comment: z.string().optional(), home: z.string().optional(), shell: z.string().optional(),
})

/** A user of passwd(5). Sources: getent(1), id(1), useradd(8), usermod(8), userdel(8). */
export const user: Resource<AccountKey, UserState, z.infer<typeof userSchema>> = {
  kind: 'user',
  schema: userSchema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      script: read`for u in ${names}; do if p=$(getent passwd "$u"); then printf '%s\t%s\t%s\n' "$p" "$(id -gn -- "$u")" "$(id -Gn -- "$u")"; else echo; fi; done`,
      parse: output => parseUsers(output, names),
    }
  },
  apply({ name, system }, current, desired) {
    if (desired === null) return { script: apply`userdel -- ${name}` }
    const options = (['uid', 'group', 'comment', 'home', 'shell'] as const).flatMap(field => {
      const value = desired[field]
      if (value === undefined || value === current?.[field]) return []
      return [{ uid: '-u', group: '-g', comment: '-c', home: '-d', shell: '-s' }[field], value]
    })
    const groups = desired.groups ? ['-G', desired.groups.join(',')] : []
    if (current) return { script: apply`usermod ${[...options, ...groups]} -- ${name}` }
    const kind = system ? ['-r', '-M'] : ['-m']
    return { script: apply`g=; if getent group ${name} >/dev/null && [ ${desired.group ?? ''} = '' ]; then g="-g "${name}; fi; useradd ${[...kind, ...options, ...groups]} $g -- ${name}` }
  },
  mayComeWithPackage: () => true,
}

function parseUsers({ stdout }: Output, names: readonly string[]): (UserState | null)[] {
  const lines = stdout.toString().split('\n')
  return names.map((_, index) => {
    const [passwd, group, all] = (lines[index] ?? '').split('\t')
    if (!passwd || group === undefined) return null
    const [, , uid = '', , comment = '', home = '', shell = ''] = passwd.split(':')
    return { uid, group, groups: (all ?? '').split(' ').filter(other => other !== group && other !== '').sort(), comment, home, shell }
  })
}

export interface GroupState {
  readonly [field: string]: string | undefined
  gid: string
}

const groupSchema = z.object({ gid: z.string().optional() })

/** A group of group(5). Sources: getent(1), groupadd(8), groupmod(8), groupdel(8). */
export const group: Resource<AccountKey, GroupState, z.infer<typeof groupSchema>> = {
  kind: 'group',
  schema: groupSchema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      script: read`for g in ${names}; do getent group "$g" || echo; done`,
      parse({ stdout }) {
        const lines = stdout.toString().split('\n')
        return names.map((_, index) => {
          const gid = lines[index]?.split(':')[2]
          return gid === undefined ? null : { gid }
        })
      },
    }
  },
  apply({ name, system }, current, desired) {
    if (desired === null) return { script: apply`groupdel -- ${name}` }
    const options = desired.gid === undefined ? [] : ['-g', desired.gid]
    return { script: current ? apply`groupmod ${options} -- ${name}` : apply`groupadd ${[...(system ? ['-r'] : []), ...options]} -- ${name}` }
  },
  mayComeWithPackage: () => true,
}
