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
 * `W` says why the kernel refuses at a path what root may do otherwise, and is false where it finds no reason: the attributes of
 * chattr(1), or a mount point. `X` gives up with that.
 */
export const explained = apply`W() {
  r=1
  if mountpoint -q -- "$1" && [ -f "$1" ] && [ -z "$i" ]; then echo "$1 is busy: it is a mount point, and nothing can be renamed onto it; a module with the argument inPlace can write into it." >&2; r=0; fi
  for p in "$1" "\${1%/*}/"; do
    case $(lsattr -d -- "$p" 2>/dev/null | cut -d ' ' -f 1) in
      *i*) echo "$p has the attribute i (immutable): chattr -i takes it away." >&2; r=0;;
      *a*) echo "$p has the attribute a (append-only): chattr -a takes it away." >&2; r=0;;
    esac
  done
  return $r
}
X() { W "$1" || command -v lsattr >/dev/null || echo "lsattr (package e2fsprogs) is not there to tell whether $1 is immutable." >&2; exit 1; }`

/**
 * `T` goes to the directory of a path, and stays in the same one whatever somebody who may write above it does meanwhile; `b` is the last
 * part there, `t` the path for messages. It goes part by part, and into a link by what that says: so nobody leads it on by a link that he
 * puts there at this moment. `L` refuses a link of another than root and the owner of what it leads to. Source: path_resolution(7).
 */
export const enter = apply`L() { [ "$1" = 0 ] || [ "$1" = "$2" ] || { echo "$3 is a symbolic link of somebody who is neither root nor the owner of what it leads to; nothing was changed." >&2; exit 1; }; }
G() { # as T
  if [ "$3" = make ] && [ ! -e "$b" ]; then mkdir -m 00755 -- "$b" && chown -h -- "$(id -u):$(id -g)" "$b" || exit; fi
  cd -P -- "$b" 2>/dev/null || { if [ -e "$b" ] && [ ! -d "$b" ]; then m="$t is not a directory."; fi; echo "$m" >&2; exit 1; }
  y=$(stat --printf '%d:%i ' . ..); y=\${y% }; [ "\${y#* }" = "$x" ] || L 1 0 "$t"; x=\${y% *}
}
T() { # path, link or follow, make the missing directories above or nothing
  q=$1/; t=; b=.; u=0; j=0; m="The directory of $1 is not there: make it first (directory)."
  cd /; x=$(stat -c %d:%i /)
  while [ -n "$q" ]; do
    c=\${q%%/*}; q=\${q#*/}
    case $c in ''|.) continue;; esac
    if [ "$b" != . ]; then G "$@"; fi
    if [ "$c" = .. ]; then cd -P ..; x=$(stat -c %d:%i .); t=\${t%/*}; b=.; continue; fi
    b=./$c; t=$t/$c
    if [ -L "$b" ] && [ "\${q:+more}$2" != link ]; then
      j=$((j + 1)); if [ $j -gt 40 ]; then echo "$1 leads through too many symbolic links." >&2; exit 1; fi
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

/** Writes what is at a path; the engine calls it only where something differs. */
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

/** What is too large to be held is read while it is sent. */
function inputOf({ bytes, size }: Content, { source }: FileKey): Input | undefined {
  if (bytes || !source || !('file' in source)) return bytes
  // Before the host is asked to wait for it.
  accessSync(source.file, constants.R_OK)
  return { file: source.file, length: size }
}

/** What is in the way, for a person. */
export function wrongType(path: string, current: FileState, wanted: FileDesired['type']): string {
  const what = { file: 'a file', directory: 'a directory', link: 'a symbolic link', other: 'neither a file nor a directory' }
  const is = current.dangling ? `a symbolic link that leads nowhere (to ${current.target ?? ''})` : what[current.type]
  return `${path} is ${is} but should be ${what[wanted]}: move it away first.`
}

function link(path: string, target: string, away: ApplyScript): ApplyScript {
  return apply`${beside(path)}
