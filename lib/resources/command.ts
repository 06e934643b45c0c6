import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { Secret } from '../secret/secret.ts'
import { quote } from '../shell/quote.ts'
import { apply, read, readLines, ReadScript } from '../shell/script.ts'
import { mentions } from '../state/mentions.ts'
import type { Resource, Writing } from '../state/resource.ts'

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
  /** The path that it makes; where that is there already, nothing is run. */
  creates?: string
  /** The path that it takes away; where that is gone already, nothing is run. */
  removes?: string
  /** A shell script that succeeds when there is nothing to do any more. */
  unless?: string
  /** A shell script that succeeds while there is something to do. */
  onlyIf?: string
}

export interface CommandState {
  readonly [field: string]: string
  made: string
}

const schema = z.strictObject({ made: z.string() })
const reveal = (given: string | Secret) => (given instanceof Secret ? given.reveal() : given)

function run({ argv, cwd, umask, user, env = {}, stdin = '' }: CommandKey): Writing {
  // In a command line or a script everybody could see them; on standard input nobody does.
  const variables = Object.entries(env).map(([name, value]) => `export ${name}=${quote(reveal(value))}\n`).join('')
  const take = variables === '' ? apply`:` : apply`eval "$(head -c ${Buffer.byteLength(variables)})"`
  return {
    user, stdin: Buffer.from(variables + reveal(stdin)),
    script: apply`${take}; ${cwd === undefined ? apply`:` : apply`cd -- ${cwd} || exit 1`}; ${umask === undefined ? apply`:` : apply`umask ${umask}`}; exec ${argv}`,
  }
}

/** A script as the user and in the directory of a command, that cannot read. It has a shell of its own: whatever is wrong in it, or its last comment, ends there. */
function inside({ cwd, user }: CommandKey, script: ReadScript): ReadScript {
  const there = cwd === undefined ? script : read`cd -- ${cwd} || exit 1; ${script}`
  return user === undefined ? read`sh -c ${there.text} </dev/null` : read`runuser -u ${user} -- sh -c ${there.text} </dev/null`
}

function needed(key: CommandKey): ReadScript {
  const exists = (path: string) => read`{ [ -e ${path} ] || [ -L ${path} ]; }`
  const guards = [
    key.creates === undefined ? [] : [read`! ${exists(key.creates)}`],
    key.removes === undefined ? [] : [exists(key.removes)],
    key.unless === undefined ? [] : [read`! ${inside(key, new ReadScript(key.unless))} >/dev/null 2>&1`],
    key.onlyIf === undefined ? [] : [read`${inside(key, new ReadScript(key.onlyIf))} >/dev/null 2>&1`],
  ].flat()
  return readLines([...guards.map(guard => read`if ${guard}; then :; else echo 1; continue; fi`)])
}

/** What a command brings about, as far as a path or a script can tell. */
export const commandResult: Resource<CommandKey, CommandState, z.infer<typeof schema>> = {
  kind: 'command',
  schema,
  identify: ({ argv, cwd, creates, removes }) => creates ?? removes ?? argv.join(' ') + (cwd === undefined ? '' : ` (in ${cwd})`),
  question: ({ cwd, user, creates, removes, unless, onlyIf }) => JSON.stringify([cwd, user, creates, removes, unless, onlyIf]),
  read(keys) {
    return {
      script: readLines(keys.map(key => read`for once in 1; do
${needed(key)}
echo 0; done`)),
      parse({ stdout, stderr, exitCode }) {
        if (exitCode !== 0) throw new ReadError('It could not be told whether the command has to be run.', { stderr, exitCode })
        const lines = stdout.toString().split('\n')
        return keys.map((key, index) => (lines[index] === '1' ? { made: resultOf(key) } : null))
      },
    }
  },
  apply: run,
  foretells: ({ creates, removes }) => [
    ...(creates === undefined ? [] : [{ kind: 'file', identity: creates, state: { type: 'file' } }]),
    ...(removes === undefined ? [] : [{ kind: 'file', identity: removes, state: null, below: true }]),
  ],
  brings: key => ({ what: 'command', name: wordsOf(key), startsServices: false }),
  mayChangeWith: ({ creates, removes, unless = '', onlyIf = '' }, { kind, name }) => [creates, removes].some(path => path !== undefined && meets(path, name))
    || ((unless + onlyIf !== '') && (kind === 'package' || mentions(`${unless} ${onlyIf}`, name.replace(/\.service$/, '')) || (name.startsWith('/') && `${unless} ${onlyIf}`.includes(name)))),
}

/** By what a command may be known to touch something: its words, where it runs, and what it reads that is no secret. */
function wordsOf({ argv, cwd, stdin }: CommandKey): string {
  return [...argv, ...(cwd === undefined ? [] : [`(in ${cwd})`]), ...(typeof stdin === 'string' && stdin !== '' ? [`<<< ${stdin}`] : [])].join(' ')
}

/** Whether one of two paths is the other or in it. */
function meets(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`)
}

/** What {@link commandResult} calls the state that a command brings about. */
export function resultOf({ creates, removes, unless }: CommandKey): string {
  return creates ?? (removes === undefined ? (unless === undefined ? 'nothing left to do' : 'so') : `without ${removes}`)
}

/** A command that is run every time, since nothing tells whether it has been. */
export const commandRun: Resource<CommandKey, CommandState, Record<string, never>> = {
  kind: 'command',
  schema: z.strictObject({}),
  identify: ({ argv }) => argv.join(' '),
  read: keys => ({ script: read`:`, parse: () => keys.map(() => null) }),
  apply: run,
  brings: key => ({ what: 'command', name: wordsOf(key), startsServices: false, again: true }),
  event: { effect: 'change', describe: ({ argv }) => `run ${argv.join(' ')} (every time: it does not say what it brings about)`, verify: () => undefined },
}

/** What a command prints that only reads. It runs with the reads, in check mode too. */
export const commandOutput: Resource<CommandKey, { readonly stdout: string }, Record<string, never>> = {
  kind: 'command-output',
  schema: z.strictObject({}),
  onlyRead: true,
  identify: ({ argv, cwd = '/' }) => `${argv.join(' ')} (in ${cwd})`,
  question: ({ argv, user }) => JSON.stringify([argv, user]),
  read(keys) {
    return {
      script: readLines(keys.map(key => read`{ ${inside(key, read`exec ${key.argv}`)}; printf '\n=%s' $?; } | base64 -w0; echo`)),
      parse({ stdout, stderr }) {
        const lines = stdout.toString().split('\n')
        return keys.map(({ argv }, index) => {
          const [, text = '', code] = /^([\s\S]*)\n=(\d+)$/.exec(Buffer.from(lines[index] ?? '', 'base64').toString()) ?? []
          return code === '0' ? { stdout: text } : new ReadError(`${argv.join(' ')} failed.`, { exitCode: Number(code), stderr })
        })
      },
    }
  },
  apply: () => ({ script: apply`:` }),
}
