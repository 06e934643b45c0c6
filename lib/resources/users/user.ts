import { z } from 'zod'
import { apply, applyLines, read, type ApplyScript } from '../../shell/script.ts'
import { Content } from '../../state/content.ts'
import type { SideEffect } from '../../state/forecast.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import type { Output } from '../../shell/output.ts'
import { directoriesAbove } from '../files/file.ts'
import { changingAccounts } from './account-files.ts'
import { parseIdentity } from './identity.ts'

/** A user by name. To look one up, but not to write it, the id works too. */
export interface UserKey {
  name: string
  /** For a new user: an id below 1000, without password aging (useradd(8), -r). */
  system?: boolean
  /** Allow another user to have the same id. */
  nonUnique?: boolean
  /** Move the content of the old home directory when it changes. */
  moveHome?: boolean
  /** The directory that a new home directory is copied from. */
  skeleton?: string
  /** Remove the home directory and mail with the user. */
  removeHome?: boolean
}

export interface UserState {
  readonly [field: string]: string | boolean | Content | readonly string[] | undefined
  name: string
  uid: string
  group: string
  /** Supplementary groups, sorted. */
  groups: readonly string[]
  comment: string
  home: string
  /**
   * `unfinished`: a run was interrupted before it was complete. The host keeps a note of that until
   * everything about the user has been set.
   */
  homeDirectory: 'present' | 'missing' | 'unfinished'
  shell: string
  locked: boolean
  /**
   * The day on which the account expires, `never`, or `unset` if shadow(5) does not contain the
   * user.
   */
  expires: string
  /** The hash without the lock mark; only its size and checksum leave the host. */
  password: Content
}

const schema = z.strictObject({
  uid: z.string().optional(), group: z.string().optional(), groups: z.array(z.string()).optional(), comment: z.string().optional(),
  home: z.string().optional(), homeDirectory: z.literal('present').optional(), shell: z.string().optional(), locked: z.boolean().optional(),
  expires: z.string().optional(), password: z.custom<Content>(value => value instanceof Content && value.secret, 'must be secret').optional(),
})

type Desired = z.infer<typeof schema>

/** Notes of users whose home directories are being created. They survive the run and a reboot. */
const unfinished = '/var/lib/stead/unfinished'
const noteOf = (name: string) => `${unfinished}/user-${name}`

/**
 * A user of passwd(5) and shadow(5). Sources: getent(1), id(1), useradd(8), usermod(8), userdel(8),
 * chpasswd(8), login.defs(5).
 */
export const userResource: Resource<UserKey, UserState, Desired> = {
  kind: 'user',
  schema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      // If groups share a number, id names one of them; the lists of members show which one it is.
      script: read`all=$(getent group); nl='
'
m() { IFS=$nl; set -f; for x in $all; do case ",\${x##*:}," in *",$1,"*) g=\${x%:*}; printf '%s:%s,' "\${x%%:*}" "\${g##*:}";; esac; done; unset IFS; set +f; echo; }
for u in ${names}; do
p=$(getent passwd "$u") || { echo =; continue; }
n=\${p%%:*}; s=$(getent shadow "$n"); h=\${s#*:}; h=\${h%%:*}; d=\${p%:*}; d=\${d##*:}; l=; while :; do case $h in '!'*) l=locked; h=\${h#!};; *) break;; esac; done
printf '=%s\n' "$p"; id -- "$n" 2>/dev/null || echo; echo "$l"; m "$n"
if [ -e ${unfinished}/user-"$n" ]; then echo unfinished; elif [ -d "$d" ]; then echo present; else echo missing; fi
if [ -n "$s" ]; then x=\${s%:*}; echo "\${x##*:}"; else echo unset; fi
printf %s "$h" | sha256sum; echo "\${#h}"
done`,
      parse: output => parseUsers(output, names),
    }
  },
  apply(key, current, desired) {
    if (desired === null) return { script: changingAccounts(apply`userdel ${key.removeHome ? ['-r'] : []} -- ${key.name} && rm -f -- ${noteOf(key.name)}`) }
    const { password, locked } = desired
    const making = desired.homeDirectory !== undefined && (current?.homeDirectory !== 'present' || current.home !== (desired.home ?? current.home))
    const steps = [current ? modify(key, current, desired) : add(key, desired)]
    // Recorded first, so that after an interrupted run the next one does not take a user without a
    // home for finished.
    if (making) steps.unshift(apply`mkdir -p -m 700 -- /var/lib/stead ${unfinished} && : >${noteOf(key.name)} && sync -- ${unfinished}`)
    if (making) steps.push(makeHome(key))
    const newPassword = password && (!current || !password.equals(current.password)) ? password : undefined
    if (newPassword) steps.push(apply`chpasswd -e`)
    const willBeLocked = newPassword ? (locked ?? current?.locked ?? false) : (current?.locked ?? true)
    if (locked !== undefined && locked !== willBeLocked) steps.push(locked ? apply`usermod -L -- ${key.name}` : unlock(key.name))
    if (making) steps.push(apply`rm -f -- ${noteOf(key.name)}`)
    // The hash goes only through standard input: everybody can see an argument in ps(1).
    const stdin = newPassword && Buffer.concat([Buffer.from(`${key.name}:${willBeLocked ? '!' : ''}`), newPassword.bytes ?? Buffer.alloc(0), Buffer.from('\n')])
    return { script: changingAccounts(applyLines([apply`set -e`, ...steps])), stdin }
  },
  forecast: {
    mayComeWithPackage: () => true,
    defaults: ({ name }) => ({ name, group: name, groups: [], comment: '', home: `/home/${name}`, homeDirectory: 'missing', locked: true, password: Content.of('', { secret: true }) }),
    sideEffects: foretold,
    mayChangeWith: (_key, { kind, name, after }, current) => current !== null && (kind === 'group'
      ? after === null && (current.group === name || current.groups.includes(name))
      : kind === 'file' && `${current.home}/`.startsWith(`${name}/`) && (after === null) === (current.homeDirectory === 'present')),
  },
}

