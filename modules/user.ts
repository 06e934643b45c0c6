import { z } from 'zod'
import { absolutePath, CertainError, Content, defineModule, filePath, name, PlaybookError, Secret, want } from '../lib/resource.ts'
import { planHome, refuseHomeOfAnother } from '../lib/module/plan-home.ts'
import { fileResource } from '../lib/resources/files/file.ts'
import { isPasswordHash, lockWanted } from '../lib/resources/users/password.ts'
import { homeInTheWay, userResource } from '../lib/resources/users/user.ts'
import { groupNames } from './group.ts'

const args = z.strictObject({
  name: name.refine(text => !/^\d+$/.test(text), 'must be a name, not a number').refine(text => text.length <= 32, 'must be at most 32 characters long'),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  uid: z.int('must be a whole number').min(0, 'must be 0 or more').transform(String).optional(),
  /** Allow another user with the same `uid`. @default false */
  nonUnique: z.boolean('must be true or false').default(false),
  /** Primary group, by name or number. @default as it is; for a new user a group of its own name */
  group: name.optional(),
  /**
   * Supplementary groups, by name or number; the complete list, unless `append` is true. An empty
   * list removes the user from all.
   * @default as they are
   */
  groups: z.array(name, 'must be a list of groups').optional(),
  /** Keep its other groups too. @default false */
  append: z.boolean('must be true or false').default(false),
  /**
   * Create it as a system user: an id below 1000, no home directory unless requested.
   * @default false
   */
  system: z.boolean('must be true or false').default(false),
  comment: z.string().regex(/^[^:\r\n]*$/, 'must be one line without a colon').optional(),
  /** Login shell. @default as it is; that of useradd(8) for a new one */
  shell: filePath.optional(),
  /** Home directory in passwd(5). @default as it is; /home/NAME for a new one */
  home: absolutePath.optional(),
  /**
   * Create a missing home directory.
   * @default true for a new user or where `home` is given, unless `system`; else false
   */
  createHome: z.boolean('must be true or false').optional(),
  /** When `home` changes, move the old directory; otherwise it stays. @default false */
  moveHome: z.boolean('must be true or false').default(false),
  /** Initial content of a new home directory; '/dev/null' for none. @default '/etc/skel' */
  skeleton: absolutePath.optional(),
  /**
   * A hash as in crypt(5) (`mkpasswd`), never the password itself; '*' for none.
   * @default as it is; none for a new user
   */
  password: z.instanceof(Secret, { message: 'must be a Secret: secret(…)' }).refine(given => isPasswordHash(given.reveal()), 'must be a hash as crypt(5) makes it (mkpasswd), not the password itself').optional(),
  /** `on-create` keeps the password of an existing user. @default 'always' */
  updatePassword: z.enum(['always', 'on-create'], 'must be \'always\' or \'on-create\'').default('always'),
  /** Whether its password is locked; SSH keys still work. @default as it is */
  locked: z.boolean('must be true or false').optional(),
  /**
   * The day from which it can no longer log in, even with SSH keys, or 'never'.
   * @default as it is
   */
  expires: z.union([z.literal('never'), z.iso.date()], 'must be a day, as in \'2030-12-31\', or \'never\'').optional(),
  /** With `absent`: remove home directory and mail too. @default false */
  removeHome: z.boolean('must be true or false').default(false),
}).superRefine(({ append, groups, nonUnique, uid, moveHome, home, password, locked }, context) => {
  const needs = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  if (append && groups === undefined) needs('append', 'makes sense only together with groups')
  if (nonUnique && uid === undefined) needs('nonUnique', 'makes sense only together with uid')
  if (moveHome && home === undefined) needs('moveHome', 'makes sense only together with home')
  if (password?.reveal() === '!' && locked === false) needs('locked', 'must not be false with the password \'!\': without the lock anybody could log in')
})

/**
 * A user of the host. For SSH keys see authorized-key. Not supported from Ansible's `user`:
 * `generate_ssh_key` (command), `login_class` and other systems' arguments, `seuser`, `local`,
 * `uid_min` and `uid_max` (give the `uid`), `umask` (login.defs has it), `password_expire_…` (a
 * policy of the host), `force` (userdel(8) -f removes a user that is logged in). Source:
 * useradd(8), usermod(8), userdel(8).
 *
 * @example
 * user({ name: 'backup-runner', system: true, home: '/var/lib/backup-runner', shell: '/usr/sbin/nologin' })
 */
export const user = defineModule({
  name: 'user',
  args,
  claims: ({ name: login, state, uid, nonUnique }) => ({ owner: `user ${login}`, things: state === 'absent' || uid === undefined || nonUnique ? [] : [`the UID ${uid}`] }),
  async plan({ name: login, state, append, group, groups, uid, password, updatePassword, createHome, ...given }, host) {
    const { system, nonUnique, moveHome, skeleton, removeHome, home, comment, shell, locked, expires } = given
    const key = { name: login, system, nonUnique, moveHome, skeleton, removeHome }
    if (state === 'absent') {
      if (removeHome) await refuseHomeOfAnother(host, login)
      return { wants: [want(userResource, key, null)] }
    }
    const [current, holder, [primary], secondary, inTheWay] = await Promise.all([
      host.current(userResource, key),
      uid === undefined || nonUnique ? null : host.current(userResource, { name: uid }),
      groupNames(group === undefined ? [] : [group], host),
      groups && groupNames(groups, host),
      moveHome && home !== undefined ? host.current(fileResource, { path: home, noFollow: true }) : null,
    ])
    if (home !== undefined && inTheWay && current && current.home !== home && current.homeDirectory === 'present') throw new PlaybookError(homeInTheWay(login, home), { hint: 'Move it away first, or remove moveHome.' })
    // An earlier task may change the UID of its holder, or remove that user.
    if (holder && holder.name !== login && current?.uid !== uid && (await host.current(userResource, { name: holder.name }))?.uid === uid) throw new CertainError(`UID ${uid} already belongs to user ${holder.name}.`, { hint: 'Choose another uid, or set nonUnique: true.' })
    const all = secondary && [...new Set([...secondary, ...(append ? (current?.groups ?? []) : [])])].filter(one => one !== (primary ?? current?.group)).sort()
    const isNew = current === null || current.homeDirectory === 'unfinished'
    const hashed = password && (updatePassword === 'always' || isNew) ? Content.of(password.reveal().replace(/^!$/, ''), { secret: true }) : undefined
    const kept = lockWanted(locked, current, hashed)
    if (locked === false && current?.locked !== false && ((hashed ?? current?.password)?.size ?? 0) === 0 && !(current === null && host.packagesPending())) {
      throw new PlaybookError(`${login} has no password: without the lock anybody could log in.`, { hint: 'Set a password (a hash, or \'*\' for none), or remove locked.' })
    }
    const hasHome = createHome ?? (!system && (isNew || home !== undefined))
    const directory = home ?? current?.home ?? `/home/${login}`
    const isMade = hasHome && (current?.homeDirectory !== 'present' || current.home !== directory)
    const isMoved = moveHome && current?.homeDirectory === 'present' && current.home !== directory
    return {
      wants: [...(isMade || isMoved ? await planHome(host, login, directory, skeleton) : []), want(userResource, key, {
        uid, group: primary, groups: all, comment, home, shell, locked: kept, expires, password: hashed, homeDirectory: hasHome ? 'present' : undefined,
      })],
    }
  },
})
