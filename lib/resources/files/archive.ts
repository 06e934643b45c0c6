import { z } from 'zod'
import { apply, applyLines, read, readLines, type ApplyScript, type ReadScript } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { temporaryFunctions } from '../../shell/temporary.ts'
import { listMembers, unpackMembers } from './archive-members.ts'
import { inOneLine, tagOf } from './beside.ts'
import { directoriesAbove, fileResource } from './file.ts'
import { mounts } from './file-read.ts'
import { fetchTo, needsCurl } from './file-write.ts'

export interface ArchiveKey {
  directory: string
  /** Names at the top of the directory that are not from the archive and are kept. */
  keep?: readonly string[]
  /**
   * If the archive contains a kept name too, leave that out, since the caller writes it anyway.
   * Otherwise this is an error.
   */
  keepWins?: boolean
  /** Number of leading parts to remove from members' names, as in `tar --strip-components`. */
  strip?: number
  /** Patterns of members' names in the archive; `*` also matches `/`. */
  include?: readonly string[]
  exclude?: readonly string[]
  /** Owner of everything. @default root */
  owner?: string
  group?: string
  /** Symbolic mode for everything, as in chmod(1). */
  mode?: string
  /** Take over a directory that contains something else. */
  replaceOther?: boolean
  /** Where the archive comes from: bytes to push, or a URL that the host downloads. */
  source: { bytes: () => Uint8Array } | { url: string; socks?: string }
}

export interface ArchiveState {
  readonly [field: string]: string | boolean | readonly string[] | undefined
  /** SHA-256 of the unpacked archive; '' if the directory contains something else. */
  sha256: string
  /**
   * Every file is still there with the size, time, owner and mode from unpacking, and nothing else
   * is.
   */
  whole: boolean
  /** Names that are not from the archive and will be removed. */
  'not from the archive'?: readonly string[]
  /** Names from the archive that have changed or are gone. */
  'not as unpacked'?: readonly string[]
  /** Which members were unpacked, and how, as JSON. */
  selection?: string
}

const none = z.array(z.string()).length(0).optional()
const schema = z.strictObject({ sha256: z.string(), whole: z.literal(true).optional(), 'not from the archive': none, 'not as unpacked': none, selection: z.string().optional() })

/** Files in the directory that record the archive and list its files. */
const MARK = '.stead-archive'
const LIST = '.stead-archive-list'

/** At most this many bytes of differences are sent. */
const LONGEST_DRIFT = 50_000

function except(keep: readonly string[]): string[] {
  return [MARK, LIST, ...keep].flatMap(name => [`./${name}`, `./${name}/*`]).flatMap(path => ['!', '-path', path])
}

/**
 * A directory's entries except kept ones: names, types, modes and owners (by number, since an
 * account may be named later); for files also size, link target and times. The time of change
 * (ctime) cannot be set by hand, so an edit shows in spite of equal size and mtime.
 */
function entries(keep: readonly string[]): ReadScript {
  return read`find . ${except(keep)} ! -type d -printf '%P %y %m %U %G %s %T@ %C@ %l\0' -o ${except(keep)} -type d -printf '%P %y %m %U %G\0' | sort -z`
}

/**
 * Shell: prints the entries that were not listed when the archive was unpacked (`+`), and the
 * listed ones that are gone or changed (`-`), in base64.
 */
function drift(keep: readonly string[]): ReadScript {
  return read`printf ' +%s -%s' "$(${entries(keep)} | comm -z -23 - ${LIST} | head -c ${LONGEST_DRIFT} | base64 -w0)" "$(${entries(keep)} | comm -z -13 - ${LIST} | head -c ${LONGEST_DRIFT} | base64 -w0)"`
}

/** The error for something other than a directory at its path. */
export function noDirectory(path: string): string {
  return `${path} is not a directory: move it away first.`
}

/**
 * Shell functions for swapping directories. Next to `$d` there is a working directory `$w` with the
 * new `tree`, the `old` one, and `.stead-kept`, which distinguishes it from directories with
 * similar names, and lists what was moved from the old tree to the new one.
 *
 * E: whether a path exists. M: whether there is a mount point `m` at or below a path. D: deletes,
 * but nothing that is mounted there (rm --one-file-system does not detect a bind mount), and
 * `.stead-kept` last, in case it is killed. B: moves what was kept back into the old tree. U: undoes
 * the swap after any failure, and deletes the new tree. R: repairs what a run that was killed
 * between the renames left in `$o`, and deletes that.
 */
