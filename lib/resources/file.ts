import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, applyLines, read, readLines, type ApplyScript } from '../shell/script.ts'
import { Content } from '../state/content.ts'
import type { Reading, Resource, Writing } from '../state/resource.ts'
import { attributes } from './attributes.ts'

/** Larger contents (bytes) are not brought to the controller to be shown. */
const LARGEST_FETCHED = 1_000_000

/** A path, and what of it is to be read or minded. */
export interface FileKey {
  path: string
  /** Read the content: always, or unless it has this checksum already. Left out: not even the checksum. */
  content?: 'always' | { unless: string }
  /** Look at a symbolic link itself instead of what it points to. */
  noFollow?: boolean
  /** A command that must accept the new content before it goes live; `%s` is the path of the new file. */
  validate?: readonly string[]
  /** Make missing directories above it, owned by root, mode 0755. */
  parents?: boolean
  /** Let a link take the place of a file, or remove a directory with all it holds. */
  force?: boolean
}

export interface FileState {
  readonly [field: string]: string | Content | undefined
  type: 'file' | 'directory' | 'link' | 'other'
  mode?: string
  owner?: string
  group?: string
  content?: Content
  /** What a link says, as it stands there. */
  target?: string
}

const schema = z.object({
  type: z.enum(['file', 'directory', 'link']),
  mode: z.string().regex(/^[0-7]{4}$/).optional(),
  owner: z.string().min(1).optional(),
  group: z.string().min(1).optional(),
  content: z.custom<Content>(value => value instanceof Content, "must be content").optional(),
  target: z.string().min(1).optional(),
})

export type FileDesired = z.infer<typeof schema>

/**
 * What is at a path: a file, a directory or a symbolic link. Sources: stat(1), readlink(1), sha256sum(1), mktemp(1), rename(2).
 *
 * A file is written beside its target, checked, given owner and mode, synced, then renamed into place. Through a symbolic link the
 * target is written and the link stays. A unit file of systemd is followed by one daemon-reload, in the same frame.
 */
export const file: Resource<FileKey, FileState, FileDesired> = {
  kind: 'file',
  schema,
  identify: ({ path }) => path,
  read: readFiles,
  apply: writeFile,
  answers: (state, { content }) => {
    if (content === undefined || state.type !== 'file') return true
    if (state.content === undefined) return false
    return state.content.bytes !== undefined || state.content.size > LARGEST_FETCHED || (content !== 'always' && content.unless === state.content.sha256)
  },
  defaults: (_key, { type }) => (type === 'link' ? {} : { mode: type === 'directory' ? '0755' : '0644', owner: 'root', group: 'root', ...(type === 'file' ? { content: Content.of('') } : {}) }),
  foretells: ({ path, parents }, desired) => (parents || desired?.type === 'directory' ? above(path) : [])
    .map(identity => ({ kind: 'file', identity, state: { type: 'directory', mode: '0755', owner: 'root', group: 'root' }, whereMissing: true })),
  takesAlong: ({ path }, current, name) => current?.type === 'directory' && name.startsWith(`${path}/`),
  mayComeWithPackage: (_key, desired) => desired === null || (desired.type === 'directory') || (desired.type === 'file' && desired.content === undefined),
}

const functions = read`
S() { # number, link or follow, path
  if [ "$2" = link ] && [ -L "$3" ]; then printf '%s link %s\n' "$1" "$(readlink -- "$3"; echo .)" | base64 -w0; echo
  elif [ -e "$3" ]; then printf '%s there %s' "$1" "$(stat -L -c '%f/%u/%g/%U/%G' -- "$3")" | base64 -w0; echo
  elif [ -L "$3" ]; then printf '%s dangling' "$1" | base64 -w0; echo
  fi
}
C() { # number, checksum that need not be sent, path
  [ -f "$3" ] || return 0
  h=$(sha256sum <"$3") && s=$(stat -L -c %s -- "$3") || return 0
  printf '=%s %s %s ' "$1" "\${h%% *}" "$s"
  if [ "\${h%% *}" != "$2" ] && [ "$s" -le ${LARGEST_FETCHED} ]; then base64 -w0 <"$3"; fi; echo
}`

