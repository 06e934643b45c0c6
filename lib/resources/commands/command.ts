import { z } from 'zod'
import { PlaybookError } from '../../errors.ts'
import { Secret } from '../../secret/secret.ts'
import { quote } from '../../text/quote.ts'
import { apply, applyLines, read, readLines, ReadScript, type ApplyScript } from '../../shell/script.ts'
import { mentions } from '../../state/mentions.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource, Writing } from '../../state/resource.ts'
import { beside, tagOf } from '../files/beside.ts'
import { withPath } from '../files/file-write.ts'

/** A program to run: words, of which none is looked at by a shell. */
export interface CommandKey {
  argv: readonly string[]
  cwd?: string
  /** File mode creation mask while it runs, as in umask(2). */
  umask?: string
  /** Who runs it, and what looks whether it has to be run. */
  user?: string
  /** Variables of its environment; they go by standard input, ahead of {@link CommandKey.stdin}. */
  env?: Readonly<Record<string, string | Secret>>
  stdin?: string | Secret
  /** The path that it makes; where that is there already, and whole, nothing is run. */
  creates?: string
  /** When what it creates is whole. */
  whole?: Whole
  /** The path that it takes away; where that is gone already, nothing is run. */
  removes?: string
  /** A shell script that succeeds when there is nothing to do any more. */
  unless?: string
  /** A shell script that succeeds while there is something to do. */
  onlyIf?: string
}

/** When a path that a command creates is whole. */
export interface Whole {
  /** A shell script that only reads and succeeds when it is; `$1` is the path. */
  test?: string
  /** The command makes a file of the name that `%s` stands for in its words; it is moved to the path once it is whole. */
  beside?: boolean
  /** It may be an empty file. */
  empty?: boolean
}

export interface CommandState {
  readonly [field: string]: string
  made: string
}

const schema = z.strictObject({ made: z.string() })
const reveal = (given: string | Secret) => (given instanceof Secret ? given.reveal() : given)

/** {@link CommandState.made} of a file that is there and is not whole. */
const unwhole = { empty: (path: string) => `${path} (empty)`, unfit: (path: string) => `${path} (fails its test)` }

/** Shell: whether `$f` is an empty file; one of proc(5) has no size and may hold something. */
const isEmpty = read`[ -f "$f" ] && [ ! -s "$f" ] && [ "$(head -c 1 <"$f" | wc -c)" = 0 ]`

function run(key: CommandKey, current: CommandState | null): Writing {
  const { argv, cwd, umask, user, env = {}, stdin = '' } = key
  // In a command line or a script everybody could see them; on standard input nobody does.
  const variables = Object.entries(env).map(([name, value]) => `export ${name}=${quote(reveal(value))}\n`).join('')
  const take = variables === '' ? apply`:` : apply`eval "$(head -c ${Buffer.byteLength(variables)})"`
  return {
    user, stdin: Buffer.from(variables + reveal(stdin)),
    script: apply`${take}; ${cwd === undefined ? apply`:` : apply`cd -- ${cwd} || exit 1`}; ${umask === undefined ? apply`:` : apply`umask ${umask}`}; ${key.creates === undefined ? apply`exec ${argv}` : create(key, key.creates, current)}`,
  }
}

/** Runs the command, and looks whether what it made is whole. What it left empty is taken away again, so that the next run is not taken in by it. */
function create({ argv, whole = {} }: CommandKey, path: string, current: CommandState | null): ApplyScript {
  const undo = current === null && !whole.beside ? apply`rm -f -- "$f"; ` : apply``
  const look = applyLines([
    whole.empty ? apply`:` : apply`if ${isEmpty}; then ${undo}echo ${`What the command made of ${path} is empty, as a full disk leaves it. If that is how it should be, say so: creates: { path, empty: true }.`} >&2; exit 1; fi`,
    whole.test === undefined ? apply`:` : apply`sh -c ${whole.test} sh "$f" </dev/null >&2 || { echo ${`What the command made of ${path} fails the test of creates.`} >&2; exit 1; }`,
  ])
  if (!whole.beside) return apply`${argv} || exit; f=${path}
${look}`
  return apply`d=${path.replace(/[^/]*$/, '')}; [ -d "$d" ] || { echo "The directory $d does not exist: make it first (directory)." >&2; exit 1; }
${beside(path)}
h=$PWD; cd -P -- "$d"; N; f=$PWD/$n; cd -- "$h"; trap 'rm -f -- "$f"; undone beside-'${tagOf(path)}' 2>/dev/null || :' EXIT
${withPath(argv, read`"$f"`)}; "$@" || exit
[ -f "$f" ] || { echo "The command succeeded without making $f, the file that %s stands for." >&2; exit 1; }
${look}
if [ -s ${path} ]; then echo ${`${path} was made by somebody else at this moment, and is left as it is.`} >&2; exit 1; fi
sync -- "$f"; mv -fT -- "$f" ${path} || exit; sync -- "$d"`
}

/** A script as the user and in the directory of a command, that cannot read. It has a shell of its own: whatever is wrong in it, or its last comment, ends there. */
export function inside({ cwd, user }: CommandKey, script: ReadScript, words: readonly string[] = []): ReadScript {
  const there = cwd === undefined ? script : read`cd -- ${cwd} || exit 1; ${script}`
  return read`${user === undefined ? [] : ['runuser', '-u', user, '--']} sh -c ${there.text} sh ${words} </dev/null`
}

