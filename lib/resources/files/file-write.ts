import { accessSync, constants } from 'node:fs'
import { apply, applyLines, read, type ApplyScript, type ReadScript } from '../../shell/script.ts'
import { Content } from '../../state/content.ts'
import type { Input } from '../../shell/input.ts'
import type { Need } from '../../state/forecast.ts'
import type { Writing } from '../../state/resource.ts'
import { attributes } from './attributes.ts'
import { beside } from './beside.ts'
import { mounts } from './file-read.ts'
import type { FileDesired, FileKey, FileState } from './file.ts'

/**
 * `W` prints why the kernel denies root something at a path (the attributes of chattr(1), or a
 * mount point), and fails if it finds no reason. `X` gives up with that message.
 */
export const explained = apply`W() {
  r=1
  if [ -z "$i" ] && [ -f "$1" ] && mountpoint -q -- "$1"; then echo "$1 is busy: it is a mount point, and nothing can be renamed onto it. A module with the argument inPlace can write into it." >&2; r=0; fi
  for p in "$1" "\${1%/*}/"; do
    a=$(lsattr -d -- "$p" 2>/dev/null) || :
    case \${a%% *} in
      *i*) echo "$p has the attribute i (immutable): remove it with chattr -i." >&2; r=0;;
      *a*) echo "$p has the attribute a (append-only): remove it with chattr -a." >&2; r=0;;
    esac
  done
  return $r
}
X() { W "$1" || command -v lsattr >/dev/null || echo "$1 may be immutable; install lsattr (package e2fsprogs) to find out." >&2; exit 1; }`

/**
 * `T` changes to the directory of a path, and stays there whatever somebody with write access above
 * it does in the meantime; `b` is the last part, `t` the path for messages. It goes part by part
 * and resolves links itself, so that nobody can redirect it with a link created at that moment. `L`
 * refuses a link whose owner is neither root nor the owner of its target. Source:
 * path_resolution(7).
 */
export const enter = apply`L() { [ "$1" = 0 ] || [ "$1" = "$2" ] || { echo "$3 is a symbolic link whose owner is neither root nor the owner of its target. Nothing was changed." >&2; exit 1; }; }
G() { # as T
  if [ "$3" = make ] && [ ! -e "$b" ]; then mkdir -m 00755 -- "$b" && chown -h -- "$(id -u):$(id -g)" "$b" || exit; fi
  cd -P -- "$b" 2>/dev/null || { if [ -e "$b" ] && [ ! -d "$b" ]; then m="$t is not a directory."; fi; echo "$m" >&2; exit 1; }
  y=$(stat --printf '%d:%i ' . ..); y=\${y% }; [ "\${y#* }" = "$x" ] || L 1 0 "$t"; x=\${y% *}
}
T() { # path, link or follow, make the missing directories above or nothing
  q=$1/; t=; b=.; u=0; j=0; m="The directory of $1 does not exist: create it first (directory)."
  cd /; x=$(stat -c %d:%i /)
  while [ -n "$q" ]; do
    c=\${q%%/*}; q=\${q#*/}
    case $c in ''|.) continue;; esac
    if [ "$b" != . ]; then G "$@"; fi
    if [ "$c" = .. ]; then cd -P ..; x=$(stat -c %d:%i .); t=\${t%/*}; b=.; continue; fi
    b=./$c; t=$t/$c
    if [ -L "$b" ] && [ "\${q:+more}$2" != link ]; then
      j=$((j + 1)); if [ $j -gt 40 ]; then echo "$1 contains too many symbolic links." >&2; exit 1; fi
      o=$(stat -c %u:%i:%z -- "$b"); c=$(readlink -- "$b"; echo .)
      [ "$o" = "$(stat -c %u:%i:%z -- "$b")" ] || L 1 0 "$t"
      L "\${o%%:*}" "$(stat -L -c %u -- "$b" 2>/dev/null)" "$t"
      if [ -z "$q" ] && [ "\${o%%:*}" != 0 ]; then u=\${o%%:*}; fi
      q=\${c%??}/$q; t=\${t%/*}; b=.
      case $q in /*) cd /; x=$(stat -c %d:%i /); t=;; esac
    fi
  done
  [ "$u" = 0 ] || L "$u" "$(stat -c %u -- "$b" 2>/dev/null)" "$1"
}`

