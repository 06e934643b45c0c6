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
 * Fingerprint of a directory's entries but for what is not of the archive: names, types, modes and owners; of files also size, link text
 * and times. The time of change cannot be set back by hand, so an edit shows whatever its size and mtime.
 */
function fingerprint(keep: readonly string[]): ReadScript {
  return read`find . ${except(keep)} ! -type d -printf '%P %y %m %u %g %s %T@ %C@ %l\0' -o ${except(keep)} -type d -printf '%P %y %m %u %g\0' | sort -z | sha256sum`
}

/** As chown(1) takes it: an owner's own group is known of a name alone. */
function ownership(owner: string, group: string | undefined): string {
  if (group !== undefined || owner === 'root') return `${owner}:${group ?? 'root'}`
  return /^\d+$/.test(owner) ? owner : `${owner}:`
}

/**
 * An archive unpacked into a directory of its own. It is unpacked beside, looked through, and swapped in: the directory is the old one or
 * the new one, whole. Sources: tar(1), unzip(1), find(1), rename(2).
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
d=$(readlink -m -- ${directory} && echo .); d=\${d%??}
if [ -e "$d" ] && [ ! -d "$d" ]; then echo "$d is no directory, and is to be one." >&2; exit 1; fi
if ${strange ? apply`true` : apply`false`}; then echo "$d holds something that is not from an archive: give replaceOther: true to have it replaced." >&2; exit 1; fi
mkdir -p -- "\${d%/*}/"
# A run that was killed between the two renames left what was there in its place beside.
for o in "$d".stead-????????; do if [ -d "$o/old" ] && [ ! -e "$d" ]; then mv -T -- "$o/old" "$d"; fi; rm -rf -- "$o"; done
w=$(mktemp -d -- "$d.stead-XXXXXXXX"); trap 'rm -rf -- "$w"' EXIT; trap 'exit 143' HUP INT TERM
${fetched}
s=$(sha256sum <"$w/archive"); s=\${s%% *}
[ "$s" = ${desired?.sha256 ?? ''} ] || { echo "The checksum of the archive is $s, and was to be "${desired?.sha256 ?? ''}"; what was there is kept." >&2; exit 1; }
${listMembers(key.strip ?? 0)}
mkdir "$w/tree"
${unpackMembers(key)}
${mode === undefined ? apply`:` : apply`chmod -R -- ${mode} "$w/tree"`}
chown -hR -- ${ownership(owner, group)} "$w/tree"
for k in ${keep}; do if [ -e "$d/$k" ] || [ -L "$d/$k" ]; then rm -rf -- "$w/tree/$k"; cp -a -- "$d/$k" "$w/tree/$k"; fi; done
f=$(cd "$w/tree" && ${fingerprint(keep)}); printf '%s %s %s\n' "$s" "\${f%% *}" ${desired?.selection ?? ''} >"$w/tree/"${MARK}
sync -f -- "$w/tree"
trap '' HUP INT TERM
if [ -e "$d" ]; then mv -T -- "$d" "$w/old"; fi
mv -T -- "$w/tree" "$d" || { if [ -e "$w/old" ]; then mv -T -- "$w/old" "$d" || { trap - EXIT; echo "What was there is in $w/old." >&2; }; fi; exit 1; }`,
    }
  },
  foretells: ({ directory }) => [{ kind: 'file', identity: directory, state: { type: 'directory' }, below: true }, ...directoriesAbove(directory)],
  mayComeWithPackage: () => false,
  mayChangeWith: ({ directory, keep = [] }, { kind, name }) => (kind === 'tree' && `${directory}/`.startsWith(`${name}/`)) || (kind === 'file' && name.startsWith(`${directory}/`) && !keep.includes(name.slice(directory.length + 1).split('/')[0] ?? '')),
}
