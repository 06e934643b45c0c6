import { read, readLines, type ReadScript } from '../../shell/script.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { Reading } from '../../state/resource.ts'
import { answersIn, stateOf, wayOf } from './file-answers.ts'
import type { FileKey, FileState } from './file.ts'

/** Larger content (bytes) is not fetched to be shown. */
export const LARGEST_FETCHED = 1_000_000

/** Larger files (bytes) are not edited. */
const LARGEST_EDITED = 100_000_000

/**
 * Shell: `M` succeeds if there is a mount point, `$m`, at or below a path. The path must not
 * contain links. Source: proc_pid_mountinfo(5).
 */
export const mounts = read`M() { while read -r m m m m m r; do case $m in *\\*) m=$(printf '%b.' "$m"); m=\${m%.};; esac; case $m in "$1"|"$1"/*) return 0;; esac; done </proc/self/mountinfo; m=; return 1; }`

/**
 * `K` follows a path and fails at the first link, `k`, whose owner is neither root nor the owner of
 * its target; this includes links that links point to. At the end `k` is the path without links. If
 * the directory is the same as before, `d`, it is not checked again. `V` prints what is at many
 * paths. `Q` prints the checksums of many files, `C` that of one whose name would need quoting; `B`
 * sends content. Where the session has set `no_contents`, only content to be edited is sent.
 */
const functions = read`
d=-
K() { # link or follow, path
  q=$2/; k=; n=0
  if [ "\${2%/*}" = "$d" ]; then k=$d q=\${2##*/}/; fi
  while [ -n "$q" ]; do
    c=\${q%%/*}; q=\${q#*/}
    case $c in ''|.) continue;; ..) k=\${k%/*}; continue;; esac
    k=$k/$c
    if [ -L "$k" ] && [ "\${q:+more}$1" != link ]; then
      n=$((n + 1)); if [ $n -gt 40 ]; then return 0; fi
      u=$(stat -c %u -- "$k"); [ "$u" = 0 ] || [ "$u" = "$(stat -L -c %u -- "$k" 2>/dev/null)" ] || return
      c=$(readlink -- "$k"; echo .); q=\${c%??}/$q; k=\${k%/*}
      case $q in /*) k=;; esac
    fi
  done
  if [ $n = 0 ]; then d=\${k%/*}; fi
}
${mounts}
V() { # link or follow, paths
  w=$1; shift
  for p; do
    if [ ! -e "$p" ]; then
      [ -L "$p" ] || continue
      if [ $w = follow ]; then printf '%s dangling\0%s\0%s\0' $w "$p" "$(readlink -- "$p"; echo .)"; fi
    fi
    if ! K $w "$p"; then printf '%s strange\0%s\0%s\0' $w "$p" "$k"
    elif [ "$k" != "$p" ]; then printf '%s real\0%s\0%s\0' $w "$p" "$k"; fi
  done
  case $w in link) o=-P;; *) o=-H;; esac
  find $o "$@" -maxdepth 0 -printf "$w"' %y/%m/%s/%u/%g\0%p\0%l\0' 2>/dev/null; [ $? -le 1 ] || exit
}
E() { # whether the directory is empty
  if [ -d "$1" ]; then printf 'held\0%s\0%s\0' "$1" "$(find -H "$1" -mindepth 1 -print -quit | wc -l)"; fi
}
N() { # which is the first mount point there
  if [ -e "$1" ]; then y=$(cd -P -- "\${1%/*}/" && pwd); y=\${y%/}/\${1##*/}; M "$y" || :; if [ "$m" = "$y" ]; then m="=$m"; fi; printf 'mount\0%s\0%s\0' "$1" "$m"; fi
}
B() { # largest size to be sent, path
  if [ "$(stat -L -c %s -- "$2")" -le "$1" ]; then printf 'bytes\0%s\0' "$2"; base64 -w0 <"$2"; printf '\0'; fi
}
C() { # largest size to be sent, checksum that need not be sent, path
  [ -f "$3" ] && h=$(sha256sum <"$3") || return 0
  printf 'sum\0%s\0%s\0' "$3" "\${h%% *}"
  if [ "$2" = - ] || { [ "\${h%% *}" != "$2" ] && [ -z "$no_contents" ]; }; then B "$1" "$3"; fi
}
H() { for p; do [ -f "$p" ] || { for p; do [ ! -f "$p" ] || printf '%s\0' "$p"; done | xargs -0r sha256sum --; return; }; done; sha256sum -- "$@"; }
Q() { # largest size to be sent, lines as of sha256sum that need not be sent, paths
  z=$1; e=$2; shift 2; h=$(H "$@" 2>/dev/null)
  if [ -n "$h" ]; then printf 'sums\0\0%s\0' "$h"; [ -z "$no_contents" ] || return 0; printf '%s\n' "$h" | grep -avxF -e "$e" | while IFS= read -r p; do B "$z" "\${p#*  }"; done; fi
}`

/**
 * The limit for the arguments of one call of a program (bytes): Linux limits one argument to 128
 * KiB.
 */
const LONGEST_CALL = 60_000

/** The length of a line of sha256sum(1) without the path (bytes). */
const CHECKSUM = 67

/** Names that sha256sum(1) would quote. */
const quoted = /[\\\n\r]/

/** Reads all keys in one script, with one program for many files. */
export function readFiles(keys: readonly FileKey[]): Reading<FileState> {
  const pathsOf = (some: readonly FileKey[]) => [...new Set(some.map(({ path }) => path))]
  const states = (['link', 'follow'] as const).flatMap(way => (
    chunksOf(pathsOf(keys.filter(key => wayOf(key) === way)), 1).map(paths => read`V ${way} ${paths}`)
  ))
  const held = pathsOf(keys.filter(key => key.held)).map(path => read`E ${path}`)
  const mounted = pathsOf(keys.filter(key => key.mounts)).map(path => read`N ${path}`)
  const together = new Map<string, string>()
  const single: ReadScript[] = []
  for (const { path, content } of keys) {
    if (content === 'always') single.push(read`C ${LARGEST_EDITED} - ${path}`)
    else if (content && (quoted.test(path) || together.has(path))) single.push(read`C ${LARGEST_FETCHED} ${content.unless} ${path}`)
    else if (content) together.set(path, content.unless)
  }
  const many = chunksOf([...together.keys()], CHECKSUM).map(paths => (
    read`Q ${LARGEST_FETCHED} ${paths.map(path => `${together.get(path) ?? ''}  ${path}`).join('\n')} ${paths}`
  ))
  return {
    script: readLines([functions, ...states, ...held, ...mounted, ...many, ...single, read`[ -z "$no_contents" ] || printf 'unsent\0\0yes\0'`]),
    parse(output) {
      const answers = answersIn(stdoutOf(output, 'Could not read the files.'))
      return keys.map(key => stateOf(key, answers))
    },
  }
}

/**
 * Splits a list of paths into parts that fit into one call each, with `beside` additional bytes for
 * each path.
 */
function chunksOf(paths: readonly string[], beside: number): string[][] {
  const chunks: string[][] = []
  let room = 0
  for (const path of paths) {
    const length = Buffer.byteLength(path) + beside
    if (room < length) {
      chunks.push([])
      room = LONGEST_CALL
    }
    room -= length
    chunks.at(-1)?.push(path)
  }
  return chunks
}