const swapping = apply`E() { [ -e "$1" ] || [ -L "$1" ]; }
${mounts}
D() { if M "$1"; then echo "$1 was left there, since $m is a mount point: unmount it and remove the rest." >&2; else rm -rf --one-file-system -- "$1"/* && rm -rf --one-file-system -- "$1"; fi; }
B() { for n in "$1/.stead-kept/="*; do n=\${n#"$1/.stead-kept/="}; if E "$1/tree/$n" && ! E "$1/old/$n"; then mv -T -- "$1/tree/$n" "$1/old/$n" || return; fi; done; }
U() { trap - EXIT; if E "$w/old"; then B "$w" && mv -T -- "$w/old" "$d" || { echo "The previous content is in $w/old." >&2; exit 1; }; fi; Z; exit 1; }
R() {
  if E "$o/old" && E "$o/tree"; then
    B "$o" || exit
    rmdir -- "$d" 2>/dev/null || :
    if E "$d"; then for k; do if E "$o/old/$k"; then
      if E "$d/$k"; then echo "A killed run left $o/old/$k, but $d/$k exists now as well: choose one, and remove $o." >&2; exit 1; fi
      mv -T -- "$o/old/$k" "$d/$k" || exit
    fi; done
    else mv -T -- "$o/old" "$d" || exit; fi
  fi
  D "$o"
}`

/**
 * Shell, after {@link swapping}: repairs what a killed run left next to a directory. A later run
 * may evaluate it too.
 */
function repairing(directory: string, keep: readonly string[]): ApplyScript {
  return apply`d=$(readlink -m -- ${directory} && echo .); d=\${d%??}
for o in "$d".stead-????????; do if [ -d "$o/.stead-kept" ] && [ -O "$o" ] && [ ! -L "$o" ]; then R ${keep}; elif [ -O "$o" ] && [ ! -L "$o" ]; then rmdir -- "$o" 2>/dev/null || :; fi; done`
}

function parseUnpacked(line: string): ArchiveState | null {
  if (line === '') return null
  const [, sha256 = '', unlisted, now, before, selection = ''] = /^(\w+)( \?)?(?: \+(\S*))?(?: -(\S*))? =(.*)$/.exec(line) ?? []
  // A truncated mark counts as a mark; its archive is unpacked again.
  if (unlisted || sha256 === '') return { sha256, whole: false, 'not from the archive': [], 'not as unpacked': ['something; the list of names is missing'], selection }
  const [present, listed] = [namesOf(now ?? ''), namesOf(before ?? '')]
  const foreign = present.filter(name => name !== '.' && !listed.includes(name))
  const altered = listed.map(name => `${name} (${present.includes(name) ? 'changed' : 'gone'})`)
  const fields = { 'not from the archive': shortened(foreign), 'not as unpacked': shortened(altered) }
  return sha256 === 'other' ? { sha256: '', whole: false, ...fields } : { sha256, whole: foreign.length + altered.length === 0, ...fields, selection }
}

/** The names of entries; '.' is the directory itself. */
function namesOf(base64: string): string[] {
  const records = Buffer.from(base64, 'base64').toString().split('\0').filter(record => record !== '')
  return records.map(record => /^([\s\S]*?) [a-zA-Z] \d+ \d+ \d+( |$)/.exec(record)?.[1] ?? record).map(name => name || '.')
}

const MAX_NAMES = 40

function shortened(names: readonly string[]): readonly string[] {
  const shown = names.slice(0, MAX_NAMES).map(name => (/[\u0000-\u001f\u007f]/.test(name) ? JSON.stringify(name) : name))
  return names.length > MAX_NAMES ? [...shown, `and ${names.length - MAX_NAMES} more`] : shown
}

/** The argument for chown(1), which knows an owner's own group only by the owner's name. */
function ownership(owner: string, group: string | undefined): string {
  if (group !== undefined || owner === 'root') return `${owner}:${group ?? 'root'}`
  return /^\d+$/.test(owner) ? owner : `${owner}:`
}

/**
 * An archive unpacked into a directory of its own. It is unpacked next to it, checked, and swapped
 * in, so that the directory is always either the old or the new one as a whole. What is kept is
 * moved, not copied, so that a service can go on writing to it. Sources: tar(1), unzip(1), find(1),
 * rename(2), proc_pid_mountinfo(5).
 */
