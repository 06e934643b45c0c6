import { ReadError } from '../errors.ts'
import { read, readLines } from '../shell/script.ts'
import { Content } from '../state/content.ts'
import type { Reading } from '../state/resource.ts'
import type { FileKey, FileState } from './file.ts'

/** Larger contents (bytes) are not brought to the controller to be shown. */
export const LARGEST_FETCHED = 1_000_000

/** Larger ones (bytes) are not edited. */
const LARGEST_EDITED = 100_000_000

const functions = read`
S() { # number, link or follow, path
  l=0; v=; if [ -L "$3" ]; then l=1; v=$(readlink -- "$3"; echo .); fi
  if [ $l$2 = 1link ]; then printf '%s link %s' "$1" "$v" | base64 -w0; echo
  elif [ -e "$3" ]; then w=; if [ $l = 1 ]; then w=/$(stat -c %u -- "$3"); fi; printf '%s there %s' "$1" "$(stat -L -c '%f/%u/%g/%U/%G' -- "$3")$w" | base64 -w0; echo
  elif [ $l = 1 ]; then printf '%s dangling %s' "$1" "$v" | base64 -w0; echo
  fi
}
C() { # number, checksum that need not be sent, path, largest size to be sent
  [ -f "$3" ] || return 0
  h=$(sha256sum <"$3") && s=$(stat -L -c %s -- "$3") || return 0
  printf '=%s %s %s ' "$1" "\${h%% *}" "$s"
  if [ "\${h%% *}" != "$2" ] && [ "$s" -le "$4" ]; then base64 -w0 <"$3"; fi; echo
}`

/** Asks for all in one script; every answer is a line of base64, since names and contents may hold anything. */
export function readFiles(keys: readonly FileKey[]): Reading<FileState> {
  const states = keys.map(({ path, noFollow }, index) => read`S ${index} ${noFollow ? 'link' : 'follow'} ${path}`)
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
  else if (what === 'there') {
    const [raw = '0', uid = '', gid = '', owner = '', group = '', linkUid = '0'] = rest.split('/')
    const mode = parseInt(raw, 16)
    const type = { 0x8000: 'file', 0x4000: 'directory' }[mode & 0xf000] ?? 'other'
    answers[Number(number)] = {
      type: type === 'file' || type === 'directory' ? type : 'other',
      mode: (mode & 0o7777).toString(8).padStart(4, '0'),
      owner: owner === 'UNKNOWN' ? uid : owner,
      group: group === 'UNKNOWN' ? gid : group,
      ...(linkUid === '0' || linkUid === uid ? {} : { strangeLink: true }),
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
