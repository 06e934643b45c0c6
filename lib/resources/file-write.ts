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

/** Writes what is at a path; the engine calls it only where something differs. */
export function writeFile(key: FileKey, current: FileState | null, desired: FileDesired | null): Writing {
  const { path } = key
  if (desired === null) return { script: applyLines([apply`i=`, refused, remove(key, current)]) }
  const other = current !== null && current.type !== desired.type
  const replacesLink = current?.type === 'link' && key.noFollow && desired.type === 'file' && desired.content !== undefined
  if (other && !key.replaceOther && !replacesLink) return { script: apply`echo ${wrongType(path, current, desired.type)} >&2; exit 1` }
  const above = key.parents || desired.type === 'directory' ? apply`mkdir -p -- ${parentOf(path)}` : apply`:`
  const begin = [apply`set -e; i=`, refused, above, other && !replacesLink ? moveAway(key, current) : apply`:`]
  if (desired.type === 'link') return { script: applyLines([...begin, link(path, desired.target ?? '')]) }
  if (desired.type === 'directory') {
    return { script: applyLines([...begin, apply`[ -d ${path} ] || mkdir -m 00755 -- ${path} || X ${path}`, attributesOf(path, desired)]) }
  }
  if (desired.content === undefined || (!other && current?.content && desired.content.equals(current.content))) {
    return { script: applyLines([...begin, current && !other ? apply`:` : apply`(umask 022; : >>${path}) || X ${path}`, attributesOf(path, desired)]) }
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
  const beside = `${path}.stead-new`
  return apply`rm -f -- ${beside}; ln -s -- ${target} ${beside} && mv -fT -- ${beside} ${path} || { rm -f -- ${beside}; X ${path}; }`
}

function replace({ path, validate, noFollow, backup, inPlace, source }: FileKey, desired: FileDesired, content: Content): ApplyScript {
  const check = validate ? apply`set -- ${validate}; for a; do shift; [ "$a" = %s ] && a=$n; set -- "$@" "$a"; done; "$@" >&2` : apply`:`
  const reload = path.startsWith('/etc/systemd/system/') ? apply`if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi` : apply`:`
  const bring = source && 'url' in source && content.bytes === undefined ? fetchTo(source) : apply`cat >"$n"`
  const wrong = source && 'url' in source
    ? apply`echo "The checksum of "${source.url}" is \${s%% *}, and was to be "${content.sha256}"; nothing was changed."`
    : apply`echo 'The content did not arrive whole; nothing was changed.'`
  const target = noFollow ? apply`t=${path}` : apply`t=$(readlink -f -- ${path} && echo .) || { echo ${`The directory of ${path} is not there: make it first (directory).`} >&2; exit 1; }; t=\${t%??}`
  const live = inPlace
    ? apply`if [ -e "$t" ]; then cat "$n" >"$t" && rm -f -- "$n" || X "$t"; else mv -fT -- "$n" "$t" || X "$t"; fi; ${attributesOf(read`"$t"`, desired)}; sync -- "$t"`
    : apply`sync -- "$n"; mv -fT -- "$n" "$t" || X "$t"`
  return apply`${target}
i=${inPlace ? '1' : ''}; if W "$t"; then exit 1; fi
n=$(mktemp -- "\${t%/*}/.stead.XXXXXXXX") || X "$t"; trap 'rm -f -- "$n"' EXIT
if [ -f "$t" ] && [ ! -L "$t" ]; then cp --attributes-only --preserve=mode,ownership,xattr -- "$t" "$n"; else chmod 0644 -- "$n"; fi
${bring}
s=$(sha256sum <"$n"); [ "\${s%% *}" = ${content.sha256} ] || { ${wrong} >&2; exit 1; }
${attributesOf(read`"$n"`, desired)}
${check}
${backup ? apply`if [ -e "$t" ]; then cp -a -- "$t" "$t.$(${stamp})" || X "$t"; fi` : apply`:`}
${live}; trap - EXIT; sync -- "\${t%/*}/"
${reload}`
}

/** Ends the name of a backup; a file that ends in ~ is overlooked by run-parts(8) and by includes of `*.conf`. */
const stamp = read`date -u +%Y-%m-%dT%H:%M:%S.%NZ~`

/** Downloads to `$n`, and leaves nothing when that is cut off. Source: curl(1). */
export function fetchTo({ url, socks }: { url: string; socks?: string }): ApplyScript {
  return apply`command -v curl >/dev/null || { echo 'curl is not installed on this host: install the package curl (apt).' >&2; exit 69; }
curl -sSfL --retry 3 --connect-timeout 30 ${socks ? ['--socks5-hostname', socks] : []} -o "$n" -- ${url} >&2`
}

function moveAway({ path, backup }: FileKey, current: FileState | null): ApplyScript {
  if (backup) return apply`mv -T -- ${path} ${path}."$(${stamp})" || X ${path}`
  return current?.type === 'directory' ? apply`rmdir -- ${path} || X ${path}` : apply`rm -f -- ${path} || X ${path}`
}

function remove({ path, recursive, backup }: FileKey, current: FileState | null): ApplyScript {
  if (backup) return apply`mv -T -- ${path} ${path}."$(${stamp})" || X ${path}`
  if (current?.type !== 'directory') return apply`rm -f -- ${path} || X ${path}`
  return recursive ? apply`rm -rf --one-file-system -- ${path} || X ${path}` : apply`rmdir -- ${path} || X ${path}`
}

/** Ownership first: chown(2) clears setuid and setgid. Five digits, since chmod(1) keeps setuid and setgid of a directory unless told so. */
function attributesOf(path: string | ReadScript, { owner, group, mode }: FileDesired): ApplyScript {
  const who = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  return applyLines([who === '' ? apply`:` : apply`chown -- ${who} ${path} || X ${path}`, mode === undefined ? apply`:` : apply`chmod ${`0${mode}`} -- ${path} || X ${path}`])
}

function parentOf(path: string): string {
  return path.replace(/\/+[^/]*\/*$/, '') || '/'
}
