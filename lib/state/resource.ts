import type { z } from 'zod'
import type { ApplyScript, ReadScript } from '../shell/script.ts'
import type { Content } from './content.ts'

/** What a field of a state may hold; the engine knows how to compare and show each. */
export type Value = string | number | boolean | null | Content | readonly string[] | { readonly [key: string]: string | null }

/** A piece of a host's state, field by field. `null` stands for "is not there". */
export type State = { readonly [field: string]: Value | undefined }

/** What one script printed: bytes exactly, errors as text. */
export interface Output {
  stdout: Buffer
  stderr: string
  exitCode: number
}

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
  stdin?: Uint8Array
  user?: string
}

/** What else an overlay may be asked when a state is foretold. */
export interface Foresight {
  /** The state that this run will have made, or undefined when it makes none. */
  foretold(kind: string, identity: string): State | null | undefined
  /** Whether a package that is still to be installed will start its services by itself. */
  readonly servicesStart: boolean
}

/** One write that was found necessary. */
export interface Change<Key, Current extends State, Desired extends State> {
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
  read(keys: readonly Key[]): Reading<Current>
  apply(key: Key, current: Current | null, desired: Desired | null): Writing
  /** Writes several at once, where one call of a tool is much cheaper than many (packages). */
  applyTogether?(changes: readonly Change<Key, Current, Desired>[]): Writing
  /** Whether a state read for another request answers this key as well (a file's content may not have been asked for). */
  answers?(state: Current, key: Key): boolean
  /** Whether a package still to be installed may bring this state, so that "missing" is not the last word. */
  mayComeWithPackage?(key: Key, desired: Desired | null, foresight: Foresight): boolean
  /** Whether a state that a run makes before (`file /srv/a/b`) may make a difference to this one, so that "nothing to do" is not the last word. */
  mayChangeWith?(key: Key, made: string): boolean
  /** A thing that brings more than itself when it is installed (a package): check mode is wary of everything missing from then on. */
  brings?(key: Key): { name: string; startsServices: boolean }
  /** Fields that a thing will have which is newly made without their being desired, for later reads in check mode. */
  newborn?(desired: Desired): State
  /** Other states that writing this one makes, for later reads in check mode; what is not known of them may change. */
  foretells?(key: Key, desired: Desired | null): { kind: string; identity: string; state: State }[]
  /** An event (a restart) or a wait, which has no state to compare: it always applies, and `verify` tells whether it came about. */
  event?: {
    /** `change` writes state; `wait` only lets time pass until `verify` is content. */
    effect: 'change' | 'wait'
    /** undefined: it came about; else what is still missing. `before` is the state before the event. */
    verify(key: Key, before: Current | null, after: Current | null): string | undefined
    /** One line that says what happens. */
    describe(key: Key): string
  }
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
