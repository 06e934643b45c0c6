import { readFileSync } from 'node:fs'
import { apply, applyLines, read, type ApplyScript, type ReadScript } from '../shell/script.ts'
import type { Content } from '../state/content.ts'
import type { Writing } from '../state/resource.ts'
import type { FileDesired, FileKey, FileState } from './file.ts'

/**
 * `W` says why the kernel refuses at a path what root may do otherwise, and is false where it finds no reason: the attributes of
 * chattr(1), or a mount point. `X` gives up with that.
 */
const refused = apply`W() {
  r=1
  if mountpoint -q -- "$1" && [ -f "$1" ] && [ -z "$i" ]; then echo "$1 is busy: it is a mount point, and nothing can be renamed onto it: inPlace: true writes into it." >&2; r=0; fi
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
 * part there, `t` the path for messages. `L` refuses to have been led on by a link of another than root and the owner of what is there.
 */
const enter = apply`L() { [ "$1" = 0 ] || [ "$1" = "$2" ] || { echo "$3 is a symbolic link of somebody who is neither root nor the owner of what it leads to; nothing was changed." >&2; exit 1; }; }
T() { # path, link or follow
  t=$1; b=./\${1##*/}; d=\${1%/*}; m="The directory of $1 is not there: make it first (directory)."
  if [ -L "$d" ]; then o=$(stat -c %u -- "$d"); else o=; fi
  cd -P -- "$d/" || { echo "$m" >&2; exit 1; }
  if [ -n "$o" ]; then L "$o" "$(stat -c %u .)" "$d"
  elif [ -n "$d" ] && [ "$(stat -c %d:%i .)" != "$(stat -c %d:%i -- "$d")" ]; then L 1 0 "$d"; fi
  if [ "$2" = link ] || ! [ -L "$b" ]; then return; fi
  o=$(stat -c %u -- "$b"); t=$(readlink -f -- "$b" && echo .) || { echo "$m" >&2; exit 1; }; t=\${t%??}
  cd -P -- "\${t%/*}/" || exit; b=./\${t##*/}
  L "$o" "$(stat -c %u -- "$b" 2>/dev/null)" "$1"
}`

/** Writes what is at a path; the engine calls it only where something differs. */
export function writeFile(key: FileKey, current: FileState | null, desired: FileDesired | null): Writing {
  const { path } = key
  if (desired === null) return { script: applyLines([apply`set -e; i=`, refused, enter, remove(key, current)]) }
  const other = current !== null && current.type !== desired.type
  const replacesLink = current?.type === 'link' && key.noFollow && desired.type === 'file' && desired.content !== undefined
  if (other && !key.replaceOther && !replacesLink) return { script: apply`echo ${wrongType(path, current, desired.type)} >&2; exit 1` }
  const above = key.parents || desired.type === 'directory' ? apply`mkdir -p -- ${parentOf(path)}` : apply`:`
  const begin = [apply`set -e; i=`, refused, enter, above, other && !replacesLink ? moveAway(key, current) : apply`:`]
  if (desired.type === 'link') return { script: applyLines([...begin, link(path, desired.target ?? '')]) }
  if (desired.type === 'directory') {
    const make = current === null || other ? apply`T ${path} link; [ -d "$b" ] || mkdir -m 00755 -- "$b" || X "$t"` : apply`:`
    return { script: applyLines([...begin, make, setAttributes(key, desired)]) }
  }
  if (desired.content === undefined || (!other && current?.content && desired.content.equals(current.content))) {
    return { script: applyLines([...begin, current && !other ? apply`:` : apply`T ${path} link; (set -C; : >"$b") || X "$t"`, setAttributes(key, desired)]) }
  }
  const { source } = key
  const stdin = desired.content.bytes ?? (source && 'file' in source ? readFileSync(source.file) : undefined)
  return { script: applyLines([...begin, replace(key, desired, desired.content)]), stdin }
}

/** What is in the way, for a person. */
export function wrongType(path: string, current: FileState, wanted: FileDesired['type']): string {
  const what = { file: 'a file', directory: 'a directory', link: 'a symbolic link', other: 'neither a file nor a directory' }
  const is = current.dangling ? `a symbolic link that leads nowhere (to ${current.target ?? ''})` : what[current.type]
  return `${path} is ${is}, and is to be ${what[wanted]}: move it away first, or give replaceOther: true.`
}

function link(path: string, target: string): ApplyScript {
  return apply`T ${path} link
n=$(mktemp -u ./.stead.XXXXXXXX); ln -sT -- ${target} "$n" && mv -fT -- "$n" "$b" || { rm -f -- "$n"; X "$t"; }`
}

/**
 * The new file is made by opening it, has its attributes before its content, and is reached by its descriptor: nobody reads more of it
 * than of the one that will be there, and whoever may write to the directory cannot put another file under the hands of root.
 */
function replace({ path, validate, noFollow, backup, inPlace, source }: FileKey, desired: FileDesired, content: Content): ApplyScript {
  const check = validate ? apply`set -- ${validate}; for a; do shift; [ "$a" = %s ] && a=\${t%/*}/$n; set -- "$@" "$a"; done; "$@" >&2 8>&-` : apply`:`
  const reload = path.startsWith('/etc/systemd/system/') ? apply`if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi` : apply`:`
  const bring = source && 'url' in source && content.bytes === undefined ? fetchTo(source, NEW) : apply`cat >&8`
  const wrong = source && 'url' in source
    ? apply`echo "The checksum of "${source.url}" is \${s%% *}, and was to be "${content.sha256}"; nothing was changed."`
    : apply`echo 'The content did not arrive whole; nothing was changed.'`
  const live = inPlace
    ? apply`if [ -e "$b" ]; then l=$(stat -L -c %s ${NEW}); ${reserve}; cat <${NEW} 1<>"$b" && truncate -s "$l" -- "$b" && rm -f -- "$n" || X "$t"; else mv -fT -- "$n" "$b" || X "$t"; fi; ${attributesOf(read`"$b"`, desired)}; sync -- "$b"`
    : apply`sync -- ${NEW}; mv -fT -- "$n" "$b" || X "$t"`
  return apply`T ${path} ${noFollow ? 'link' : 'follow'}
i=${inPlace ? '1' : ''}; if W "$t"; then exit 1; fi
n=$(mktemp -u .stead.XXXXXXXX); trap 'rm -f -- "$n"' EXIT; trap 'exit 143' HUP INT TERM
umask 077; set -C; command exec 8>"$n" || X "$t"; set +C; umask 022
if [ -f "$b" ] && [ ! -L "$b" ]; then cp --attributes-only --preserve=mode,ownership,xattr -- "$b" ${NEW}; else chmod 0644 -- ${NEW}; fi
${attributesOf(NEW, desired)}
${bring}
s=$(sha256sum <${NEW}); [ "\${s%% *}" = ${content.sha256} ] || { ${wrong} >&2; exit 1; }
${check}
${backup ? apply`if [ -e "$b" ]; then cp -aT -- "$b" "$b.$(${stamp})" || X "$t"; fi` : apply`:`}
${live}; trap - EXIT; sync -- ./
${reload}`
}

/** Shell: where a file is written over, what it lacks of space is found out before the first byte is lost. A file system that cannot tell is trusted. */
const reserve = apply`if [ "$l" -gt 0 ]; then e=$(fallocate -n -l "$l" -- "$b" 2>&1) || case $e in *'No space left'*|*'quota exceeded'*) echo "$t: $e" >&2; exit 1;; esac; fi`

/** The new file, by its descriptor. */
const NEW = read`/proc/self/fd/8`

/** Ends the name of a backup; a file that ends in ~ is overlooked by run-parts(8) and by includes of `*.conf`. */
const stamp = read`date -u +%Y-%m-%dT%H:%M:%S.%NZ~`

/** Downloads to a file, and fails when that is cut off or nothing more comes for a minute. Source: curl(1). */
export function fetchTo({ url, socks }: { url: string; socks?: string }, file: ReadScript): ApplyScript {
  return apply`command -v curl >/dev/null || { echo 'curl is not installed on this host: install the package curl (apt).' >&2; exit 69; }
curl -sSfL --globoff --retry 3 --connect-timeout 30 --speed-limit 1 --speed-time 60 ${socks ? ['--socks5-hostname', socks] : []} -o ${file} -- ${url} >&2`
}

function moveAway({ path, backup }: FileKey, current: FileState | null): ApplyScript {
  if (backup) return apply`T ${path} link; mv -T -- "$b" "$b.$(${stamp})" || X "$t"`
  return apply`T ${path} link; ${current?.type === 'directory' ? 'rmdir' : ['rm', '-f']} -- "$b" || X "$t"`
}

function remove(key: FileKey, current: FileState | null): ApplyScript {
  if (!key.recursive || key.backup || current?.type !== 'directory') return moveAway(key, current)
  return apply`T ${key.path} link; rm -rf --one-file-system -- "$b" || X "$t"`
}

/** {@link attributesOf} what is at a path: of the very thing that is found there, not of another that takes its place meanwhile. */
function setAttributes({ path, noFollow }: FileKey, desired: FileDesired): ApplyScript {
  if (desired.owner === undefined && desired.group === undefined && desired.mode === undefined) return apply`:`
  return apply`T ${path} ${noFollow ? 'link' : 'follow'}
{ [ "$(stat -c %d:%i -- "$b")" = "$(stat -L -c %d:%i ${NEW})" ] || { echo "$t was exchanged for something else at this moment; nothing was changed." >&2; exit 1; }
${attributesOf(NEW, desired)}; } 8<"$b"`
}

/** Ownership first: chown(2) clears setuid and setgid. Five digits, since chmod(1) keeps setuid and setgid of a directory unless told so. */
function attributesOf(path: ReadScript, { owner, group, mode }: FileDesired, name = read`"$t"`): ApplyScript {
  const who = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  return applyLines([who === '' ? apply`:` : apply`chown -- ${who} ${path} || X ${name}`, mode === undefined ? apply`:` : apply`chmod ${`0${mode}`} -- ${path} || X ${name}`])
}

function parentOf(path: string): string {
  return path.replace(/\/+[^/]*\/*$/, '') || '/'
}