/** Writes what is at a path. The engine calls it only if something differs. */
export function writeFile(key: FileKey, current: FileState | null, desired: FileDesired | null): Writing {
  const { path } = key
  if (desired === null) return { script: applyLines([apply`set -e; i=`, explained, enter, remove(key, current)]) }
  const other = current !== null && current.type !== desired.type
  const replacesLink = current?.type === 'link' && key.noFollow && desired.type === 'file' && desired.content !== undefined
  if (other && !key.replaceOther && !replacesLink) return { script: apply`echo ${wrongType(path, current, desired.type)} >&2; exit 1` }
  const above = key.parents || desired.type === 'directory' ? apply`T ${path} link make` : apply`:`
  const begin = [apply`set -e; i=`, explained, enter, above]
  const away = other && !replacesLink ? moveAway(key, current) : apply`:`
  if (desired.type === 'link') return { script: applyLines([...begin, link(path, desired.target ?? '', away)]) }
  if (desired.type === 'directory') {
    return { script: applyLines([...begin, current && !other ? setAttributes(key, current, desired) : newDirectory(path, desired, away)]) }
  }
  const isNew = current === null || other
  if (!isNew && (desired.content === undefined || (current.content && desired.content.equals(current.content)))) return { script: applyLines([...begin, setAttributes(key, current, desired)]) }
  const content = desired.content ?? Content.of('')
  return { script: applyLines([...begin, replace(key, current, desired, content, away)]), stdin: inputOf(content, key) }
}

/** Content that is too large for memory is read while it is sent. */
function inputOf({ bytes, size }: Content, { source }: FileKey): Input | undefined {
  if (bytes || !source || !('file' in source)) return bytes
  // Fails before anything is sent to the host.
  accessSync(source.file, constants.R_OK)
  return { file: source.file, length: size }
}

/** The error for something of another type at a path. */
export function wrongType(path: string, current: FileState, wanted: FileDesired['type']): string {
  const what = { file: 'a file', directory: 'a directory', link: 'a symbolic link', other: 'neither a file nor a directory' }
  const is = current.dangling ? `a broken symbolic link (to ${current.target ?? ''})` : what[current.type]
  return `${path} is ${is} but should be ${what[wanted]}: move it away first.`
}

function link(path: string, target: string, away: ApplyScript): ApplyScript {
  return apply`${beside(path)}
T ${path} link; N; ln -sT -- ${target} "$n" || X "$t"
${away}
mv -fT -- "$n" "$b" || X "$t"`
}

/**
 * A directory gets its owner and mode before its name. If they cannot be set, nothing is created.
 */
function newDirectory(path: string, desired: FileDesired, away: ApplyScript): ApplyScript {
  return apply`${beside(path)}
T ${path} link; N; mkdir -m 00700 -- "$n" || X "$t"
{ [ "$(stat -c %d:%i -- "$n")" = "$(stat -L -c %d:%i ${NEW})" ] && ${own(NEW)} && chmod 00755 ${NEW} || X "$t"
${attributes(NEW, desired)}; } 8<"$n"
${away}; mv -T -- "$n" "$b" || X "$t"; sync -- ./`
}

/**
 * The new file is created by opening it, gets its attributes before its content, and is accessed by
 * its descriptor. So nobody can read more of it than of the final file, and nobody with write
 * access to the directory can substitute another file for it. A file that is written in place is
 * also opened only once. The old file is replaced last, once the new one has been checked.
 */