function needed(key: CommandKey): ReadScript {
  const exists = (path: string) => read`{ [ -e ${path} ] || [ -L ${path} ]; }`
  const guards = [
    key.removes === undefined ? [] : [exists(key.removes)],
    key.unless === undefined ? [] : [read`! ${inside(key, new ReadScript(key.unless))} >/dev/null 2>&1`],
    key.onlyIf === undefined ? [] : [read`${inside(key, new ReadScript(key.onlyIf))} >/dev/null 2>&1`],
  ].flat()
  return readLines([...guards.map(guard => read`if ${guard}; then :; else echo 1; continue; fi`), ...(key.creates === undefined ? [] : [read`f=${key.creates}; if ${exists(key.creates)}; then ${howWhole(key)}; continue; fi`])])
}

/** Prints 1, or what is amiss with what is there. */
function howWhole({ whole: { empty, test } = {}, ...key }: CommandKey): ReadScript {
  const tested = test === undefined ? read`echo 1` : read`if ${inside(key, new ReadScript(test), [key.creates ?? ''])} >/dev/null 2>&1; then echo 1; else echo unfit; fi`
  return empty ? tested : read`if ${isEmpty}; then echo empty; else ${tested}; fi`
}

/** What a command brings about, as far as a path or a script can tell. */
export const commandResultResource: Resource<CommandKey, CommandState, z.infer<typeof schema>> = {
  kind: 'command',
  schema,
  identify: ({ argv, cwd, creates, removes }) => creates ?? removes ?? argv.join(' ') + (cwd === undefined ? '' : ` (in ${cwd})`),
  question: ({ cwd, user, creates, whole, removes, unless, onlyIf }) => JSON.stringify([cwd, user, creates, whole, removes, unless, onlyIf]),
  read(keys) {
    return {
      script: readLines(keys.map(key => read`for once in 1; do
${needed(key)}
echo 0; done`)),
      parse: linePerKey(keys, 'It could not be told whether the command has to be run.', (line, key) => {
        if (line === 'empty' || line === 'unfit') return { made: unwhole[line](key.creates ?? '') }
        return line === '1' ? { made: resultOf(key) } : null
      }),
    }
  },
  apply: run,
  forecast: {
    sideEffects: ({ creates, removes }) => [
      ...(creates === undefined ? [] : [{ kind: 'file' as const, identity: creates, state: { type: 'file' } }]),
      ...(removes === undefined ? [] : [{ kind: 'file' as const, identity: removes, state: null, below: true }]),
    ],
    brings: key => ({ what: 'command', name: wordsOf(key), startsServices: false }),
    mayChangeWith: ({ creates, removes, unless = '', onlyIf = '' }, { kind, name }) => [creates, removes].some(path => path !== undefined && meets(path, name))
      || ((unless + onlyIf !== '') && (kind === 'package' || mentions(`${unless} ${onlyIf}`, name.replace(/\.service$/, '')) || (name.startsWith('/') && `${unless} ${onlyIf}`.includes(name)))),
  },
}

/** By what a command may be known to touch something: its words, where it runs, and what it reads that is no secret. */
function wordsOf({ argv, cwd, stdin }: CommandKey): string {
  return [...argv, ...(cwd === undefined ? [] : [`(in ${cwd})`]), ...(typeof stdin === 'string' && stdin !== '' ? [`<<< ${stdin}`] : [])].join(' ')
}

/** Whether one of two paths is the other or in it. */
function meets(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`)
}

/**
 * Refuses what is there and is not whole where running the command would be the wrong answer: it may destroy what others have made since. An
 * empty file is made anew where a test says what is whole, or the command makes it beside; one that holds something is never replaced.
 */
export function refuseUnwhole({ creates, whole = {} }: CommandKey, current: CommandState | null): void {
  if (creates === undefined) return
  if (current?.made === unwhole.empty(creates) && whole.test === undefined && !whole.beside) {
    throw new PlaybookError(`${creates} is there, and is empty: what makes it was cut off, or the disk was full.`, { hint: 'Remove it to have it made anew. If it is meant to be empty, say so: creates: { path, empty: true }.' })
  }
  if (current?.made === unwhole.unfit(creates) && whole.beside) {
    throw new PlaybookError(`${creates} is there, and fails the test of creates; it is left as it is.`, { hint: 'Look at it. If it is of no use, move it away to have it made anew.' })
  }
}

/** What {@link commandResultResource} calls the state that a command brings about. */
export function resultOf({ creates, removes, unless }: CommandKey): string {
  return creates ?? (removes === undefined ? (unless === undefined ? 'nothing left to do' : 'so') : `without ${removes}`)
}

/** A command that is run every time, since nothing tells whether it has been. */
export const commandRunResource: Resource<CommandKey, CommandState, Record<string, never>> = {
  kind: 'command',
  schema: z.strictObject({}),
  identify: ({ argv }) => argv.join(' '),
  read: keys => ({ script: read`:`, parse: () => keys.map(() => null) }),
  apply: key => run(key, null),
  event: { effect: 'change', describe: ({ argv }) => `run ${argv.join(' ')} (every time: it does not say what it brings about)`, verify: () => undefined },
  forecast: {
    brings: key => ({ what: 'command', name: wordsOf(key), startsServices: false, again: true }),
  },
}
