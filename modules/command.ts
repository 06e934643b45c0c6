import { z } from 'zod'
import { absolutePath, defineModule, fileMode, name, Secret, want, type ModuleCall } from '../lib/resource.ts'
import { commandOutputResource } from '../lib/resources/commands/command-output.ts'
import { commandResultResource, commandRunResource, refuseIncomplete, resultOf } from '../lib/resources/commands/command.ts'

const word = z.string('must be text').refine(text => !text.includes('\0'), 'must not contain a NUL byte')
const secretOrText = z.union([word, z.instanceof(Secret)], 'must be text or a Secret')
const argv = z.array(word, 'must be a list of words, as in [\'openssl\', \'rand\', \'8\']').min(1, 'must name a program')

const reading = z.strictObject({
  argv,
  /**
   * The command only reads: it runs with every read, in check mode too, and returns `{ stdout }`.
   * Do not set it for a command that writes: that breaks check mode.
   */
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
  /** Program and arguments, one word each; no shell is involved. */
  argv,
  reads: z.literal(false).optional(),
  /**
   * The path that it creates: where that exists and is not an empty file, the command is not run.
   * `{ path, test, beside, empty }` says when it is complete: `test` is a read-only shell script
   * that succeeds when `$1`, the path, is complete; with `beside: true` the command creates a file
   * of another name, for which `%s` stands in `argv`, and which is moved to the path once it is
   * complete; with `empty: true` an empty file is enough. Without `creates`, `removes`, `unless`
   * and `onlyIf` the command runs every time.
   */
  creates: creates.optional(),
  /** The path that it removes: where that does not exist, the command is not run. */
  removes: absolutePath.optional(),
  /**
   * A read-only shell script that succeeds when there is nothing to do; it must succeed after the
   * command.
   */
  unless: word.optional(),
  /**
   * A read-only shell script that succeeds while there is something to do; it must fail after the
   * command.
   */
  onlyIf: word.optional(),
  cwd: absolutePath.optional(),
  /**
   * Environment variables, including Secrets: they reach the host on standard input.
   * @default {}
   */
  env: z.record(z.string().regex(/^[A-Za-z_]\w*$/, 'must be the name of a variable'), secretOrText).default({}),
  /** Its standard input. @default empty */
  stdin: secretOrText.optional(),
  /** Its umask, as in umask(2). @default '0022' */
  umask: fileMode.optional(),
  /** The user that runs it and its test scripts. @default whoever stead is on the host */
  user: name.optional(),
}).superRefine(({ argv: words, creates: made, removes }, context) => {
  const issue = (argument: string, message: string) => context.addIssue({ code: 'custom', path: [argument], message })
  const path = typeof made === 'object' ? made.path : made
  if (path !== undefined && removes !== undefined && (path === removes || path.startsWith(`${removes}/`))) issue('removes', 'must not be what it creates, or a directory above that: neither would ever hold')
  if (typeof made !== 'object' || !made.beside) return
  if (!words.some(one => one.includes('%s'))) issue('argv', 'must contain %s, which stands for the file that it creates, where creates has beside: true')
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
    refuseIncomplete(key, await host.current(commandResultResource, key))
    return { wants: [want(commandResultResource, key, { made: resultOf(key) })] }
  },
})

/**
 * Runs a command unless its result exists: a path that it creates or removes, or the outcome of a
 * test script. With `reads: true` it is a command that only reads, and its output is the result.
 * Use it only where no module fits. Not supported from Ansible's `command`: `shell` and `cmd` (use
 * ['sh', '-c', …]), `warn` (obsolete), `strip_empty_ends`, `stdin_add_newline`,
 * `expand_argument_vars` (words and bytes are passed unchanged).
 *
 * @example
 * command({ argv: ['sh', '-c', 'head -c 8 /dev/urandom | od -An -tx1 >/root/once'], creates: '/root/once' })
 */
export function command(args: z.input<typeof reading>): ModuleCall<{ stdout: string }>
export function command(args: z.input<typeof writing>): ModuleCall<void>
export function command(args: z.input<typeof reading> | z.input<typeof writing>): ModuleCall<{ stdout: string }> | ModuleCall<void> {
  return args.reads ? read(args) : write(args)
}
