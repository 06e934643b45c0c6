import { Command, CommanderError } from 'commander'
import { z } from 'zod'
import { UsageError } from '../errors.ts'
import { parseExtraVars } from './extra-vars.ts'

/** The parsed command line. */
export interface Arguments {
  /** The path of a playbook. */
  playbook: string
  /** Names or paths of inventories, which are merged. */
  inventories: string[]
  check: boolean
  diff: boolean
  limit?: string
  tags: string[]
  skipTags: string[]
  startAtTask?: string
  extraVars: Record<string, unknown>
  /** A variable in the inventory that the playbook does not declare is an error. */
  strictVars: boolean
  /** Hosts at the same time. */
  forks: number
  listTasks: boolean
  listHosts: boolean
  listTags: boolean
  /** Undefined: the inventory decides. */
  become?: true
  user?: string
  privateKey?: string
  /** The files to write reports to. */
  reports: string[]
  /** How often -v was given. */
  verbosity: number
}

/** A run, or a text to print (--help, --version) before exiting with 0. */
export type CommandLine = { type: 'run'; arguments: Arguments } | { type: 'print'; text: string }

const usage = 'run.ts PLAYBOOK -i INVENTORY [options]'

/**
 * The options as commander returns them, without its own defaults, which its help would show as
 * `(default: [])`.
 */
const schema = z.strictObject({
  inventory: z.array(z.string()), check: z.boolean().default(false), diff: z.boolean().default(true), limit: z.string().optional(),
  tags: z.array(z.string()).default([]), skipTags: z.array(z.string()).default([]), startAtTask: z.string().optional(),
  extraVars: z.record(z.string(), z.unknown()).default({}), strictVars: z.boolean().default(false), forks: z.number().default(10),
  listTasks: z.boolean().default(false), listHosts: z.boolean().default(false), listTags: z.boolean().default(false),
  become: z.literal(true).optional(), user: z.string().optional(), privateKey: z.string().optional(),
  report: z.array(z.string()).default([]), verbose: z.number().default(0),
})

function wrong(message: string): UsageError {
  return new UsageError(message, { hint: `Usage: ${usage}. --help lists the options.` })
}

/** A non-blank value; messages name the option. */
function filled(option: string): (value: string) => string {
  return value => {
    if (value.trim() === '') throw wrong(`${option} was given an empty value.`)
    return value
  }
}

function words(option: string): (value: string, earlier?: string[]) => string[] {
  return (value, earlier = []) => {
    const given = value.split(',').map(word => word.trim())
    if (given.includes('')) throw wrong(`${option} was given ${JSON.stringify(value)}; words with commas between are allowed.`)
    return [...earlier, ...given]
  }
}

/** Non-blank values, one for each use of the option. */
function several(option: string): (value: string, earlier?: string[]) => string[] {
  return (value, earlier = []) => [...earlier, filled(option)(value)]
}

function parseForks(value: string): number {
  const forks = Number(value)
  if (!/^\d+$/.test(value) || !Number.isSafeInteger(forks) || forks < 1) throw wrong(`--forks was given ${JSON.stringify(value)}; a whole number from 1 on is allowed.`)
  return forks
}

function program(version: string): Command {
  return new Command('run.ts')
    .usage('PLAYBOOK -i INVENTORY [options]')
    .description('Makes hosts what a playbook says they should be.')
    .argument('<PLAYBOOK>', 'the playbook, a .ts file')
    .requiredOption('-i, --inventory <INVENTORY>', 'name in inventories/, or path, of the inventory; repeatable: several are merged, the last wins', several('--inventory'))
    .option('-C, --check', 'change nothing; show what would change')
    .option('-D, --diff', 'show differences (this is the default)')
    .option('--no-diff', 'show no differences')
    .option('-l, --limit <PATTERN>', 'only these hosts', filled('--limit'))
    .option('-t, --tags <TAGS>', 'only tasks with one of these tags; repeatable', words('--tags'))
    .option('--skip-tags <TAGS>', 'no tasks with one of these tags; repeatable', words('--skip-tags'))
    .option('-e, --extra-vars <VARS>', 'name=value ..., a JSON object, or @file.yml; repeatable, the last wins',
      (text: string, earlier: Record<string, unknown> = {}) => ({ ...earlier, ...parseExtraVars(text) }))
    .option('--strict-vars', 'a variable in the inventory that the playbook does not declare is an error')
    .option('-f, --forks <NUMBER>', 'hosts at the same time (10 if not given)', parseForks)
    .option('--start-at-task <NAME>', 'begin with the task of this name', filled('--start-at-task'))
    .option('--list-tasks', 'print the tasks, and do nothing')
    .option('--list-hosts', 'print the hosts, and do nothing')
    .option('--list-tags', 'print the tags, and do nothing')
    .option('-b, --become', 'work as another user (root) through sudo')
    .option('-u, --user <USER>', 'connect as this user', filled('--user'))
    .option('--private-key <FILE>', 'connect with this key', filled('--private-key'))
    .option('--report <FILE>', 'write a report, in the format that its name ends in; repeatable', several('--report'))
    .option('-v, --verbose', 'tell more; repeatable', (_: string, earlier: number | undefined) => (earlier ?? 0) + 1)
    .version(version, '-V, --version', "print stead's version")
    .helpOption('-h, --help', 'print this')
}

/** commander's complaint as one sentence: without its "error:", with its suggestion. */
function sentence(message: string): string {
  const text = message.replace(/^error: /, '').trim().replace(/\s*\n\s*/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1) + (/[.?)]$/.test(text) ? '' : '.')
}

/**
 * Parses a command line; never ends the process.
 *
 * @param argv without the interpreter and the script.
 * @throws UsageError with one clear line and the usage.
 * @example parseArguments(['playbooks/hello.ts', '-i', 'lab', '--check'], { version: '0.1.0' })
 */
export function parseArguments(argv: readonly string[], { version }: { version: string }): CommandLine {
  let printed = ''
  const command = program(version).exitOverride().configureOutput({ writeOut: text => (printed += text), writeErr: () => undefined })
  try {
    command.parse([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { type: 'print', text: printed }
    throw wrong(sentence(error.message))
  }
  const { report, verbose, inventory, ...options } = schema.parse(command.opts())
  const [playbook = ''] = command.args
  if (playbook.trim() === '') throw wrong('PLAYBOOK was given as an empty value.')
  return { type: 'run', arguments: { playbook, inventories: inventory, ...options, reports: report, verbosity: verbose } }
}