function readFiles(keys: readonly FileKey[]): Reading<FileState> {
  const states = keys.map(({ path, noFollow }, index) => read`S ${index} ${noFollow ? 'link' : 'follow'} ${path}`)
  const contents = keys.flatMap(({ path, content }, index) => (content ? [read`C ${index} ${content === 'always' ? '-' : content.unless} ${path}`] : []))
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
  if (what === 'link') answers[Number(number)] = { type: 'link', target: rest.replace(/\n\.\n?$/, '') }
  else if (what === 'dangling') answers[Number(number)] = { type: 'link', target: '(nothing)' }
  else if (what === 'there') {
    const [raw = '0', uid = '', gid = '', owner = '', group = ''] = rest.trimEnd().split('/')
    const mode = parseInt(raw, 16)
    const type = { 0x8000: 'file', 0x4000: 'directory' }[mode & 0xf000] ?? 'other'
    answers[Number(number)] = {
      type: type === 'file' || type === 'directory' ? type : 'other',
      mode: (mode & 0o7777).toString(8).padStart(4, '0'),
      owner: owner === 'UNKNOWN' ? uid : owner,
      group: group === 'UNKNOWN' ? gid : group,
    }
  }
}

function addContent(answers: (FileState | null)[], line: string): void {
  const [number = '', sha256 = '', size = '', bytes = ''] = line.split(' ')
  const state = answers[Number(number)]
  if (!state) return
  const sent = bytes !== '' || size === '0'
  state.content = sent ? Content.of(Buffer.from(bytes, 'base64')) : Content.known(sha256, Number(size))
}

function writeFile(key: FileKey, current: FileState | null, desired: FileDesired | null): Writing {
  const { path } = key
  if (desired === null) return { script: remove(key, current) }
  const wrongType = current !== null && current.type !== desired.type
  if (wrongType && !(desired.type === 'link' && key.force && current.type === 'file')) {
    return { script: apply`echo ${`${path} is a ${current.type}, and is to be a ${desired.type}: move it away first.`} >&2; exit 1` }
  }
  const above = key.parents || desired.type === 'directory' ? apply`mkdir -p -- ${parentOf(path)}` : apply`:`
  if (desired.type === 'link') {
    const beside = `${path}.stead-new`
    return { script: applyLines([above, apply`rm -f -- ${beside} && ln -s -- ${desired.target ?? ''} ${beside} && mv -fT -- ${beside} ${path}`]) }
  }
  if (desired.type === 'directory') {
    return { script: apply`set -e; ${above}; [ -d ${path} ] || mkdir -m 00755 -- ${path}; ${attributes(path, desired)}` }
  }
  if (desired.content === undefined || (current?.content && desired.content.equals(current.content))) {
    return { script: apply`set -e; ${current ? apply`:` : apply`${above}; touch -- ${path}`}; ${attributes(path, desired)}` }
  }
  return { script: replace(key, desired, desired.content, above), stdin: desired.content.bytes }
}

function replace({ path, validate }: FileKey, desired: FileDesired, content: Content, above: ApplyScript): ApplyScript {
  const check = validate ? apply`set -- ${validate}; for a; do shift; [ "$a" = %s ] && a=$n; set -- "$@" "$a"; done; "$@" >&2` : apply`:`
  const reload = path.startsWith('/etc/systemd/system/') ? apply`if [ -d /run/systemd/system ]; then systemctl daemon-reload; fi` : apply`:`
  return apply`set -e
${above}
t=$(readlink -f -- ${path} && echo .) || { echo ${`The directory of ${path} is not there: make it first (directory).`} >&2; exit 1; }; t=\${t%??}
n=$(mktemp -- "\${t%/*}/.stead.XXXXXXXX"); trap 'rm -f -- "$n"' EXIT
if [ -e "$t" ]; then cp --attributes-only --preserve=mode,ownership -- "$t" "$n"; else chmod 0644 -- "$n"; fi
cat >"$n"
s=$(sha256sum <"$n"); [ "\${s%% *}" = ${content.sha256} ] || { echo 'The content did not arrive whole; nothing was changed.' >&2; exit 1; }
${attributesOf('"$n"', desired)}
${check}
sync -- "$n"; mv -fT -- "$n" "$t"; trap - EXIT; sync -- "\${t%/*}"
${reload}`
}

function attributesOf(shellWord: string, desired: FileDesired): ApplyScript {
  return attributes(read(Object.assign([shellWord], { raw: [shellWord] })), desired)
}

function remove({ path, force }: FileKey, current: FileState | null): ApplyScript {
  if (current?.type !== 'directory') return apply`rm -f -- ${path}`
  return force ? apply`rm -rf --one-file-system -- ${path}` : apply`rmdir -- ${path}`
}

/** The directories above a path, but for the root. @example above('/a/b/c') // ['/a', '/a/b'] */
function above(path: string): string[] {
  const parts = path.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

function parentOf(path: string): string {
  return path.replace(/\/+[^/]*\/*$/, '') || '/'
}
