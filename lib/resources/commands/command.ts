import { overlap } from '../../text/overlap.ts'
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

/** A program to run. No shell interprets its words. */
export interface CommandKey {
  argv: readonly string[]
  cwd?: string
  /** The umask while it runs, as in umask(2). */
  umask?: string
  /** The user who runs it, and the scripts that check whether it has to run. */
  user?: string
  /** Environment variables; they go through standard input, before {@link CommandKey.stdin}. */
  env?: Readonly<Record<string, string | Secret>>
  stdin?: string | Secret
  /** The path that it creates. If that exists and is complete, the command does not run. */
  creates?: string
  /** When `creates` is complete. */
  whole?: Whole
  /** The path that it removes. If that is gone already, the command does not run. */
  removes?: string
  /** A shell script that succeeds if there is nothing left to do. */
  unless?: string
  /** A shell script that succeeds if there is something to do. */
  onlyIf?: string
}

/** When a path that a command creates is complete. */
export interface Whole {
  /** A shell script that only reads, and succeeds if the path, `$1`, is complete. */
  test?: string
  /**
   * The command creates a file whose name replaces `%s` in its words; it is renamed to the path
   * once it is complete.
   */
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

/** {@link CommandState.made} of a file that exists but is not complete. */
const incomplete = { empty: (path: string) => `${path} (empty)`, unfit: (path: string) => `${path} (fails its test)` }

/** Shell: whether `$f` is an empty file. (A file of proc(5) has size 0 but may have content.) */
const isEmpty = read`[ -f "$f" ] && [ ! -s "$f" ] && [ "$(head -c 1 <"$f" | wc -c)" = 0 ]`

function run(key: CommandKey, current: CommandState | null): Writing {
  const { argv, cwd, umask, user, env = {}, stdin = '' } = key
  // Everybody could see them in a command line or a script, but not on standard input.
  const variables = Object.entries(env).map(([name, value]) => `export ${name}=${quote(reveal(value))}\n`).join('')
  const take = variables === '' ? apply`:` : apply`eval "$(head -c ${Buffer.byteLength(variables)})"`
  return {
    user, stdin: Buffer.from(variables + reveal(stdin)),
    script: apply`${take}; ${cwd === undefined ? apply`:` : apply`cd -- ${cwd} || exit 1`}; ${umask === undefined ? apply`:` : apply`umask ${umask}`}; ${key.creates === undefined ? apply`exec ${argv}` : create(key, key.creates, current)}`,
  }
}

/**
 * Runs the command, and checks that its result is complete. If the result is empty it is removed,
 * so that the next run does not take it for complete.
 */
function create({ argv, whole = {} }: CommandKey, path: string, current: CommandState | null): ApplyScript {
  const undo = current === null && !whole.beside ? apply`rm -f -- "$f"; ` : apply``
  const look = applyLines([
    whole.empty ? apply`:` : apply`if ${isEmpty}; then ${undo}echo ${`The command left ${path} empty, as happens on a full disk. If it may be empty, set creates: { path, empty: true }.`} >&2; exit 1; fi`,
    whole.test === undefined ? apply`:` : apply`sh -c ${whole.test} sh "$f" </dev/null >&2 || { echo ${`${path}, as created by the command, fails the test of creates.`} >&2; exit 1; }`,
  ])
  if (!whole.beside) return apply`${argv} || exit; f=${path}
${look}`
  return apply`d=${path.replace(/[^/]*$/, '')}; [ -d "$d" ] || { echo "The directory $d does not exist: create it first (directory)." >&2; exit 1; }
${beside(path)}
h=$PWD; cd -P -- "$d"; N; f=$PWD/$n; cd -- "$h"; trap 'rm -f -- "$f"; undone beside-'${tagOf(path)}' 2>/dev/null || :' EXIT
${withPath(argv, read`"$f"`)}; "$@" || exit
[ -f "$f" ] || { echo "The command succeeded without creating $f, the file that %s stands for." >&2; exit 1; }
${look}
if [ -s ${path} ]; then echo ${`Somebody else has just created ${path}, so it was left unchanged.`} >&2; exit 1; fi
sync -- "$f"; mv -fT -- "$f" ${path} || exit; sync -- "$d"`
}

/**
 * Runs a script as the user and in the directory of a command, without standard input. It gets a
 * shell of its own, so that a syntax error or an unfinished comment ends there.
 */
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
  return readLines([...guards.map(guard => read`if ${guard}; then :; else echo 1; continue; fi`), ...(key.creates === undefined ? [] : [read`f=${key.creates}; if ${exists(key.creates)}; then ${completeness(key)}; continue; fi`])])
}

