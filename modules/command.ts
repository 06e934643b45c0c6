import { z } from 'zod'
import { absolutePath, defineModule, fileMode, name, Secret, want, type ModuleCall } from '../lib/resource.ts'
import { commandOutputResource } from '../lib/resources/commands/command-output.ts'
import { commandResultResource, commandRunResource, refuseUnwhole, resultOf } from '../lib/resources/commands/command.ts'

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

const creates = z.union([
  absolutePath,
  z.strictObject({ path: absolutePath, test: word.optional(), beside: z.boolean('must be true or false').default(false), empty: z.boolean('must be true or false').default(false) }),
], 'must be an absolute path, or { path, test, beside, empty }')

const writing = z.strictObject({
  /** Program and arguments, one word each; no shell looks at them. */
  argv,
  reads: z.literal(false).optional(),
  /**
   * The path that it makes: where that is there, and no empty file, it is not run. As `{ path, test, beside, empty }` it says when that is whole:
   * `test`, a shell script that only reads and finds it whole, `$1` being the path; `beside: true`, where the command makes a file of another name,
   * for which `%s` stands in `argv`, and which is moved to the path once it is whole; `empty: true`, where an empty file will do. With none of
   * these four arguments the command is run every time.
   */
  creates: creates.optional(),
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
}).superRefine(({ argv: words, creates: made, removes }, context) => {
  const issue = (argument: string, message: string) => context.addIssue({ code: 'custom', path: [argument], message })
  const path = typeof made === 'object' ? made.path : made
  if (path !== undefined && removes !== undefined && (path === removes || path.startsWith(`${removes}/`))) issue('removes', 'must not be what it creates, or a directory above that: neither would ever hold')
  if (typeof made !== 'object' || !made.beside) return
  if (!words.some(one => one.includes('%s'))) issue('argv', 'must hold %s, which stands for the file that it makes, where creates has beside: true')
  if (made.empty) issue('creates', 'takes either beside or empty')
})

const read = defineModule<typeof reading, { stdout: string }>({
  name: 'command',
  args: reading,
  placeholder: { stdout: '' },
  plan: ({ argv: words, cwd, user }) => ({
    wants: [want(commandOutputResource, { argv: words, cwd, user }, {})],
    output: ([state]) => (typeof state?.stdout === 'string' ? { stdout: state.stdout } : undefined),
  }),
})

const write = defineModule({
  name: 'command',
  args: writing,
  async plan({ creates: made, ...given }, host) {
    if ([made, given.removes, given.unless, given.onlyIf].every(guard => guard === undefined)) return { wants: [want(commandRunResource, given, {})] }
    const { path, ...whole } = typeof made === 'object' ? made : { path: made }
    const key = { ...given, creates: path, whole }
    refuseUnwhole(key, await host.current(commandResultResource, key))
    return { wants: [want(commandResultResource, key, { made: resultOf(key) })] }
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