T ${path} link; N; ln -sT -- ${target} "$n" || X "$t"
${away}
mv -fT -- "$n" "$b" || X "$t"`
}

/** A directory comes to its place with its owner and mode: where those cannot be given, nothing is made. */
function newDirectory(path: string, desired: FileDesired, away: ApplyScript): ApplyScript {
  return apply`${beside(path)}
T ${path} link; N; mkdir -m 00700 -- "$n" || X "$t"
{ [ "$(stat -c %d:%i -- "$n")" = "$(stat -L -c %d:%i ${NEW})" ] && ${own(NEW)} && chmod 00755 ${NEW} || X "$t"
${attributes(NEW, desired)}; } 8<"$n"
${away}; mv -T -- "$n" "$b" || X "$t"; sync -- ./`
}

/**
 * The new file is made by opening it, has its attributes before its content, and is reached by its descriptor: nobody reads more of it
 * than of the one that will be there, and whoever may write to the directory cannot put another file under the hands of root. What is
 * written in place is opened once, too. What was there goes last, when the new one is known to be good.
 */
function replace(key: FileKey, current: FileState | null, desired: FileDesired, content: Content, away: ApplyScript): ApplyScript {
  const { path, validate, noFollow, backup, inPlace, source, madeFrom } = key
  const other = current !== null && current.type !== 'file'
  const check = validate ? apply`${withPath(validate, read`"\${t%/*}/$n"`)}; "$@" >&2 8>&- 7>&-` : apply`:`
  // systemd makes units of both.
  const reload = path.startsWith('/etc/systemd/system/') || path === '/etc/fstab' ? apply`if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi` : apply`:`
  const bring = source && 'url' in source && content.bytes === undefined ? fetchTo(source, NEW) : apply`cat >&8`
  const wrong = source && 'url' in source
    ? apply`echo "The checksum of "${source.url}" is \${s%% *} but should be "${content.sha256}"; nothing was changed."`
    : apply`echo 'The content did not arrive whole; nothing was changed.'`
  const live = inPlace && !other
    ? apply`if [ "$i" ]; then l=$(stat -L -c %s ${NEW}); ${reserve}; ${attributes(OPEN, desired, current)}; cat <${NEW} >&7 && truncate -s "$l" -- ${OPEN} && rm -f -- "$n" || X "$t"; sync -- ${OPEN}
else sync -- ${NEW}; mv -fT -- "$n" "$b" || X "$t"; fi`
    : apply`sync -- ${NEW}; ${away}; mv -fT -- "$n" "$b" || X "$t"`
  const named = `${desired.owner === undefined ? '%u' : ''}:${desired.group === undefined ? '%g' : ''}`
  // cp(1) says nothing where another than root cannot give a file away.
  const kept = named === ':' ? apply`:` : apply`[ "$i" ] || [ "$(stat -c ${named} -- "$b")" = "$(stat -L -c ${named} ${NEW})" ] || { echo "$t is of another owner or group, which only root can give to what takes its place; nothing was changed. inPlace: true writes into it." >&2; exit 1; }`
  return apply`${beside(path)}
T ${path} ${noFollow || other ? 'link' : 'follow'}
i=; if ${inPlace && !other ? apply`[ -f "$b" ] && [ ! -L "$b" ]` : apply`false`}; then i=1; fi; if W "$t"; then exit 1; fi
if [ "$i" ]; then command exec 7<>"$b" || X "$t"; ${same(OPEN)}; fi
N; umask 077; set -C; command exec 8>"$n" || X "$t"; set +C; umask 022
if [ -f "$b" ] && [ ! -L "$b" ]; then cp --attributes-only --preserve=mode,ownership,xattr -- "$b" ${NEW}; ${kept}; else ${own(NEW)}; chmod 0644 -- ${NEW}; fi
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

/** Exit code of a write whose plan no longer fits what is there: it is to be planned anew. As EX_TEMPFAIL of sysexits.h(3). */
export const STALE = 75

