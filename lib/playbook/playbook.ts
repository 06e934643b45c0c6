import { z } from 'zod'
import { PlaybookError } from '../errors.ts'
import type { PlaybookHost } from '../state/facts.ts'
import type { ModuleCall } from './module.ts'
import { Handler, Task, type AnyTask, type Body, type TaskOptions } from './task.ts'
import { unknownVariables, type UnknownVariable } from './unknown-variables.ts'

// zod would compile each schema to a function of its own. That pays for schemas used a thousand
// times; here each checks a handful of arguments.
z.config({ jitless: true })

/** What a playbook's `tasks` function gets. */
export interface Play<Vars = unknown> {
  /** Adds a task; they run in the order in which they are added. */
  task: <Output>(name: string, body: Body<Output>, options?: TaskOptions) => Task<Output>
  /** Defines a handler; notified handlers run in the order of definition. */
  handler: (name: string, body: Body<void>, options?: Pick<TaskOptions, 'become' | 'ignoreErrors' | 'timeoutSeconds'>) => Handler
  /** Runs the handlers notified so far at this point, instead of at the end. */
  flushHandlers: () => void
  /** Lines to print at the end of a run: what the host is now, and what to do next. */
  summary: (lines: () => string[] | Promise<string[]>) => void
  vars: Vars
  host: PlaybookHost
}

/** How a playbook is written. */
export interface PlaybookDefinition<Schema extends z.ZodType> {
  name: string
  /** Group, host or pattern, as in `web:!web3`. */
  hosts: string
  /**
   * Checked for every host before any connection. A variable that it does not declare is an error
   * with `-e` and a note in the inventory; a schema that accepts anything (`z.looseObject`,
   * `z.record`) gives neither.
   * @default no variables
   */
  vars?: Schema
  /**
   * Adds the tasks of one host. It is called once per host and must not be `async`, which is a type
   * error.
   */
  tasks(play: Play<z.output<Schema>>): NotAsync
}

/** Not a promise: a function that returns `void` may be async, one that returns this may not. */
type NotAsync = void | undefined

/** One step of a host's walk. */
export type Step = { task: AnyTask } | { flush: true }

/** A playbook laid out for one host. */
export interface HostPlay {
  steps: Step[]
  handlers: Handler[]
  summaries: (() => string[] | Promise<string[]>)[]
  /**
   * The names of tasks that were added after `tasks()` had returned, which never run; grows as they
   * are added.
   */
  late: readonly string[]
}

/** A playbook without the type of its variables; made by {@link playbook}. */
export interface Playbook {
  readonly name: string
  readonly hosts: string
  readonly isPlaybook: typeof isPlaybook
  /** The mistakes in a host's variables, by name. */
  checkVars(vars: Readonly<Record<string, unknown>>): { variable: string; message: string }[]
  /** Whether it declares variables at all. */
  readonly hasVars: boolean
  /** The variables that it does not declare: all of them, where it declares none. */
  unknownVars(vars: Readonly<Record<string, unknown>>): UnknownVariable[]
  layOut(host: PlaybookHost, vars: Readonly<Record<string, unknown>>): HostPlay
}

const isPlaybook = Symbol('playbook')

/** Whether a module's default export came from {@link playbook}. */
export function isAPlaybook(value: unknown): value is Playbook {
  return typeof value === 'object' && value !== null && 'isPlaybook' in value && value.isPlaybook === isPlaybook
}

/**
 * Defines a playbook: the desired state of some hosts. Loops, conditions and roles are TypeScript.
 *
 * @throws PlaybookError when something is missing, at import.
 * @example
 * export default playbook({
 *   name: 'Hello', hosts: 'web', vars: z.object({ greeting: z.string() }),
 *   tasks({ task, vars }) { task('Greet', file({ path: '/srv/hello', content: vars.greeting })) },
 * })
 */