/**
 * A new user's own group and home directory. When a user is removed, the group and the home may go
 * too.
 */
function foretold({ name, removeHome, moveHome }: UserKey, desired: Desired | null, current: UserState | null): SideEffect[] {
  const numbers = desired?.uid === undefined && desired !== null ? [] : [
    ...(current && current.uid !== desired?.uid ? [{ kind: 'user' as const, identity: current.uid, state: null }, { kind: 'account-number' as const, identity: `passwd ${current.uid}`, state: null }] : []),
    ...(desired?.uid === undefined ? [] : [{ kind: 'user' as const, identity: desired.uid, state: { name, uid: desired.uid } }, { kind: 'account-number' as const, identity: `passwd ${desired.uid}`, state: { name } }]),
  ]
  if (desired === null) {
    const home = current?.home
    return [...numbers, { kind: 'group' as const, identity: name, state: 'unsure' }, ...(removeHome && home ? [{ kind: 'file' as const, identity: home, state: null, below: true }] : [])]
  }
  const home = desired.home ?? current?.home ?? `/home/${name}`
  const moved = moveHome && current && current.home !== home ? [{ kind: 'file' as const, identity: current.home, state: null, below: true }] : []
  const made = desired.homeDirectory === 'present' && (current?.homeDirectory !== 'present' || current.home !== home)
  return [
    ...numbers,
    ...(current === null && desired.group === undefined ? [{ kind: 'group' as const, identity: name, state: { name }, whereMissing: true }] : []),
    ...moved,
    ...(made || moved.length ? [{ kind: 'file' as const, identity: home, state: { type: 'directory', owner: name, group: desired.group ?? current?.group ?? name }, whereMissing: true, below: true }, ...directoriesAbove(home)] : []),
  ]
}

function parseUsers(output: Output, names: readonly string[]): (UserState | null)[] {
  const stdout = stdoutOf(output, 'Could not look up the users.')
  const answers = stdout.toString().split(/^=/m).slice(1)
  return names.map((_, index) => {
    const [passwd = '', identity = '', locked, listed = '', home, days = '', checksum = '', size = '0'] = answers[index]?.split('\n') ?? []
    if (passwd === '') return null
    const { group, groups } = parseIdentity(identity, listed.split(','))
    const [name = '', , uid = '', , comment = '', directory = '', shell = ''] = passwd.split(':')
    return {
      name, uid, group, groups: groups.filter(other => other !== group).sort(), comment, home: directory, shell,
      homeDirectory: home === 'present' || home === 'unfinished' ? home : 'missing', locked: locked === 'locked',
      expires: days === 'unset' ? 'unset' : days === '' ? 'never' : new Date(Number(days) * 86_400_000).toISOString().slice(0, 10),
      password: Content.known(checksum.slice(0, 64), Number(size)),
    }
  })
}

