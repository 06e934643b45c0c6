import type { z } from 'zod'
import type { Facts } from '../state/facts.ts'
import { didYouMean } from '../text/nearest.ts'
import { namesOf } from './unknown-variables.ts'
import type { Resource, State } from '../state/resource.ts'
import { markerIssues } from './refuse-marker.ts'

/**
 * One thing that a module wants: a resource, its key and its desired state. Made by {@link want}.
 */
export interface Want {
  resource: Resource<unknown, State, State>
  key: unknown
  desired: State | null
}

/**
 * Says that `key` should be in the state `desired`; null: it should not exist.
 * @example want(fileResource, { path: '/etc/motd' }, { type: 'file', mode: '0644' })
 */
export function want<Key, Current extends State, Desired extends State>(resource: Resource<Key, Current, Desired>, key: Key, desired: Desired | null): Want {
  return { resource, key, desired }
}

/** What a module can ask about the host while it plans. */
export interface HostView {
  /**
   * The current state (in check mode, the predicted one), null when it does not exist. All reads of
   * one tick travel together.
   */
  current<Key, Current extends State, Desired extends State>(resource: Resource<Key, Current, Desired>, key: Key): Promise<Current | null>
  /**
   * True where something missing may still come with a package that this check run would install.
   */
  packagesPending(): boolean
  /**
   * True in check mode where something missing may exist by then: as above, or through an earlier
   * task whose effects are unknown.
   */
  anythingPending(): boolean
  facts: Facts
  /** True in check mode once a change was predicted. */
  foretold?(): boolean
  /** The user the task writes as, where it is not the session's own (`become`). */
  become?: string
}

/**
 * What a module made of its arguments: its wants, in the order in which they are applied, and the
 * task's result.
 */
export interface Plan<Output> {
  wants: readonly Want[]
  /**
   * The task's result, from the states of `wants` (same order) once they are as desired. Return
   * undefined while it is not known; tasks that await it are then planned with
   * {@link ModuleDefinition.placeholder}.
   */
  output?: (states: readonly (State | null)[]) => Output | undefined
}

/** Things of a host that have one owner at a time, such as the UID of a user. */
export interface Claims {
  /** Their owner, as messages show it: `user ada`. */
  owner: string
  /**
   * All of them, as messages show them: `the UID 1500`. What the owner had before is free again.
   */
  things: readonly string[]
}

/** A module with its arguments: what a task is made of. */
export interface ModuleCall<Output> {
  readonly module: string
  /** The names of its module's arguments. */
  arguments?(): readonly string[]
  /** Problems with the arguments, found without a host. */
  readonly issues: readonly { argument: string; message: string }[]
  plan(host: HostView): Promise<Plan<Output>>
  /** What it claims for its owner; two calls that claim one thing contradict each other. */
  readonly claims?: Claims
  /** Stands in for the result until that is known, after applying. */
  readonly placeholder?: Output
  /** Why the call makes sense in a handler only (events, such as restarted). */
  readonly onlyInHandlers?: string
}

/** How a module is defined. */
export interface ModuleDefinition<Schema extends z.ZodType, Output> {
  /** The usual term for it in kebab-case, and the name of its file. */
  name: string
  args: Schema
  /**
   * Pure apart from {@link HostView.current}: it is called again whenever the host may have
   * changed.
   */
  plan(args: z.output<Schema>, host: HostView): Plan<Output> | Promise<Plan<Output>>
  /**
   * What its arguments claim for an owner; an error before the run where another task claims it
   * too.
   */
  claims?(args: z.output<Schema>): Claims
  /**
   * Stands in for the result until that is known, after applying; of the same shape, so that later
   * tasks can be planned ahead.
   */
  placeholder?: NoInfer<Output>
  /** Why these arguments make sense in a handler only; undefined when they do anywhere. */
  onlyInHandlers?(args: z.output<Schema>): string | undefined
}

/**
 * Defines a module: a function from arguments to a call for a task. Wrong arguments do not throw:
 * all of a playbook's are reported together, before any host is touched.
 *
 * @example
 * export const motd = defineModule({
 *   name: 'motd', args: z.strictObject({ text: z.string() }),
 *   plan: ({ text }) => ({ wants: [want(fileResource, { path: '/etc/motd' }, { type: 'file', content: Content.of(text) })] }),
 * })
 */
export function defineModule<Schema extends z.ZodType, Output = void>(
  definition: ModuleDefinition<Schema, Output>,
): (args: z.input<Schema>) => ModuleCall<Output> {
  const known = () => namesOf(definition.args)
  return args => {
    const parsed = definition.args.safeParse(args)
    const issues = [
      ...(parsed.error?.issues ?? []).map(issue => ({
        argument: issue.path.map(String).join('.') || 'arguments',
        message: issue.code !== 'unrecognized_keys' || issue.path.length > 0 ? issue.message
          : `${issue.keys.map(key => `${JSON.stringify(key)} is not an argument of ${definition.name}.${didYouMean(key, known())}`).join(' ')} It has ${known().join(', ')}.`,
      })),
      ...markerIssues(args),
    ]
    if (!parsed.success || issues.length > 0) {
      return { module: definition.name, arguments: known, issues, plan: () => Promise.reject(new TypeError(`${definition.name}: wrong arguments`)) }
    }
    return {
      module: definition.name,
      arguments: known,
      issues: [],
      plan: async host => definition.plan(parsed.data, host),
      claims: definition.claims?.(parsed.data),
      placeholder: definition.placeholder,
      onlyInHandlers: definition.onlyInHandlers?.(parsed.data),
    }
  }
}