/** An edit is of what was read: it is not written over what somebody else wrote there since. */
function unchanged(current: FileState | null): ApplyScript {
  const now = current === null ? apply`[ ! -e "$b" ]` : current.content ? apply`{ s=$(sha256sum <"$b"); [ "\${s%% *}" = ${current.content.sha256} ]; }` : apply`:`
  return apply`${now} || { echo "$t was changed by somebody else at this moment, and is left as it is: run again." >&2; exit ${STALE}; }`
}

/** Gives up unless the descriptor is of the very thing that is at `$b`, and of no link. */
export function same(descriptor: ReadScript): ApplyScript {
  return apply`[ "$(stat -c %d:%i -- "$b")" = "$(stat -L -c %d:%i ${descriptor})" ] || { echo "$t was exchanged for something else at this moment; nothing was changed." >&2; exit 1; }`
}

/** Shell: where a file is written over, what it lacks of space is found out before the first byte is lost. A file system that cannot tell is trusted. */
const reserve = apply`if [ "$l" -gt 0 ]; then e=$(fallocate -n -l "$l" -- /proc/self/fd/7 2>&1) || case $e in *'No space left'*|*'quota exceeded'*) echo "$t: $e" >&2; exit 1;; esac; fi`

/** The new file, by its descriptor. */
export const NEW = read`/proc/self/fd/8`

/** The file that is written in place, by its descriptor. */
const OPEN = read`/proc/self/fd/7`

/** What is new is of who writes it, and of his group; but where the directory is setgid, of its group. */
export function own(file: ReadScript): ApplyScript {
  return apply`case $(stat -c %A .) in ??????[sS]*) ;; *) chown -- "$(id -u):$(id -g)" ${file};; esac`
}

/** Ends the name of a backup; a file that ends in ~ is overlooked by run-parts(8) and by includes of `*.conf`. */
const stamp = read`date -u +%Y-%m-%dT%H:%M:%S.%NZ~`

/** What {@link fetchTo} needs. */
export const needsCurl: readonly Need[] = [{ program: 'curl', packages: ['curl'] }]

/** Downloads to a file, and fails when that is cut off or nothing more comes for a minute. Source: curl(1). */
export function fetchTo({ url, socks }: { url: string; socks?: string }, file: ReadScript): ApplyScript {
  return apply`command -v curl >/dev/null || { echo 'curl is not installed on this host: install the package curl (apt).' >&2; exit 69; }
curl -sSfL --globoff --retry 3 --connect-timeout 30 --speed-limit 1 --speed-time 60 ${socks ? ['--socks5-hostname', socks] : []} -o ${file} -- ${url} >&2`
}

/** Takes away what is at `$b`. */
function moveAway({ backup }: FileKey, current: FileState | null): ApplyScript {
  if (backup) return apply`mv -T -- "$b" "$b.$(${stamp})" || X "$t"`
  return apply`${current?.type === 'directory' ? 'rmdir' : ['rm', '-f']} -- "$b" || X "$t"`
}

function remove(key: FileKey, current: FileState | null): ApplyScript {
  const whole = key.recursive && !key.backup && current?.type === 'directory'
  // rm(1) would delete the rest before it finds that out.
  const refuse = apply`${mounts}
y=$(pwd -P); if M "\${y%/}/\${b#./}"; then echo "$m is a mount point: unmount it first; nothing was removed." >&2; exit 1; fi`
  return whole ? apply`T ${key.path} link; ${refuse}; rm -rf --one-file-system -- "$b" || X "$t"` : apply`T ${key.path} link; ${moveAway(key, current)}`
}

/** {@link attributes} of what is at a path: of the very thing that is found there, not of another that takes its place meanwhile. */
function setAttributes({ path, noFollow }: FileKey, current: FileState | null, desired: FileDesired): ApplyScript {
  if (desired.owner === undefined && desired.group === undefined && desired.mode === undefined) return apply`:`
  return apply`T ${path} ${noFollow ? 'link' : 'follow'}
{ ${same(NEW)}
${attributes(NEW, desired, current)}; } 8<"$b"`
}