export function playbook<Schema extends z.ZodType = z.ZodType<unknown>>(definition: PlaybookDefinition<Schema>): Playbook {
  const missing = (['name', 'hosts', 'tasks'] as const).filter(field => !definition[field])
  if (missing.length) throw new PlaybookError(`A playbook lacks ${missing.join(', ')}.`, { hint: 'It needs a name, hosts (group, host or pattern) and tasks({ task, … }).' })
  const schema: z.ZodType = definition.vars ?? z.unknown()
  return {
    name: definition.name,
    hosts: definition.hosts,
    isPlaybook,
    checkVars(vars) {
      const parsed = schema.safeParse(vars)
      if (parsed.success) return []
      return parsed.error.issues.map(({ path, message }) => ({ variable: path.map(String).join('.'), message }))
    },
    hasVars: definition.vars !== undefined,
    unknownVars: vars => unknownVariables(definition.vars ?? z.object({}), vars),
    layOut(host, given) {
      const steps: Step[] = []
      const handlers: Handler[] = []
      const late: string[] = []
      let isOpen = true
      /** A task added later would never run. */
      const add = <Thing>(list: Thing[], thing: Thing, what: string) => void (isOpen ? list.push(thing) : late.push(what))
      const summaries: HostPlay['summaries'] = []
      const vars = parseVars(definition, given)
      const returned: unknown = definition.tasks({
        task<Output>(name: string, body: Body<Output>, options: TaskOptions = {}) {
          const task = new Task(name, body, options, steps.length)
          add(steps, { task }, `the task "${name}"`)
          return task
        },
        handler(name, body: Body<void>, options) {
          const handler = new Handler(name, body, handlers.length, options)
          add(handlers, handler, `the handler "${name}"`)
          return handler
        },
        flushHandlers: () => add(steps, { flush: true }, 'flushHandlers()'),
        summary: lines => add(summaries, lines, 'summary()'),
        vars,
        host,
      })
      isOpen = false
      if (returned instanceof Promise) {
        returned.catch(() => undefined)
        throw new PlaybookError(`tasks() of the playbook "${definition.name}" is async, and what it adds after its first await would be dropped.`, {
          hint: 'Remove async, and await inside a task\'s function: task(\'…\', async () => file({ content: (await earlier).value })). What comes from this machine can be awaited at the top of the file.',
        })
      }
      return { steps, handlers, summaries, late }
    },
  }
}

function parseVars<Schema extends z.ZodType>({ vars: schema }: PlaybookDefinition<Schema>, given: unknown): z.output<Schema> {
  // Without a schema, Schema is unknown and so is what tasks() is given.
  return (schema ?? z.custom<z.output<Schema>>()).parse(given)
}

/**
 * The issues with a laid-out playbook's arguments, as far as they are known before its tasks run.
 */
export function argumentIssues({ steps, handlers }: HostPlay): { task: string; module: string; argument: string; message: string }[] {
  const check = (name: string, body: Body<unknown>, inHandler: boolean) => {
    if (typeof body === 'function') return []
    return [...body.issues, ...misplaced(body, inHandler)].map(issue => ({ task: name, module: body.module, ...issue }))
  }
  return [
    ...steps.flatMap(step => ('task' in step ? [...check(step.task.name, step.task.body, false), ...unknownHandlers(step.task, handlers)] : [])),
    ...handlers.flatMap(handler => check(handler.name, handler.task.body, true)),
    ...handlers.filter(({ name }, index) => handlers.findIndex(other => other.name === name) < index)
      .map(({ name }) => ({ task: name, module: 'handler', argument: 'name', message: 'must be unique among handlers: the record on the host could not tell two apart' })),
  ]
}

/**
 * What a task notifies that is not a handler of its own playbook, and so would never run: a handler
 * of another playbook or, in JavaScript, a name.
 */
function unknownHandlers({ name: task, options: { notify } }: AnyTask, handlers: readonly Handler[]): { task: string; module: string; argument: string; message: string }[] {
  const unknown = (notify === undefined ? [] : [notify].flat()).filter(handler => !handlers.includes(handler))
  const known = handlers.length ? `those of this playbook are ${handlers.map(({ name }) => `"${name}"`).join(', ')}` : 'this playbook has none'
  return unknown.map(handler => ({ task, module: 'task', argument: 'notify', message: `must be a handler of this playbook, as returned by handler(…), and was ${handler instanceof Handler ? `"${handler.name}" of another` : JSON.stringify(handler)}; ${known}` }))
}

/** An event instead of a state would be a change on every run. */
export function misplaced(call: ModuleCall<unknown>, inHandler: boolean): { argument: string; message: string }[] {
  return call.onlyInHandlers && !inHandler ? [{ argument: 'state', message: call.onlyInHandlers }] : []
}
