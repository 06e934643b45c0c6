import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, read, type ApplyScript } from '../shell/script.ts'
import type { Resource } from '../state/resource.ts'

/** A program to run: words, of which none is looked at by a shell. */
export interface CommandKey {
  argv: readonly string[]
  /** The path that it makes; where that is there already, nothing is run. */
  creates: string
  cwd?: string
  /** File mode creation mask while it runs, as in umask(2). */
  umask?: string
}

export interface CommandState {
  readonly [field: string]: string
  made: string
}

const schema = z.strictObject({ made: z.string() })

function run({ argv, cwd, umask }: Omit<CommandKey, 'creates'>): ApplyScript {
  return apply`${cwd === undefined ? apply`:` : apply`cd -- ${cwd} || exit 1`}; ${umask === undefined ? apply`:` : apply`umask ${umask}`}; ${argv}`
}

/** The result of a command that makes a path. */
export const commandResult: Resource<CommandKey, CommandState, z.infer<typeof schema>> = {
  kind: 'command',
  schema,
  identify: ({ creates }) => creates,
  read(keys) {
    const paths = keys.map(({ creates }) => creates)
    return {
      script: read`for p in ${paths}; do if [ -e "$p" ] || [ -L "$p" ]; then echo 1; else echo 0; fi; done`,
      parse({ stdout, stderr, exitCode }) {
        if (exitCode !== 0) throw new ReadError('What the command makes could not be looked for.', { stderr, exitCode })
        const lines = stdout.toString().split('\n')
        return paths.map((path, index) => (lines[index] === '1' ? { made: path } : null))
      },
    }
  },
  apply: key => ({ script: run(key) }),
  foretells: ({ creates }) => [{ kind: 'file', identity: creates, state: { type: 'file' } }],
}

/** A command that is run every time, since nothing tells whether it has been. */
export const commandRun: Resource<Omit<CommandKey, 'creates'>, CommandState, Record<string, never>> = {
  kind: 'command',
  schema: z.strictObject({}),
  identify: ({ argv }) => argv.join(' '),
  read: keys => ({ script: read`:`, parse: () => keys.map(() => null) }),
  apply: key => ({ script: run(key) }),
  event: { effect: 'change', describe: ({ argv }) => `run ${argv.join(' ')} (every time: it does not say what it creates)`, verify: () => undefined },
}
