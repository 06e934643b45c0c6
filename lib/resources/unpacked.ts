import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, read, readLines, type ReadScript } from '../shell/script.ts'
import type { Resource } from '../state/resource.ts'
import { listMembers, unpackMembers } from './archive-members.ts'
import { directoriesAbove } from './file.ts'
import { fetchTo } from './file-write.ts'

export interface UnpackedKey {
  directory: string
  /** Names at the top of the directory that do not come from the archive and are kept. */
  keep?: readonly string[]
  /** Leading parts of the members' names to leave out, as `tar --strip-components`. */
  strip?: number
  /** Patterns of members' names as they stand in the archive; `*` also stands for `/`. */
  include?: readonly string[]
  exclude?: readonly string[]
  /** Owner of all, else root. */
  owner?: string
  group?: string
  /** Symbolic mode for all, as in chmod(1). */
  mode?: string
  /** Take over a directory that holds something else. */
  replaceOther?: boolean
  /** Where the archive is: bytes to push, or a URL that the host fetches. */
  source: { bytes: () => Uint8Array } | { url: string; socks?: string }
}

export interface UnpackedState {
  readonly [field: string]: string | boolean | undefined
  /** SHA-256 of the archive that was unpacked; empty where the directory holds something else. */
  sha256: string
  /** Every file is there still, of the size, time, owner and mode it was unpacked with. */
  whole: boolean
  /** What of it was unpacked and how, as JSON. */
  selection?: string
}

const schema = z.strictObject({ sha256: z.string(), whole: z.literal(true), selection: z.string().optional() })

/** What remembers the archive and its files, inside the directory. */
const MARK = '.stead-archive'

function except(keep: readonly string[]): string[] {
  return [MARK, ...keep].flatMap(name => [`./${name}`, `./${name}/*`]).flatMap(path => ['!', '-path', path])
}

/**
 * Fingerprint of a directory's entries but for what is not of the archive: names, types, modes and owners (by number, since an account may get a name); of files also size, link text
 * and times. The time of change cannot be set back by hand, so an edit shows whatever its size and mtime.
 */
function fingerprint(keep: readonly string[]): ReadScript {
  return read`find . ${except(keep)} ! -type d -printf '%P %y %m %U %G %s %T@ %C@ %l\0' -o ${except(keep)} -type d -printf '%P %y %m %U %G\0' | sort -z | sha256sum`
}

/** What stands in the place of the directory, for a person. */
export function noDirectory(path: string): string {
  return `${path} is no directory, and is to be one: move it away first.`
}

/**
 * Shell functions of the swap. Beside `$d` it has a directory `$w` of its own, with the new `tree`, the `old` one, and `.stead-kept`: by
 * that it is told from what is only called alike, and it names what was taken from the old one into the new.
 *
 * E: whether there is something. M: whether a mount point is at a path or below, `m`. D: deletes, but nothing of what is mounted there
 * (rm --one-file-system does not tell a bind mount). B: puts what was kept back into the old one. U: undoes the swap, whatever it failed of,
 * and deletes the new one. R: puts right what a run that was killed between the renames left in `$o`, and deletes that.
 */
const swapping = apply`E() { [ -e "$1" ] || [ -L "$1" ]; }
M() { while read -r m m m m m r; do case $m in *\\*) m=$(printf '%b.' "$m"); m=\${m%.};; esac; case $m in "$1"|"$1"/*) return 0;; esac; done </proc/self/mountinfo; return 1; }
D() { if M "$1"; then echo "$1 is left there, since $m is a mount point: unmount it, and remove the rest." >&2; else rm -rf --one-file-system -- "$1"; fi; }
B() { for n in "$1/.stead-kept/="*; do n=\${n#"$1/.stead-kept/="}; if E "$1/tree/$n" && ! E "$1/old/$n"; then mv -T -- "$1/tree/$n" "$1/old/$n" || return; fi; done; }
U() { trap - EXIT; if E "$w/old"; then B "$w" && mv -T -- "$w/old" "$d" || { echo "What was there is in $w/old." >&2; exit 1; }; fi; D "$w"; exit 1; }
R() {
  if E "$o/old" && E "$o/tree"; then
    B "$o"
    rmdir -- "$d" 2>/dev/null || :
    if E "$d"; then for k; do if E "$o/old/$k"; then
      if E "$d/$k"; then echo "A run that was killed left $o/old/$k, and there is another $d/$k now: choose one, and remove $o." >&2; exit 1; fi
      mv -T -- "$o/old/$k" "$d/$k"
    fi; done
    else mv -T -- "$o/old" "$d"; fi
  fi
  D "$o"
}`

/** As chown(1) takes it: an owner's own group is known of a name alone. */
function ownership(owner: string, group: string | undefined): string {
  if (group !== undefined || owner === 'root') return `${owner}:${group ?? 'root'}`
  return /^\d+$/.test(owner) ? owner : `${owner}:`
}