function replace(key: FileKey, current: FileState | null, desired: FileDesired, content: Content, away: ApplyScript): ApplyScript {
  const { path, validate, noFollow, backup, inPlace, source, madeFrom } = key
  const other = current !== null && current.type !== 'file'
  const check = validate ? apply`${withPath(validate, read`"\${t%/*}/$n"`)}; "$@" >&2 8>&- 7>&-` : apply`:`
  // systemd generates units from both.
  const reload = path.startsWith('/etc/systemd/system/') || path === '/etc/fstab' ? apply`if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi` : apply`:`
  const bring = source && 'url' in source && content.bytes === undefined ? fetchTo(source, NEW) : apply`cat >&8`
  const wrong = source && 'url' in source
    ? apply`echo "The checksum of "${source.url}" is \${s%% *} but should be "${content.sha256}". Nothing was changed."`
    : apply`echo 'The content did not arrive complete. Nothing was changed.'`
  const live = inPlace && !other
    ? apply`if [ "$i" ]; then l=$(stat -L -c %s ${NEW}); ${reserve}; ${attributes(OPEN, desired, current)}; cat <${NEW} >&7 && truncate -s "$l" -- ${OPEN} && rm -f -- "$n" || X "$t"; sync -- ${OPEN}
else sync -- ${NEW}; mv -fT -- "$n" "$b" || X "$t"; fi`
    : apply`sync -- ${NEW}; ${away}; mv -fT -- "$n" "$b" || X "$t"`
  const named = `${desired.owner === undefined ? '%u' : ''}:${desired.group === undefined ? '%g' : ''}`
  // cp(1) does not report that a user other than root cannot change the owner.
  const kept = named === ':' ? apply`:` : apply`[ "$i" ] || [ "$(stat -c ${named} -- "$b")" = "$(stat -L -c ${named} ${NEW})" ] || { echo "$t has another owner or group, and only root can give those to a new file. Nothing was changed. Use inPlace: true to write into it." >&2; exit 1; }`
  return apply`${beside(path)}
T ${path} ${noFollow || other ? 'link' : 'follow'}
i=; if ${inPlace && !other ? apply`[ -f "$b" ] && [ ! -L "$b" ]` : apply`false`}; then i=1; fi; if W "$t"; then exit 1; fi
if [ "$i" ]; then command exec 7<>"$b" || X "$t"; ${same(OPEN)}; fi
N; umask 077; set -C; command exec 8>"$n" || X "$t"; set +C; umask 022
if [ -f "$b" ] && [ ! -L "$b" ]; then cp --attributes-only --preserve=mode,ownership,xattr -- "$b" ${NEW}; ${kept}; else ${own(NEW)}; ${desired.mode === undefined ? apply`chmod 0644 -- ${NEW}` : apply`:`}; fi
${attributes(NEW, desired, current)}
${bring}
s=$(sha256sum <${NEW}); [ "\${s%% *}" = ${content.sha256} ] || { ${wrong} >&2; exit 1; }
${check}
${backup && !other ? apply`if [ -e "$b" ]; then cp -aT -- "$b" "$b.$(${stamp})" || X "$t"; fi` : apply`:`}
${madeFrom && !other ? unchanged(current) : apply`:`}
${live}; sync -- ./
${reload}`
}

/** Shell: sets the positional parameters to words, in which `%s` stands for a path. */
export function withPath(words: readonly string[], path: ReadScript): ApplyScript {
  return apply`set --; for a in ${words}; do e=; while :; do case $a in *%s*) e=$e\${a%%%s*}${path}; a=\${a#*%s};; *) break;; esac; done; set -- "$@" "$e$a"; done`
}

/**
 * The exit code of a write whose file has changed since it was planned, so it is planned again.
 * EX_TEMPFAIL of sysexits.h(3).
 */
export const STALE = 75

/**
 * An edit is based on what was read, and does not overwrite what somebody else has written since.
 */
function unchanged(current: FileState | null): ApplyScript {
  const now = current === null ? apply`[ ! -e "$b" ]` : current.content ? apply`{ s=$(sha256sum <"$b"); [ "\${s%% *}" = ${current.content.sha256} ]; }` : apply`:`
  return apply`${now} || { echo "Somebody else has just changed $t, so it was left unchanged: run again." >&2; exit ${STALE}; }`
}

