import type { z } from 'zod'
import type { Input } from '../shell/input.ts'
import type { Output } from '../shell/output.ts'
import type { ApplyScript, ReadScript } from '../shell/script.ts'
import type { Difference } from './compare.ts'
import type { Content } from './content.ts'
import type { Forecast } from './forecast.ts'
import { assertResourceKind, type ResourceKind } from './resource-kind.ts'

/** What a field of a state may contain. The engine can compare and show each of these. */
export type Value = string | number | boolean | null | Content | readonly string[] | { readonly [key: string]: string | null }

/**
 * A piece of a host's state, field by field. In place of a whole state, `null` means that it does
 * not exist.
 */
export type State = { readonly [field: string]: Value | undefined }

/** How to read the state of several keys, and how to parse the answer. */
export interface Reading<Current> {
  script: ReadScript
  /**
   * Returns one answer per key, in the order of the keys. If an answer is not known, it throws, or
   * returns an Error in the key's place. Pure.
   */
  parse(output: Output): (Current | null | Error)[]
  /** The user of the host to run it as. @default the session's own user */
  user?: string
}

/** The script that writes a desired state. */
export interface Writing {
  script: ApplyScript
  /** Passed on standard input; any size. A secret may travel only here. */
  stdin?: Input
  user?: string
  /** Seconds that it may take in addition to its task's limit. */
  seconds?: number
}

/** One write that turned out to be needed. */
export interface PendingWrite<Key, Current extends State, Desired extends State> {
  key: Key
  current: Current | null
  desired: Desired | null
}

/**
 * A kind of state that a host has: how to read it, for many keys at once, and how to write one. It
 * makes no decisions: the engine compares `current` with `desired`, shows, applies, reads back and
 * notifies.
 *
 * A desired state contains only the fields that matter; the others stay as they are. `null` means
 * that it should not exist.
 */
export interface Resource<Key, Current extends State, Desired extends State> {
  /** The name of the kind, and of its file. Printed in `file[/etc/motd]`. */
  kind: ResourceKind
  /** Checks a desired state before anything is compared. */
  schema: z.ZodType<Desired>
  /** The one name of this state on its host, such as a path or a package's name. */
  identify(key: Key): string
  read(keys: readonly Key[]): Reading<Current>
  apply(key: Key, current: Current | null, desired: Desired | null): Writing

  /**
   * Compares instead of the engine, if equality is not the question. Example: version 2.1 satisfies
   * `>=1.0`. Pure.
   */
  compare?(key: Key, current: Current | null, desired: Desired | null): Difference[]
  /** For something that happens, and has no state to compare. Example: a restart. */
  event?: Event<Key, Current>
  /** What only check mode needs to know. Without it, check mode assumes the worst. */
  forecast?: Forecast<Key, Current, Desired>

  /**
   * Distinguishes keys of one identity that ask different questions, where the answer to one does
   * not answer the other. Example: does a venv contain these packages, or those?
   */
  question?(key: Key): string
  /**
   * Distinguishes keys of one identity that read different things, although writing one settles
   * both. Example: a link, or the file it points to. Only `file` needs it, because only a path can
   * name two things.
   */
  aspect?(key: Key): string
  /**
   * Whether a state that another key read answers this key too; if not, it is read again. Example:
   * the other key did not ask for the content.
   */
  answers?(state: Current, key: Key): boolean
  /**
   * Writes several at once. Example: one apt-get call for ten packages. Only `package` needs it,
   * because only apt is that slow to start.
   */
  applyTogether?(changes: readonly PendingWrite<Key, Current, Desired>[]): Writing
  /**
   * Whether a write depends on nothing but its desired state, and affects nothing but this
   * identity, so that it may travel with writes of other tasks. Only `file` needs it, because only
   * files come in hundreds.
   */
  standsAlone?(key: Key, current: Current | null, desired: Desired | null): boolean
  /**
   * What the desired state was made from: the whole current state (a line edited in a file), or
   * only a part of it (a marked block). Such a write fails if somebody else changes it in the
   * meantime, and its diff hides the lines around it. Only `file` can be edited.
   */
  madeFrom?(key: Key): 'what is there' | 'its own' | undefined
}

/** An event always applies. Reading back cannot show whether it happened, so `verify` does. */
export interface Event<Key, Current extends State> {
  /** `change` writes something; `wait` only lets time pass until `verify` is satisfied. */
  effect: 'change' | 'wait'
  /**
   * Returns what is still missing, or undefined once it has happened. `before` is the state before
   * the event.
   */
  verify(key: Key, before: Current | null, after: Current | null): string | undefined
  /** One line that says what happens. */
  describe(key: Key): string
  /** How long a wait may take (seconds). */
  limitSeconds?(key: Key): number
}

/**
 * Defines a kind of state. Its kind may be any name of lower-case letters, digits and hyphens.
 *
 * @example
 * export const swappiness = defineResource<{ name: string }, { value: string }, { value: string }>({
 *   kind: 'example', schema: z.strictObject({ value: z.string() }), identify: key => key.name,
 *   read: () => ({ script: read`cat /proc/sys/vm/swappiness`, parse: ({ stdout }) => [{ value: stdout.toString().trim() }] }),
 *   apply: (_key, _current, desired) => ({ script: apply`sysctl -qw vm.swappiness=${desired?.value ?? '60'}` }),
 * })
 */
export function defineResource<Key, Current extends State, Desired extends State>(
  { kind, ...rest }: Omit<Resource<Key, Current, Desired>, 'kind'> & { kind: string },
): Resource<Key, Current, Desired> {
  assertResourceKind(kind)
  return { ...rest, kind }
}

/**
 * A resource whose types are hidden from the engine, which only passes its keys and states through.
 */
export type AnyResource = Resource<unknown, State, State>

/** One question: the state of one key. */
export interface Request {
  resource: AnyResource
  key: unknown
}

/**
 * The printed identity of a piece of state, the same in every diff, error and log.
 * @example identity('file', '/etc/passwd')
 */
export function identity(kind: string, name: string): string {
  return `${kind}[${name}]`
}