/** Options of useradd(8) and usermod(8), which use the same letters, for the fields that differ. */
function options(desired: Desired, current: UserState | null): string[] {
  const letters = { uid: '-u', group: '-g', comment: '-c', home: '-d', shell: '-s', expires: '-e' } as const
  const single = (['uid', 'group', 'comment', 'home', 'shell', 'expires'] as const).flatMap(field => {
    const value = desired[field]
    return value === undefined || value === current?.[field] ? [] : [letters[field], field === 'expires' && value === 'never' ? '' : value]
  })
  const groups = desired.groups
  return groups === undefined || groups.join() === current?.groups.join() ? single : [...single, '-G', groups.join(',')]
}

function add({ name, system, nonUnique }: UserKey, desired: Desired): ApplyScript {
  const kind = [...(system ? ['-r'] : []), ...(nonUnique ? ['-o'] : []), '-M']
  // useradd would refuse if a group with the user's name already exists.
  const own = desired.group === undefined ? apply`if getent group ${name} >/dev/null; then set -- -g ${name}; else set -- -U; fi` : apply`set --`
  return apply`${own}; useradd ${[...kind, ...options(desired, null)]} "$@" -- ${name} || { c=$?; rm -f -- ${noteOf(name)}; exit $c; }`
}

/** usermod(8) removes one lock mark at a time, and some systems set two. */
function unlock(name: string): ApplyScript {
  return apply`while case $(getent shadow ${name}) in ${name}:'!'*) ;; *) false;; esac; do usermod -U -- ${name}; done`
}

function modify({ name, nonUnique, moveHome }: UserKey, current: UserState, desired: Desired): ApplyScript {
  const changed = options(desired, current)
  if (changed.length === 0) return apply`:`
  const words = [...(nonUnique ? ['-o'] : []), ...changed]
  const to = moveHome && current.homeDirectory === 'present' && desired.home !== current.home ? desired.home : undefined
  if (to === undefined) return apply`usermod ${words} -- ${name}`
  // usermod records the new home before it moves anything, and does not undo that if the move
  // fails.
  return apply`if [ -e ${to} ] || [ -L ${to} ]; then echo ${homeInTheWay(name, to)}; exit 12; fi
c=0; usermod -m ${words} -- ${name} || c=$?
if [ $c = 12 ] && [ -d ${current.home} ]; then usermod -d ${current.home} -- ${name}; fi; [ $c = 0 ] || exit $c`
}

/** Why a home directory cannot be moved. */
export function homeInTheWay(name: string, path: string): string {
  return `The home directory of ${name} cannot be moved: ${path} already exists.`
}

/**
 * Creates the home directory under a temporary name, with the mode from login.defs(5), and follows
 * no links in the skeleton.
 */
function makeHome({ name, skeleton }: UserKey): ApplyScript {
  const copy = apply`cp -rP --preserve=mode,timestamps -- ${skeleton ?? usualSkeleton}/. "$n"`
  const fill = skeleton === noSkeleton ? apply`:` : skeleton === undefined ? apply`if [ -d ${usualSkeleton} ]; then ${copy}; fi` : copy
  return apply`h=$(getent passwd ${name} | cut -d: -f6); if ! [ -d "$h" ]; then
m=$(sed -n 's/^HOME_MODE[[:space:]]*//p' /etc/login.defs); k=$(sed -n 's/^UMASK[[:space:]]*//p' /etc/login.defs)
[ -n "$m" ] || m=$(printf %o $(( 0777 & ~0\${k:-022} )))
n=$(mktemp -d -- "\${h%/*}/.stead.XXXXXXXX"); trap 'rm -rf -- "$n"' EXIT
${fill}
chown -hR -- ${name}: "$n"; chmod "0$m" -- "$n"; mv -T -- "$n" "$h"; trap - EXIT; fi`
}

/** The default skeleton of a home directory; it may be missing. */
const usualSkeleton = '/etc/skel'

/** The skeleton for an empty home directory. */
export const noSkeleton = '/dev/null'
