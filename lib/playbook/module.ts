import type { z } from 'zod'
import type { Facts } from '../state/facts.ts'
import { didYouMean } from '../text/nearest.ts'
import { namesOf } from './unknown-variables.ts'
import type { Resource, State } from '../state/resource.ts'
import { markerIssues } from './refuse-marker.ts'

/** One thing that a module wants: a resource's key and its desired state. Made by {@link want}. */
export interface Want {
  resource: Resource<unknown, State, State>
  key: unknown
  desired: State | null
}

/** Says that `key` should be as `desired`; null: it should not be there. @example want(fileResource, { path: '/etc/motd' }, { type: 'file', mode: '0644' }) */
export function want<Key, Current extends State, Desired extends State>(resource: Resource<Key, Current, Desired>, key: Key, desired: Desired | null): Want {
  return { resource, key, desired }
}

/** What a module may ask its host while it plans. */
export interface HostView {
  /** The current state (in check mode: the foretold one), null when it is not there. All asked in one tick travel together. */
  current<Key, Current extends State, Desired extends State>(resource: Resource<Key, Current, Desired>, key: Key): Promise<Current | null>
  /** True where something read as missing may still come with a package that this check run would install. */
  mayCome(): boolean
  /** True in check mode where something read as missing may be there by then: as above, or by what cannot be told of the tasks before. */
  mayBeThere(): boolean
  facts: Facts
  /** True in check mode once something was foretold to change. */
  foretold?(): boolean
  /** The user who writes for the task, where that is not the session's own (`become`). */
  become?: string
}

/** What a module made of its arguments: what should be, in the order in which it is applied, and the task's result. */
export interface Plan<Output> {
  wants: readonly Want[]
  /**
   * The task's result, from the states of `wants` (same order) once they are as desired. Return undefined while it cannot be told;
   * tasks that await it are then planned with {@link ModuleDefinition.placeholder}.
   */
  output?: (states: readonly (State | null)[]) => Output | undefined
}

/** Things of a host that one owner at a time can have, as a user his number. */
export interface Claims {
  /** Who has them, for people: `user ada`. */
  owner: string
  /** All of them, for people: `the UID 1500`. What the owner had before is free again. */
  things: readonly string[]
}

/** A module together with its arguments: what a task is made of. */
export interface ModuleCall<Output> {
  readonly module: string
  /** The names of its module's arguments. */
  arguments?(): readonly string[]
  /** Problems of the arguments, found without any host. */
  readonly issues: readonly { argument: string; message: string }[]
  plan(host: HostView): Promise<Plan<Output>>
  /** What it takes for an owner of its own; two that take one thing contradict each other. */
  readonly claims?: Claims
  /** Stands for the result while it is known only after applying. */
  readonly placeholder?: Output
  /** For handlers alone: a module that has states which are events (restarted) allows them there only. */
  readonly onlyInHandlers?: string
}

/** How a module is defined. */
export interface ModuleDefinition<Schema extends z.ZodType, Output> {
  /** The standard term of the field, kebab-case, as the file is named. */
  name: string
  args: Schema
  /** Pure but for {@link HostView.current}: it is called again whenever the host may have changed. */
  plan(args: z.output<Schema>, host: HostView): Plan<Output> | Promise<Plan<Output>>
  /** What of the host it takes for an owner of its own, as far as its arguments say so: told ahead where another task takes it too. */
  claims?(args: z.output<Schema>): Claims
  /** Stands for the result while it is known only after applying; of the same shape, so that later tasks can be planned ahead. */
  placeholder?: NoInfer<Output>
  /** Why these arguments make sense in a handler only; undefined when they do anywhere. */
  onlyInHandlers?(args: z.output<Schema>): string | undefined
}

/**
 * Defines a module: a function from arguments to a call that a task takes. Wrong arguments do not throw; all of a playbook's are
 * reported together before any host is touched.
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
