import { ReadError } from '../../errors.ts'
import { read, readLines } from '../../shell/script.ts'
import { Content } from '../../state/content.ts'
import type { Reading } from '../../state/resource.ts'
import type { FileKey, FileState } from './file.ts'

/** Larger contents (bytes) are not brought to the controller to be shown. */
export const LARGEST_FETCHED = 1_000_000

/** Larger ones (bytes) are not edited. */
const LARGEST_EDITED = 100_000_000

/** Shell: `M` says whether a mount point is at a path or below it, and which, `$m`; the path holds no link. Source: proc_pid_mountinfo(5). */
export const mounts = read`M() { while read -r m m m m m r; do case $m in *\\*) m=$(printf '%b.' "$m"); m=\${m%.};; esac; case $m in "$1"|"$1"/*) return 0;; esac; done </proc/self/mountinfo; m=; return 1; }`

/**
 * `S` says what is at a path, `C` what it holds. `K` goes along a path and fails at the first link, `k`, of somebody who is neither root nor
 * the owner of what it leads to; links that links lead to included. At the end `k` is the path without any.
 */
const functions = read`
K() { # path, link or follow
  q=$1/; k=; n=0
  while [ -n "$q" ]; do
    c=\${q%%/*}; q=\${q#*/}
    case $c in ''|.) continue;; ..) k=\${k%/*}; continue;; esac
    k=$k/$c
    if [ -L "$k" ] && [ "\${q:+more}$2" != link ]; then
      n=$((n + 1)); if [ $n -gt 40 ]; then return 0; fi
      u=$(stat -c %u -- "$k"); [ "$u" = 0 ] || [ "$u" = "$(stat -L -c %u -- "$k" 2>/dev/null)" ] || return
      c=$(readlink -- "$k"; echo .); q=\${c%??}/$q; k=\${k%/*}
      case $q in /*) k=;; esac
    fi
  done
}
${mounts}
S() { # number, link or follow, path, what else: held, mounts
  l=0; v=; if [ -L "$3" ]; then l=1; v=$(readlink -- "$3"; echo .); fi
  if [ $l$2 = 1link ]; then printf '%s link %s' "$1" "$v" | base64 -w0; echo
  elif [ -e "$3" ]; then printf '%s there %s' "$1" "$(stat -L -c '%f/%u/%g/%U/%G' -- "$3")$(if [ "\${4#held}" != "$4" ] && [ -d "$3" ]; then echo "/$(find -H "$3" -mindepth 1 -print -quit | wc -l)"; fi)" | base64 -w0; echo
  elif [ $l = 1 ]; then printf '%s dangling %s' "$1" "$v" | base64 -w0; echo
  else return 0
  fi
  if [ "\${4%mounts}" != "$4" ]; then y=$(cd -P -- "\${3%/*}/" && pwd); y=\${y%/}/\${3##*/}; M "$y" || :; if [ "$m" = "$y" ]; then m="=$m"; fi; printf '%s mount %s' "$1" "$m" | base64 -w0; echo; fi
  if ! K "$3" "$2"; then printf '%s strange %s' "$1" "$k" | base64 -w0; echo
  elif [ "$k" != "$3" ]; then printf '%s real %s' "$1" "$k" | base64 -w0; echo; fi
}
C() { # number, checksum that need not be sent, path, largest size to be sent
  [ -f "$3" ] || return 0
  h=$(sha256sum <"$3") && s=$(stat -L -c %s -- "$3") || return 0
  printf '=%s %s %s ' "$1" "\${h%% *}" "$s"
  if [ "\${h%% *}" != "$2" ] && [ "$s" -le "$4" ]; then base64 -w0 <"$3"; fi; echo
}`

/** Asks for all in one script; every answer is a line of base64, since names and contents may hold anything. */
export function readFiles(keys: readonly FileKey[]): Reading<FileState> {
  const states = keys.map(({ path, noFollow, held, mounts: mounted }, index) => read`S ${index} ${noFollow ? 'link' : 'follow'} ${path} ${`${held ? 'held' : ''}${mounted ? 'mounts' : ''}`}`)
  const contents = keys.flatMap(({ path, content }, index) => {
    if (!content) return []
    return [content === 'always' ? read`C ${index} - ${path} ${LARGEST_EDITED}` : read`C ${index} ${content.unless} ${path} ${LARGEST_FETCHED}`]
  })
  return {
    script: readLines([functions, ...states, ...contents]),
    parse({ stdout, stderr, exitCode }) {
      if (exitCode !== 0) throw new ReadError('The files could not be looked at.', { stderr, exitCode })
      const answers: (FileState | null)[] = keys.map(() => null)
      for (const line of stdout.toString('latin1').split('\n')) {
        if (line.startsWith('=')) addContent(answers, line.slice(1))
        else if (line) addState(answers, Buffer.from(line, 'base64').toString())
      }
      return answers
    },
  }
}

function addState(answers: (FileState | null)[], line: string): void {
  const [, number = '', what, rest = ''] = /^(\d+) (\w+) ?([\s\S]*)$/.exec(line) ?? []
  const target = rest.replace(/\n\.$/, '')
  if (what === 'link') answers[Number(number)] = { type: 'link', target }
  else if (what === 'dangling') answers[Number(number)] = { type: 'link', target, dangling: true }
  else if (what === 'strange') {
    const state = answers[Number(number)]
    if (state) state.strangeLink = rest
  } else if (what === 'real') {
    const state = answers[Number(number)]
    if (state) state.real = rest
  } else if (what === 'mount') {
    const state = answers[Number(number)]
    if (state) [state.mount, state.mounted] = [rest.replace(/^=/, ''), rest.startsWith('=')]
  } else if (what === 'there') {
    const [raw = '0', uid = '', gid = '', owner = '', group = '', held] = rest.split('/')
    const mode = parseInt(raw, 16)
    const type = { 0x8000: 'file', 0x4000: 'directory' }[mode & 0xf000] ?? 'other'
    answers[Number(number)] = {
      type: type === 'file' || type === 'directory' ? type : 'other',
      mode: (mode & 0o7777).toString(8).padStart(4, '0'),
      owner: owner === 'UNKNOWN' ? uid : owner,
      group: group === 'UNKNOWN' ? gid : group,
      ...(held === undefined ? {} : { empty: held === '0' }),
    }
  }
}

function addContent(answers: (FileState | null)[], line: string): void {
  const [number = '', sha256 = '', size = '', bytes = ''] = line.split(' ')
  const state = answers[Number(number)]
  if (state?.type !== 'file') return
  const sent = bytes !== '' || size === '0'
  state.content = sent ? Content.of(Buffer.from(bytes, 'base64')) : Content.known(sha256, Number(size))
}