export const archiveResource: Resource<ArchiveKey, ArchiveState, z.infer<typeof schema>> = {
  kind: 'archive',
  schema,
  identify: ({ directory }) => directory,
  question: ({ keep = [] }) => JSON.stringify(keep),
  read(keys) {
    const looks = keys.map(({ directory, keep = [] }) => read`(cd -- ${directory} 2>/dev/null || { echo; exit; }
if [ -f ${MARK} ]; then read -r a p s <${MARK}; f=$(${entries(keep)} | sha256sum); f=\${f%% *}
  if [ "$f" = "$p" ]; then printf %s "$a"; elif [ -f ${LIST} ]; then printf %s "\${a:-cut}"; ${drift(keep)}; else printf '%s ?' "\${a:-cut}"; fi; printf ' =%s\n' "$s"
elif find . -mindepth 1 ${except(keep)} | grep -q .; then printf 'other +%s =\n' "$(${entries(keep)} | head -c ${LONGEST_DRIFT} | base64 -w0)"; else echo; fi)`)
    return {
      script: readLines(looks),
      parse: linePerKey(keys, 'Could not read the directory.', parseUnpacked),
    }
  },
  apply(key, current, desired) {
    const { directory, keep = [], source, owner = 'root', group, mode, replaceOther } = key
    const note = `archive-${tagOf(directory)}`
    const strange = current?.sha256 === '' && !replaceOther
    const fetched = 'url' in source ? fetchTo(source, read`"$w/archive"`) : apply`cat >"$w/archive"`
    return {
      stdin: 'bytes' in source ? source.bytes() : undefined,
      script: apply`set -e; umask 022
${swapping}
${temporaryFunctions}
d=$(readlink -m -- ${directory} && echo .); d=\${d%??}
if [ -e "$d" ] && [ ! -d "$d" ]; then echo ${noDirectory(directory)} >&2; exit 1; fi
if ${strange ? apply`true` : apply`false`}; then echo "$d contains something that is not from an archive, so it was left unchanged." >&2; exit 1; fi
if M "$d"; then echo "$d cannot be replaced while $m is a mount point: unmount it first." >&2; exit 1; fi
mkdir -p -- "\${d%/*}/"
${repairing(directory, keep)}
w=$d.stead-$(mktemp -u XXXXXXXX); Z() { D "$w"; undone ${note}; }; trap Z EXIT; trap 'exit 143' HUP INT TERM
temporary ${note} ${`unfinished unpacking for ${inOneLine(directory)}`} ${applyLines([apply`umask 022`, swapping, repairing(directory, keep)]).text} || :
mkdir -m 700 -- "$w" "$w/.stead-kept" "$w/tree"
${fetched}
s=$(sha256sum <"$w/archive"); s=\${s%% *}
[ "$s" = ${desired?.sha256 ?? ''} ] || { echo "The checksum of the archive is $s but should be "${desired?.sha256 ?? ''}". The previous content was kept." >&2; exit 1; }
${listMembers(key.strip ?? 0)}
${unpackMembers(key)}
${mode === undefined ? apply`:` : apply`chmod -R -- ${mode} "$w/tree"`}
chown -hR -- ${ownership(owner, group)} "$w/tree"
(cd "$w/tree" && ${entries(keep)}) >"$w/list"; mv -T -- "$w/list" "$w/tree/"${LIST}
f=$(sha256sum <"$w/tree/"${LIST}); printf '%s %s %s\n' "$s" "\${f%% *}" ${desired?.selection ?? ''} >"$w/tree/"${MARK}
for k in ${keep}; do
  if E "$w/tree/$k"; then ${key.keepWins ? apply`rm -rf --one-file-system -- "$w/tree/$k"` : apply`echo "The archive contains $k, which is also in keep: exclude it from the archive, or remove it from keep." >&2; exit 1`}; fi
  : >"$w/.stead-kept/=$k"
done
sync -f -- "$w"
trap U EXIT; trap '' HUP INT TERM
if E "$d"; then mv -T -- "$d" "$w/old"; fi
for k in ${keep}; do if E "$w/old/$k"; then mv -T -- "$w/old/$k" "$w/tree/$k"; fi; done
mv -T -- "$w/tree" "$d"
trap Z EXIT`,
    }
  },
  forecast: {
    needs: ({ source }, _current, desired) => (desired !== null && 'url' in source ? needsCurl : []),
    sideEffects: ({ directory }) => [{ kind: 'file', identity: directory, state: { type: 'directory' }, below: true }, ...directoriesAbove(directory)],
    // The directory's own mode is that of a new one, since few archives contain another.
    overrides: ({ directory, owner = 'root', group = owner === 'root' ? owner : undefined, mode }) => [
      { resource: fileResource, key: { path: directory }, desired: { type: 'directory', owner, group, mode: mode === undefined ? '0755' : undefined } },
    ],
    mayComeWithPackage: () => false,
    mayChangeWith: ({ directory, keep = [] }, { kind, name }) => (kind === 'tree' && `${directory}/`.startsWith(`${name}/`)) || (kind === 'file' && name.startsWith(`${directory}/`) && !keep.includes(name.slice(directory.length + 1).split('/')[0] ?? '')),
  },
}
