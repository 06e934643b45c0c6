import { z } from 'zod'
import { ReadError } from '../../errors.ts'
import { apply, applyLines, read, type ApplyScript } from '../../shell/script.ts'
import { differences } from '../../state/compare.ts'
import type { Need } from '../../state/forecast.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { unmetOptions } from './mount-options.ts'

export interface MountKey {
  path: string
  /**
   * What should be mounted there, to find out whether the current mount is that under another name.
   */
  source?: string
}

export interface MountState {
  readonly [field: string]: string | readonly string[]
  source: string
  type: string
  /** As the kernel shows them. */
  options: readonly string[]
}

const schema = z.strictObject({
  source: z.string(),
  /** Omitted: any. */
  type: z.string().optional(),
  options: z.array(z.string()),
})

type MountDesired = z.infer<typeof schema>

const answer = z.object({ filesystems: z.array(z.object({ source: z.string().nullable(), fstype: z.string().nullable(), options: z.string() })) })

/** Programs that mount(8) calls for some types, with the packages that contain them. */
const helpers: Readonly<Record<string, Need>> = {
  nfs: { program: 'mount.nfs', packages: ['nfs-common'] }, nfs4: { program: 'mount.nfs4', packages: ['nfs-common'] }, cifs: { program: 'mount.cifs', packages: ['cifs-utils'] },
}

/**
 * One line per key: 1 if the mount is the requested source (under another name, as the directory
 * that it binds, or through a loop device); then findmnt's answer.
 */
const readScript = (keys: readonly MountKey[]) => read`set -- ${keys.flatMap(({ path, source = '' }) => [path, source])}; while [ $# -gt 1 ]; do
s=$(findmnt -no SOURCE -M "$1" | tail -n 1); w=$2; same=
case $w in [A-Z]*=*) w=$(findfs "$w" 2>/dev/null || echo "$w");; esac
if [ -z "$s" ]; then :; elif [ "$w" = "$s" ]; then same=1
else case $w in //*) :;; /*)
  if [ -d "$w" ]; then if [ "$w" -ef "$1" ]; then same=1; fi
  elif [ -f "$w" ]; then if [ "$(cat "/sys/class/block/\${s##*/}/loop/backing_file" 2>/dev/null)" = "$(readlink -f -- "$w")" ]; then same=1; fi
  elif [ "$(readlink -f -- "$w")" = "$(readlink -f -- "$s")" ]; then same=1; fi;; esac; fi
echo "$same $(findmnt -J -o SOURCE,FSTYPE,OPTIONS -M "$1" | tr -d '\n')"; shift 2; done`

function stateOf(line: string, { path, source }: MountKey): MountState | null {
  const [, same, json = ''] = /^(1?) (.*)$/.exec(line) ?? []
  if (json === '') return null
  const found = answer.parse(JSON.parse(json)).filesystems.at(-1)
  if (!found) throw new ReadError(`Could not read what is mounted at ${path}: ${json}`)
  return { source: same && source !== undefined ? source : (found.source ?? ''), type: found.fstype ?? '', options: found.options.split(',') }
}

/** Shell: unmounts everything at a path, or says what keeps it busy. */
const unmount = (path: string): ApplyScript => apply`while findmnt -M ${path} >/dev/null; do umount -- ${path} || {
  below=$(findmnt -Rnro TARGET -M ${path} | tail -n +2 | head -n 5 | paste -sd ' ')
  users=$(find /proc/[0-9]*/cwd /proc/[0-9]*/root /proc/[0-9]*/exe /proc/[0-9]*/fd -maxdepth 1 '(' -lname ${pattern(path)} -o -lname ${`${pattern(path)}/*`} ')' -printf '%p\n' 2>/dev/null | cut -d / -f 3 | sort -un | head -n 5 | while read -r p; do printf '%s (%s) ' "$(cat "/proc/$p/comm")" "$p"; done)
  echo ${`Could not unmount ${path}.`}"\${below:+ Mounted below it: $below.}\${users:+ In use by: \${users% }.}" >&2; exit 1; }; done`

/** A pattern for find(1) that matches a path literally. */
const pattern = (path: string): string => path.replace(/[*?[\]\\]/g, '\\$&')

/**
 * Whether the kernel may show one type for another: version 4 of NFS, and file systems in user
 * space.
 */
const sameType = (wanted: string, shown: string): boolean => wanted === shown || (wanted === 'nfs' && shown === 'nfs4') || (wanted !== '' && shown === 'fuseblk')

const isAnother = (current: MountState, desired: MountDesired): boolean => current.source !== desired.source || (desired.type !== undefined && !sameType(desired.type, current.type))

/**
 * What is mounted at a path now, whatever fstab says. Sources: findmnt(8), mount(8), umount(8),
 * proc(5).
 */
export const mountResource: Resource<MountKey, MountState, MountDesired> = {
  kind: 'mount',
  schema,
  identify: ({ path }) => path,
  read: keys => ({
    script: readScript(keys),
    parse: linePerKey(keys, 'Could not read the mounts.', stateOf),
  }),
  answers: ({ source }, key) => key.source === undefined || key.source === source,
  compare(_key, current, desired) {
    if (!current || !desired) return differences(current, desired)
    const unmet = unmetOptions(desired.options, current.options)
    const type = desired.type !== undefined && sameType(desired.type, current.type) ? current.type : desired.type
    return differences(current, { ...desired, type, options: unmet.length > 0 ? desired.options : current.options })
  },
  apply({ path }, current, desired) {
    if (!desired) return { script: unmount(path) }
    const options = ['rw', ...desired.options].join(',')
    if (current && !isAnother(current, desired)) return { script: apply`mount -o ${`remount,${options}`} -- ${path}` }
    return { script: applyLines([...(current ? [unmount(path)] : []), apply`mount -t ${desired.type ?? 'auto'} -o ${options} -- ${desired.source} ${path}`]) }
  },
  forecast: {
    needs: (_key, _current, desired) => [helpers[desired?.type ?? '']].flatMap(need => need ?? []),
    // Another file system has other files, and its own owner and mode.
    sideEffects: ({ path }, desired, current) => (current && desired && !isAnother(current, desired) ? [] : [{ kind: 'file', identity: path, state: 'unsure', below: true }]),
    mayChangeWith: ({ path }, { kind, name }) => (kind === 'unit' && name.endsWith('.mount')) || (kind === 'mount' && path.startsWith(`${name}/`)),
  },
}
