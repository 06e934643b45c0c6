import type { z } from 'zod'
import type { Input } from '../shell/input.ts'
import type { Output } from '../shell/output.ts'
import type { ApplyScript, ReadScript } from '../shell/script.ts'
import type { Difference } from './compare.ts'
import type { Content } from './content.ts'

/** What a field of a state may hold; the engine knows how to compare and show each. */
export type Value = string | number | boolean | null | Content | readonly string[] | { readonly [key: string]: string | null }

/** A piece of a host's state, field by field. `null` stands for "is not there". */
export type State = { readonly [field: string]: Value | undefined }

/** How the current state of several keys is asked for, and what its answer means. `parse` is pure. */
export interface Reading<Current> {
  script: ReadScript
  /** One answer a key, in the order of the keys; throw (or put an Error in a place) for what cannot be told now. */
  parse(output: Output): (Current | null | Error)[]
  /** Run as this user of the host instead of the session's own. */
  user?: string
}

/** What writes the desired state. */
export interface Writing {
  script: ApplyScript
  /** Given on standard input, at any size; the only way for a secret. */
  stdin?: Input
  user?: string
  /** How long (seconds) it may take by its own account, beside what its task allows. */
  seconds?: number
}

/** What else an overlay may be asked when a state is foretold. */
export interface Foresight {
  /** The state that this run will have made, or undefined when it makes none. */
  foretold(kind: string, identity: string): State | null | undefined
  /** Whether a package that is still to be installed will start its services by itself. */
  readonly servicesStart: boolean
}

/** A state that check mode foretold before: what it was, and what it will be. */
export interface Made {
  kind: string
  name: string
  before: State | null
  after: State | null
}

/** What brings more than itself when it is written, so that what is missing may come with it. */
export interface Provider {
  what: 'package' | 'command' | 'task'
  /** Of a command, its words. */
  name: string
  startsServices: boolean
  /** It happens on every run, so that what it brings is there. */
  again?: boolean
}

/** A state that comes with the writing of another. */
export interface SideEffect {
  kind: string
  /** Of a `change`, '*' is all of that kind. */
  identity: string
  /** As it will be, as far as that is known; `unsure`: whether it is there, and how, only applying tells. Left out: nothing becomes of it. */
  state?: State | null | 'unsure'
  /** It is made, and as told, only where it is missing. */
  whereMissing?: boolean
  /** Of what is below it (`IDENTITY/…`) only applying tells, too; where it goes (`state: null`), or with 'gone', that is gone. */
  below?: boolean | 'gone'
  /** What is below it is that which is below this path. */
  leadsTo?: string
  /** What becomes of one that is there. */
  change?: (now: State) => State
}

/** A program without which a state cannot be written. */
export interface Need {
  /** As the operator is told, as in 'nginx'; a path, or a command of that name. */
  program: string
  /** Succeeds where it is there. @default a command of that name is found */
  test?: ReadScript
  /** Debian packages that bring it, by what their names begin with; the first is named in the hint. */
  packages: readonly string[]
}

/** One write that was found necessary. */
export interface PendingWrite<Key, Current extends State, Desired extends State> {
  key: Key
  current: Current | null
  desired: Desired | null
}

/**
 * A kind of state that a host has: how it is read (many at once), and how one is written. Nothing else: the engine alone compares
 * `current` with `desired`, shows, applies, reads back and notifies.
 *
 * A desired state names only the fields that matter to it; a field left out (undefined) is left as it is. `null` desires absence.
 */
