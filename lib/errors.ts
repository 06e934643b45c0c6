/** Where an error belongs, and what the host said. */
export interface Circumstances {
  host?: string
  task?: string
  /** The printed identity, as in `file[/etc/tor/torrc]`. */
  resource?: string
  command?: string
  exitCode?: number
  /** What the host printed to its standard error. */
  stderr?: string
  /** What to do about it, as one sentence. */
  hint?: string
  /** Other ways out, shown where the module has the argument. */
  ways?: readonly Way[]
  cause?: unknown
}

/**
 * A way out by an argument, shown only where the module has that argument:
 * `{ argument: 'parents', hint: 'Or give parents: true.' }`.
 */
export interface Way {
  argument: string
  hint: string
}

/**
 * The base of every error that stead expects. The message says what was given and what is allowed;
 * `hint` says what to do.
 *
 * @example throw new ApplyError('apt-get could not install nginx.', { host: 'web1', exitCode: 100, stderr, hint: 'Run with --check.' })
 */
export class SteadError extends Error {
  /** The exit status of a process that this error ends (README.md, Options). */
  readonly exitStatus: number = 1
  host?: string
  task?: string
  resource?: string
  command?: string
  exitCode?: number
  stderr?: string
  hint?: string
  ways?: readonly Way[]

  constructor(message: string, circumstances: Circumstances = {}) {
    const { cause, ...fields } = circumstances
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    Object.assign(this, fields)
  }

  /**
   * Fills in where the error happened, where that is still missing.
   * @example throw error.at({ host: 'web1', task: 'Install nginx' })
   */
  at(place: Pick<Circumstances, 'host' | 'task' | 'resource'>): this {
    this.host ??= place.host
    this.task ??= place.task
    this.resource ??= place.resource
    return this
  }

  /** Adds to the hint the ways out that a module with these arguments has. */
  offer(args: readonly string[]): this {
    const open = (this.ways ?? []).filter(({ argument }) => args.includes(argument)).map(({ hint }) => hint)
    this.ways = undefined
    if (open.length > 0) this.hint = [this.hint, ...open].filter(part => part !== undefined).join(' ')
    return this
  }
}

/** The command line is wrong; nothing was touched. */
export class UsageError extends SteadError {
  override readonly exitStatus = 64
}

/** One wrong argument: its name (`packages[0]`), and why. */
export interface ArgumentIssue {
  argument: string
  message: string
}

/** A module was given wrong arguments, all reported at once; nothing was touched. */
export class ArgumentError extends SteadError {
  override readonly exitStatus = 64
  readonly issues: readonly ArgumentIssue[]

  /**
   * @example new ArgumentError('apt', [{ argument: 'packages', message: 'was given 7; a list of names is allowed.' }])
   */
  constructor(module: string, issues: readonly ArgumentIssue[], circumstances: Circumstances = {}) {
    const lines = issues.map(issue => (issue.argument === '' ? issue.message : `${issue.argument}: ${issue.message}`))
    super([`The arguments of ${module} are wrong.`, ...lines].join('\n'), circumstances)
    this.issues = issues
  }
}

/** One mistake in an inventory; lines and columns count from 1. */
export interface InventoryIssue {
  file: string
  line?: number
  column?: number
  message: string
}

/** The inventory is wrong, with every mistake in it; nothing was touched. */
export class InventoryError extends SteadError {
  override readonly exitStatus = 64
  readonly issues: readonly InventoryIssue[]
  readonly file?: string
  readonly line?: number
  readonly column?: number

  /**
   * @example new InventoryError([{ file: 'prod.yml', line: 3, column: 5, message: 'The host web has no address.' }])
   */
  constructor(issues: readonly InventoryIssue[], circumstances: Circumstances = {}) {
    const lines = issues.map(issue => [issue.file, issue.line, issue.column].filter(part => part !== undefined).join(':') + ': ' + issue.message)
    super((lines.length === 1 ? lines : [`The inventory is wrong in ${lines.length} places.`, ...lines]).join('\n'), circumstances)
    this.issues = issues
    this.file = issues[0]?.file
    this.line = issues[0]?.line
    this.column = issues[0]?.column
  }
}

/**
 * The playbook, its variables or its plan is wrong; nothing was touched.
 *
 * @example new PlaybookError('The port is in use.', { hint: 'Choose another one.' }).exitStatus // 64
 */
export class PlaybookError extends SteadError {
  override readonly exitStatus: number = 64
}

/**
 * Wrong whatever the earlier changes do, so a check fails on it even where they are only predicted.
 *
 * @example new CertainError('The UID is taken.').exitStatus // 1
 */
export class CertainError extends PlaybookError {
  override readonly exitStatus = 1
}

/** A file of the playbook (a template, a file to copy) is missing or wrong, whatever the host. */
export class PlaybookFileError extends PlaybookError {}

/** The host could not be reached, or did not let us in. */
export class ConnectError extends SteadError {
  override readonly exitStatus = 4
}

/**
 * The current state could not be read.
 *
 * @example new ReadError('The mounts could not be read.', { exitCode: 2 }).exitCode // 2
 */
export class ReadError extends SteadError {}

/**
 * The desired state could not be written.
 *
 * @example new ApplyError('It stays mounted.', { stderr: 'target is busy' }).stderr // 'target is busy'
 */
export class ApplyError extends SteadError {}

/**
 * The file changed between reading and writing: nothing was written, and the edit can be planned
 * again.
 */
export class StaleError extends ApplyError {}

/** The desired state was written but does not read back. */
export class NotConvergedError extends SteadError {}
