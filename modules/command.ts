import { z } from 'zod'
import { absolutePath, commandOutput, commandResult, commandRun, defineModule, fileMode, name, resultOf, Secret, want, type ModuleCall } from '../lib/index.ts'

const word = z.string('must be text').refine(text => !text.includes('\0'), 'must not hold a NUL byte')
const secretOrText = z.union([word, z.instanceof(Secret)], 'must be text or a Secret')
const argv = z.array(word, 'must be a list of words, as in [\'openssl\', \'rand\', \'8\']').min(1, 'must name a program')

const reading = z.strictObject({
  argv,
  /** It only reads: it runs whenever the host is looked at, in check mode too, and gives `{ stdout }`. Whoever says so of a command that writes, breaks check mode. */
  reads: z.literal(true),
  cwd: absolutePath.optional(),
  /** Who runs it. @default whoever stead is on the host */
  user: name.optional(),
})

const writing = z.strictObject({
  /** Program and arguments, one word each; no shell looks at them. */
  argv,
  reads: z.literal(false).optional(),
  /** The path that it makes: where that is there, it is not run. With none of these four it is run every time. */
  creates: absolutePath.optional(),
  /** The path that it takes away: where that is gone, it is not run. */
  removes: absolutePath.optional(),
  /** A shell script that only reads and succeeds when nothing is to be done; after the command it has to succeed. */
  unless: word.optional(),
  /** A shell script that only reads and succeeds while something is to be done; after the command it has to fail. */
  onlyIf: word.optional(),
  cwd: absolutePath.optional(),
  /** Variables of its environment, Secrets too: they come to the host by standard input. @default {} */
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable'), secretOrText).default({}),
  /** Its standard input. @default empty */
  stdin: secretOrText.optional(),
  /** Mask of the modes of what it makes, as in umask(2). @default '0022' */
  umask: fileMode.optional(),
  /** Who runs it, and the scripts that look. @default whoever stead is on the host */
  user: name.optional(),
})

const read = defineModule<typeof reading, { stdout: string }>({
  name: 'command',
  args: reading,
  placeholder: { stdout: '' },
  plan: ({ argv: words, cwd, user }) => ({
    wants: [want(commandOutput, { argv: words, cwd, user }, {})],
    output: ([state]) => (typeof state?.stdout === 'string' ? { stdout: state.stdout } : undefined),
  }),
})

const write = defineModule({
  name: 'command',
  args: writing,
  plan(given) {
    const guarded = [given.creates, given.removes, given.unless, given.onlyIf].some(guard => guard !== undefined)
    return { wants: [guarded ? want(commandResult, given, { made: resultOf(given) }) : want(commandRun, given, {})] }
  },
})

/**
 * A command, run unless its result is there: a path that it creates or removes, or what a script finds. With `reads: true` it is one that only reads, and gives
 * what it prints. Use this only where no module says what should be. Left out from Ansible's: `shell` and `cmd` (say ['sh', '-c', …]), `warn`
 * (obsolete), `strip_empty_ends`, `stdin_add_newline`, `expand_argument_vars` (words and bytes are as they are given).
 *
 * @example
 * command({ argv: ['sh', '-c', 'head -c 8 /dev/urandom | od -An -tx1 >/root/once'], creates: '/root/once' })
 */
export function command(args: z.input<typeof reading>): ModuleCall<{ stdout: string }>
export function command(args: z.input<typeof writing>): ModuleCall<void>
export function command(args: z.input<typeof reading> | z.input<typeof writing>): ModuleCall<{ stdout: string }> | ModuleCall<void> {
  return args.reads ? read(args) : write(args)
}