/**
 * An archive unpacked into a directory of its own. It is unpacked beside, looked through, and swapped in: the directory is the old one or
 * the new one, whole. What is kept is moved over, not copied, so that a service goes on writing to it. Sources: tar(1), unzip(1), find(1),
 * rename(2), proc_pid_mountinfo(5).
 */
export const unpacked: Resource<UnpackedKey, UnpackedState, z.infer<typeof schema>> = {
  kind: 'archive',
  schema,
  identify: ({ directory }) => directory,
  question: ({ keep = [] }) => JSON.stringify(keep),
  read(keys) {
    const looks = keys.map(({ directory, keep = [] }) => read`(cd -- ${directory} 2>/dev/null || { echo; exit; }
if [ -f ${MARK} ]; then read -r a p s <${MARK}; f=$(${fingerprint(keep)}); printf '%s %s %s %s\n' "$a" "$p" "\${f%% *}" "$s"
elif find . -mindepth 1 ${except(keep)} | grep -q .; then echo other; else echo; fi)`)
    return {
      script: readLines(looks),
      parse({ stdout, stderr, exitCode }) {
        if (exitCode !== 0) throw new ReadError('The directory could not be looked at.', { stderr, exitCode })
        const lines = stdout.toString().split('\n')
        return keys.map((_, index) => {
          const line = lines[index] ?? ''
          const [sha256 = '', recorded = '', found, ...selection] = line.split(' ')
          if (line === '') return null
          // A mark that was cut off is one all the same: its archive is unpacked anew.
          return sha256 === 'other' ? { sha256: '', whole: false } : { sha256, whole: recorded !== '' && recorded === found, selection: selection.join(' ') }
        })
      },
    }
  },
  apply(key, current, desired) {
    const { directory, keep = [], source, owner = 'root', group, mode, replaceOther } = key
    const strange = current?.sha256 === '' && !replaceOther
    const fetched = 'url' in source ? fetchTo(source, read`"$w/archive"`) : apply`cat >"$w/archive"`
    return {
      stdin: 'bytes' in source ? source.bytes() : undefined,
      script: apply`set -e; umask 022
${swapping}
d=$(readlink -m -- ${directory} && echo .); d=\${d%??}
if [ -e "$d" ] && [ ! -d "$d" ]; then echo ${noDirectory(directory)} >&2; exit 1; fi
if ${strange ? apply`true` : apply`false`}; then echo "$d holds something that is not from an archive: give replaceOther: true to have it replaced." >&2; exit 1; fi
if M "$d"; then echo "$d is swapped for another directory, which cannot be done while $m is a mount point: unmount it first." >&2; exit 1; fi
mkdir -p -- "\${d%/*}/"
for o in "$d".stead-????????; do if [ -d "$o/.stead-kept" ] && [ -O "$o" ] && [ ! -L "$o" ]; then R ${keep}; fi; done
w=$(mktemp -d -- "$d.stead-XXXXXXXX"); trap 'D "$w"' EXIT; trap 'exit 143' HUP INT TERM
mkdir "$w/.stead-kept" "$w/tree"
${fetched}
s=$(sha256sum <"$w/archive"); s=\${s%% *}
[ "$s" = ${desired?.sha256 ?? ''} ] || { echo "The checksum of the archive is $s, and was to be "${desired?.sha256 ?? ''}"; what was there is kept." >&2; exit 1; }
${listMembers(key.strip ?? 0)}
${unpackMembers(key)}
${mode === undefined ? apply`:` : apply`chmod -R -- ${mode} "$w/tree"`}
chown -hR -- ${ownership(owner, group)} "$w/tree"
f=$(cd "$w/tree" && ${fingerprint(keep)}); printf '%s %s %s\n' "$s" "\${f%% *}" ${desired?.selection ?? ''} >"$w/tree/"${MARK}
for k in ${keep}; do
  if E "$w/tree/$k"; then echo "The archive itself brings $k, which is to be kept as it is on the host: exclude it, or do not keep it." >&2; exit 1; fi
  : >"$w/.stead-kept/=$k"
done
sync -f -- "$w"
trap U EXIT; trap '' HUP INT TERM
if E "$d"; then mv -T -- "$d" "$w/old"; fi
for k in ${keep}; do if E "$w/old/$k"; then mv -T -- "$w/old/$k" "$w/tree/$k"; fi; done
mv -T -- "$w/tree" "$d"
trap 'D "$w"' EXIT`,
    }
  },
  foretells: ({ directory }) => [{ kind: 'file', identity: directory, state: { type: 'directory' }, below: true }, ...directoriesAbove(directory)],
  mayComeWithPackage: () => false,
  mayChangeWith: ({ directory, keep = [] }, { kind, name }) => (kind === 'tree' && `${directory}/`.startsWith(`${name}/`)) || (kind === 'file' && name.startsWith(`${directory}/`) && !keep.includes(name.slice(directory.length + 1).split('/')[0] ?? '')),
}
