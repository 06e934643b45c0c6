import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, read, readLines, type ReadScript } from '../shell/script.ts'
import type { Resource } from '../state/resource.ts'

export interface UnpackedKey {
  directory: string
  /** Names at the top of the directory that do not come from the archive and are kept. */
  keep?: readonly string[]
  /** Leading parts of the members' names to leave out, as `tar --strip-components`. */
  strip?: number
  /** Where the archive is: bytes to push, or a URL that the host fetches. */
  source: { bytes: () => Uint8Array } | { url: string; socks?: string }
}

export interface UnpackedState {
  readonly [field: string]: string | boolean
  /** SHA-256 of the archive that was unpacked. */
  sha256: string
  /** Every file is there still, of the size and time it was unpacked with. */
  whole: boolean
}

const schema = z.strictObject({ sha256: z.string(), whole: z.literal(true) })

/** What remembers the archive and its files, inside the directory. */
const MARK = '.stead-archive'

/** Fingerprint of a directory's files: names, sizes, times, types and link texts, but for what is not of the archive. */
function fingerprint(keep: readonly string[]): ReadScript {
  const without = [MARK, ...keep].flatMap(name => ['!', '-path', `./${name}`])
  return read`find . -mindepth 1 ${without} ! -type d -printf '%P %y %s %T@ %l\0' -o ${without} -type d -printf '%P %y\0' | sort -z | sha256sum`
}

/** An archive unpacked into a directory of its own. Sources: tar(1), find(1). */
export const unpacked: Resource<UnpackedKey, UnpackedState, z.infer<typeof schema>> = {
  kind: 'archive',
  schema,
  identify: ({ directory }) => directory,
  read(keys) {
    const looks = keys.map(({ directory, keep = [] }) => read`(cd -- ${directory} 2>/dev/null && [ -f ${MARK} ] && { read -r a p <${MARK}; f=$(${fingerprint(keep)}); echo "$a $p \${f%% *}"; } || echo)`)
    return {
      script: readLines(looks),
      parse({ stdout, stderr, exitCode }) {
        if (exitCode !== 0) throw new ReadError('The directory could not be looked at.', { stderr, exitCode })
        const lines = stdout.toString().split('\n')
        return keys.map((_, index) => {
          const [sha256 = '', recorded = '', found = ''] = (lines[index] ?? '').split(' ')
          return sha256 ? { sha256, whole: recorded === found } : null
        })
      },
    }
  },
  apply({ directory, keep = [], strip = 0, source }, _current, desired) {
    const fetched = 'url' in source
      ? apply`command -v curl >/dev/null || { echo 'curl is not installed on this host: add it by apt' >&2; exit 69; }
curl -sSfL --retry 3 ${source.socks ? ['--socks5-hostname', source.socks] : []} -o "$w/archive" -- ${source.url}`
      : apply`cat >"$w/archive"`
    return {
      stdin: 'bytes' in source ? source.bytes() : undefined,
      script: apply`set -e; umask 022
d=${directory}; mkdir -p -- "\${d%/*}"
w=$(mktemp -d -- "$d.new-XXXXXXXX"); trap 'rm -rf -- "$w"' EXIT
${fetched}
s=$(sha256sum <"$w/archive"); s=\${s%% *}
[ "$s" = ${desired?.sha256 ?? ''} ] || { echo "The checksum of the archive is $s, and was to be "${desired?.sha256 ?? ''}"; what was there is kept." >&2; exit 1; }
tar -tf "$w/archive" >"$w/members" || { echo 'The archive cannot be read by tar.' >&2; exit 1; }
if grep -qE '^/|(^|/)\.\.(/|$)' "$w/members"; then echo 'The archive has members outside its destination, and was refused:' >&2; grep -E '^/|(^|/)\.\.(/|$)' "$w/members" | head -n 5 >&2; exit 1; fi
mkdir "$w/tree"; tar -xf "$w/archive" -C "$w/tree" --no-same-owner --no-same-permissions --strip-components=${strip}
for k in ${keep}; do if [ -e "$d/$k" ]; then cp -a -- "$d/$k" "$w/tree/$k"; fi; done
f=$(cd "$w/tree" && ${fingerprint(keep)}); echo "$s \${f%% *}" >"$w/tree/"${MARK}
chmod 755 "$w/tree"
if [ -e "$d" ]; then mv -T -- "$d" "$w/old"; fi
mv -T -- "$w/tree" "$d"`,
    }
  },
  mayComeWithPackage: () => false,
}