/** Gives up unless the descriptor belongs to exactly what is at `$b`, and that is not a link. */
export function same(descriptor: ReadScript): ApplyScript {
  return apply`[ "$(stat -c %d:%i -- "$b")" = "$(stat -L -c %d:%i ${descriptor})" ] || { echo "$t has just been replaced with something else. Nothing was changed." >&2; exit 1; }`
}

/**
 * Shell: before a file is overwritten, checks that there is enough space, so that nothing is lost.
 * If the file system cannot say, there is no check.
 */
const reserve = apply`if [ "$l" -gt 0 ]; then e=$(fallocate -n -l "$l" -- /proc/self/fd/7 2>&1) || case $e in *'No space left'*|*'quota exceeded'*) echo "$t: $e" >&2; exit 1;; esac; fi`

/** The descriptor of the new file. */
export const NEW = read`/proc/self/fd/8`

/** The descriptor of the file that is written in place. */
const OPEN = read`/proc/self/fd/7`

/**
 * A new file belongs to the user who writes it and to that user's group; in a setgid directory, to
 * the group of the directory.
 */
export function own(file: ReadScript): ApplyScript {
  return apply`if ! { [ -O ${file} ] && [ -G ${file} ]; }; then case $(stat -c %A .) in ??????[sS]*) ;; *) chown -- "$(id -u):$(id -g)" ${file};; esac; fi`
}

/** The end of a backup's name. run-parts(8) and includes of `*.conf` ignore files that end in ~. */
const stamp = read`date -u +%Y-%m-%dT%H:%M:%S.%NZ~`

/** What {@link fetchTo} needs. */
export const needsCurl: readonly Need[] = [{ program: 'curl', packages: ['curl'] }]

/**
 * Downloads to a file. Fails if the download is cut off, or if nothing arrives for a minute.
 * Source: curl(1).
 */
export function fetchTo({ url, socks }: { url: string; socks?: string }, file: ReadScript): ApplyScript {
  return apply`command -v curl >/dev/null || { echo 'curl is not installed on this host: install the package curl (apt).' >&2; exit 69; }
curl -sSfL --globoff --retry 3 --connect-timeout 30 --speed-limit 1 --speed-time 60 ${socks ? ['--socks5-hostname', socks] : []} -o ${file} -- ${url} >&2`
}

/** Removes what is at `$b`. */
function moveAway({ backup }: FileKey, current: FileState | null): ApplyScript {
  if (backup) return apply`mv -T -- "$b" "$b.$(${stamp})" || X "$t"`
  return apply`${current?.type === 'directory' ? 'rmdir' : ['rm', '-f']} -- "$b" || X "$t"`
}

function remove(key: FileKey, current: FileState | null): ApplyScript {
  const whole = key.recursive && !key.backup && current?.type === 'directory'
  // rm(1) would delete everything else before it notices.
  const refuse = apply`${mounts}
y=$(pwd -P); if M "\${y%/}/\${b#./}"; then echo "$m is a mount point: unmount it first. Nothing was removed." >&2; exit 1; fi`
  return whole ? apply`T ${key.path} link; ${refuse}; rm -rf --one-file-system -- "$b" || X "$t"` : apply`T ${key.path} link; ${moveAway(key, current)}`
}

/**
 * Sets {@link attributes} of exactly what was found at a path, even if something else takes its
 * place in the meantime.
 */
function setAttributes({ path, noFollow }: FileKey, current: FileState | null, desired: FileDesired): ApplyScript {
  if (desired.owner === undefined && desired.group === undefined && desired.mode === undefined) return apply`:`
  return apply`T ${path} ${noFollow ? 'link' : 'follow'}
{ ${same(NEW)}
${attributes(NEW, desired, current)}; } 8<"$b"`
}