export interface Resource<Key, Current extends State, Desired extends State> {
  kind: string
  /** Of the desired state, checked before anything is compared. */
  schema: z.ZodType<Desired>
  /** The one name of this piece of state on its host: a path, a package's name. */
  identify(key: Key): string
  /** Keys of one identity that see different states (a link, or what it leads to) name their aspect; reads then do not answer each other. */
  aspect?(key: Key): string
  /**
   * Keys of one identity that ask different things of it (whether an environment holds these packages, or those) name their question. Neither
   * answers the other; and once one was written, what the other finds is known only after applying.
   */
  question?(key: Key): string
  read(keys: readonly Key[]): Reading<Current>
  apply(key: Key, current: Current | null, desired: Desired | null): Writing
  /** It is only ever looked at, as what a command prints: it changes nothing, but what it finds may not be the last word. */
  onlyRead?: true
  /** Writes several at once, where one call of a tool is much cheaper than many (packages). */
  applyTogether?(changes: readonly PendingWrite<Key, Current, Desired>[]): Writing
  /** Compares in the engine's stead, where a desired state is a range (a version `>=1.0`) rather than one value. Pure. */
  differences?(key: Key, current: Current | null, desired: Desired | null): Difference[]
  /** Whether a state read for another request answers this key as well (a file's content may not have been asked for). */
  answers?(state: Current, key: Key): boolean
  /** Whether a package still to be installed may bring this state, so that "missing" is not the last word. */
  mayComeWithPackage?(key: Key, desired: Desired | null, foresight: Foresight): boolean
  /** Whether a state that a run makes before may make a difference to this one, so that what is read of it now is not the last word. */
  mayChangeWith?(key: Key, made: Made, current: Current | null, desired: Desired | null): boolean
  /** A thing that brings more than itself when it is written (a package): check mode is wary of everything missing from then on. */
  brings?(key: Key, current: Current | null, desired: Desired | null): Provider | undefined
  /** Other states that writing this one makes, for later reads in check mode; what is not known of them may change. */
  foretells?(key: Key, desired: Desired | null, current: Current | null): SideEffect[]
  /** Every host has one, as it has a hostname: a look ahead takes it to be there, of a value that is not known. */
  everywhere?: true
  /** What writing it makes of other states every time, whatever they were: a task that wants something else of them is contrary to it. */
  overrides?(key: Key, desired: Desired | null): OverriddenState[]
  /** What the desired state was made from: the whole of what is there (an edit), or that and what is its own alone (a marked block). */
  madeFrom?(key: Key): 'what is there' | 'its own' | undefined
  /**
   * Nothing makes, changes or brings this state, and writing it makes, changes or brings nothing, but what the functions here say. Left out: where
   * one of them is missing, check mode takes that for unknown.
   */
  selfContained?: true
  /** What has to be there for it to be written; a check looks for it, or for a package that brings it. `apply` says by itself what it misses. */
  needs?(key: Key, current: Current | null, desired: Desired | null): readonly Need[]
  /** What a new one is where nothing is desired of it, as `apply` makes it; for later reads in check mode. */
  defaults?(key: Key, desired: Desired): State
  /** Whether the desired one takes the place of the one that is there, so that nothing of it stays. */
  replaces?(current: Current, desired: Desired): boolean
  /** Whether the one of that name is gone when this one is removed (what a directory holds). */
  takesAlong?(key: Key, current: Current | null, name: string): boolean
  /** An event (a restart) or a wait, which has no state to compare: it always applies, and `verify` tells whether it came about. */
  event?: {
    /** `change` writes state; `wait` only lets time pass until `verify` is content. */
    effect: 'change' | 'wait'
    /** undefined: it came about; else what is still missing. `before` is the state before the event. */
    verify(key: Key, before: Current | null, after: Current | null): string | undefined
    /** One line that says what happens. */
    describe(key: Key): string
    /** How long a wait may take. */
    limitSeconds?(key: Key): number
  }
}

/**
 * Defines a kind of state, with its types taken from what it is made of. `docs/writing-a-resource.md` makes one from nothing.
 *
 * @example
 * export const swappiness = defineResource<{ name: string }, { value: string }, { value: string }>({
 *   kind: 'example', schema: z.strictObject({ value: z.string() }), identify: key => key.name,
 *   read: () => ({ script: read`cat /proc/sys/vm/swappiness`, parse: ({ stdout }) => [{ value: stdout.toString().trim() }] }),
 *   apply: (_key, _current, desired) => ({ script: apply`sysctl -qw vm.swappiness=${desired?.value ?? '60'}` }),
 * })
 */
export function defineResource<Key, Current extends State, Desired extends State>(resource: Resource<Key, Current, Desired>): Resource<Key, Current, Desired> {
  return resource
}

/** Another state, and what becomes of it. */
export interface OverriddenState {
  resource: AnyResource
  key: unknown
  desired: State | null
}

/** A resource whose types are hidden from the engine, which only passes keys and states through. */
export type AnyResource = Resource<unknown, State, State>

/** One question: the state of one key. */
export interface Request {
  resource: AnyResource
  key: unknown
}

/** The printed identity of a piece of state, the same in every diff, error and log. @example identity('file', '/etc/passwd') */
export function identity(kind: string, name: string): string {
  return `${kind}[${name}]`
}
