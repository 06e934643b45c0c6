import { z } from 'zod'
import { CertainError, defineModule, name, PlaybookError, want, type HostView } from '../lib/resource.ts'
import { groupResource } from '../lib/resources/users/group.ts'

const args = z.strictObject({
  name: name.refine(text => !/^\d+$/.test(text), 'must be a name, not a number').refine(text => text.length <= 32, 'must be at most 32 characters long'),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** A new one gets an id below 1000. @default false */
  system: z.boolean('must be true or false').default(false),
  /** Its number. @default as it is; the next free one for a new group */
  gid: z.int('must be a whole number').min(0, 'must be 0 or more').transform(String).optional(),
  /** Allow another group with the same `gid`. @default false */
  nonUnique: z.boolean('must be true or false').default(false),
  /** With `absent`: remove it even where it is a user's primary group. @default false */
  force: z.boolean('must be true or false').default(false),
}).refine(({ nonUnique, gid }) => !nonUnique || gid !== undefined, { path: ['nonUnique'], message: 'makes sense only together with gid' })

/**
 * Resolves groups given by name or number to names.
 * @throws PlaybookError for one that does not exist, unless a package may create it.
 */
export async function groupNames(given: readonly string[], host: HostView): Promise<string[]> {
  return Promise.all(given.map(async one => {
    const found = await host.current(groupResource, { name: one })
    if (!found && !host.packagesPending()) throw new PlaybookError(`Group ${one} does not exist.`, { hint: 'Create it in an earlier task (group).' })
    return found?.name ?? one
  }))
}

/**
 * A group of the host. The user module manages its members. Not supported from Ansible's `group`:
 * `local`, `gid_min` and `gid_max` (give the `gid`). Source: groupadd(8), groupmod(8), groupdel(8).
 *
 * @example
 * group({ name: 'media', gid: 1500 })
 */
export const group = defineModule({
  name: 'group',
  args,
  claims: ({ name: own, state, gid, nonUnique }) => ({ owner: `group ${own}`, things: state === 'absent' || gid === undefined || nonUnique ? [] : [`the GID ${gid}`] }),
  async plan({ name: own, state, system, gid, nonUnique, force }, host) {
    const wanted = want(groupResource, { name: own, system, nonUnique, force }, state === 'absent' ? null : { gid })
    if (state === 'present' && gid !== undefined && !nonUnique) {
      const [current, holder] = await Promise.all([host.current(groupResource, { name: own }), host.current(groupResource, { name: gid })])
      // An earlier task may change the GID of its holder, or remove it.
      const still = holder && holder.name !== own && current?.gid !== gid ? await host.current(groupResource, { name: holder.name }) : null
      if (holder && still?.gid === gid) throw new CertainError(`GID '${gid}' already exists with group '${holder.name}'.`, { hint: 'Choose another gid, or set nonUnique: true.' })
    }
    return { wants: [wanted] }
  },
})