/** Prints 1, or what is wrong with the path that exists. */
function completeness({ whole: { empty, test } = {}, ...key }: CommandKey): ReadScript {
  const tested = test === undefined ? read`echo 1` : read`if ${inside(key, new ReadScript(test), [key.creates ?? ''])} >/dev/null 2>&1; then echo 1; else echo unfit; fi`
  return empty ? tested : read`if ${isEmpty}; then echo empty; else ${tested}; fi`
}

/** The result of a command, as far as a path or a script shows it. */
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
      parse: linePerKey(keys, 'Could not find out whether the command has to run.', (line, key) => {
        if (line === 'empty' || line === 'unfit') return { made: incomplete[line](key.creates ?? '') }
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
    mayChangeWith: ({ creates, removes, unless = '', onlyIf = '' }, { kind, name }) => [creates, removes].some(path => path !== undefined && overlap(path, name))
      || ((unless + onlyIf !== '') && (kind === 'package' || mentions(`${unless} ${onlyIf}`, name.replace(/\.service$/, '')) || (name.startsWith('/') && `${unless} ${onlyIf}`.includes(name)))),
  },
}

/**
 * The words that may show what a command touches: its arguments, where it runs, and its standard
 * input unless that is secret.
 */
function wordsOf({ argv, cwd, stdin }: CommandKey): string {
  return [...argv, ...(cwd === undefined ? [] : [`(in ${cwd})`]), ...(typeof stdin === 'string' && stdin !== '' ? [`<<< ${stdin}`] : [])].join(' ')
}

/**
 * Refuses an incomplete path if running the command again would be wrong, since it may destroy what
 * others have created since. An empty file is created again if a test shows when it is complete, or
 * the command writes to a temporary name; a file with content is never replaced.
 */
export function refuseIncomplete({ creates, whole = {} }: CommandKey, current: CommandState | null): void {
  if (creates === undefined) return
  if (current?.made === incomplete.empty(creates) && whole.test === undefined && !whole.beside) {
    throw new PlaybookError(`${creates} exists but is empty: the command was interrupted, or the disk was full.`, { hint: 'Remove it, and the command runs again. If it may be empty, set creates: { path, empty: true }.' })
  }
  if (current?.made === incomplete.unfit(creates) && whole.beside) {
    throw new PlaybookError(`${creates} exists but fails the test of creates. It was left unchanged.`, { hint: 'Have a look at it. If you do not need it, move it away, and the command runs again.' })
  }
}

/** What {@link commandResultResource} calls the result of a command. */
export function resultOf({ creates, removes, unless }: CommandKey): string {
  return creates ?? (removes === undefined ? (unless === undefined ? 'nothing left to do' : 'done') : `without ${removes}`)
}

/** A command that runs every time, since nothing shows whether it has run. */
export const commandRunResource: Resource<CommandKey, CommandState, Record<string, never>> = {
  kind: 'command',
  schema: z.strictObject({}),
  identify: ({ argv }) => argv.join(' '),
  read: keys => ({ script: read`:`, parse: () => keys.map(() => null) }),
  apply: key => run(key, null),
  event: { effect: 'change', describe: ({ argv }) => `run ${argv.join(' ')} (every time, since nothing shows whether it has run)`, verify: () => undefined },
  forecast: {
    brings: key => ({ what: 'command', name: wordsOf(key), startsServices: false, again: true }),
  },
}
