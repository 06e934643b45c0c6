import type { ReadScript } from '../shell/script.ts'
import type { ResourceKind } from './resource-kind.ts'
import type { AnyResource, State } from './resource.ts'

/**
 * What only check mode, and the prefetch before a run, need to know about a resource. Every member
 * is optional. Together they are complete: what no member mentions does not happen.
 *
 * Without a forecast, check mode assumes the worst: anything earlier may change it, any package may
 * bring it, and writing it may bring anything. `forecast: {}` rules all of that out.
 */
export interface Forecast<Key, Current extends State, Desired extends State> {
  /**
   * Programs that writing it needs. Check mode looks for each, or for a package to come that has
   * it. Example: a database needs `psql`.
   */
  needs?(key: Key, current: Current | null, desired: Desired | null): readonly Need[]
  /**
   * Fields of a new one that the playbook does not set. Later reads in check mode see them.
   * Example: a new file is owned by root.
   */
  defaults?(key: Key, desired: Desired): State
  /**
   * Other states that writing this one changes. Later reads in check mode see them. Example: a new
   * user has a group of that name.
   */
  sideEffects?(key: Key, desired: Desired | null, current: Current | null): SideEffect[]
  /**
   * Other states that it sets on every run. Two tasks that set different values contradict each
   * other. Example: an archive sets its directory's owner.
   */
  overrides?(key: Key, desired: Desired | null): OverriddenState[]
  /**
   * What else may appear on the host once it is written. Anything missing is then uncertain.
   * Example: a package brings files, users and units.
   */
  brings?(key: Key, current: Current | null, desired: Desired | null): Provider | undefined
  /**
   * Whether a package still to be installed may make it, so that "missing" is not final. Example: a
   * package may make a system user.
   */
  mayComeWithPackage?(key: Key, desired: Desired | null, foresight: Foresight): boolean
  /**
   * Whether an earlier change may affect it, so that what was read is not final. Example: removing
   * a group affects its members.
   */
  mayChangeWith?(key: Key, made: Made, current: Current | null, desired: Desired | null): boolean
  /**
   * Every host has one. The prefetch then assumes that it exists, with an unknown value. Example:
   * the hostname.
   */
  everywhere?: true
  /**
   * It is only read, so a task about it alone changes nothing. Example: the output of a command.
   * That is the only one, because other lookups are never what a task wants.
   */
  onlyRead?: true
}

/** A program that is needed to write a state. */
export interface Need {
  /** A path, or the name of a command, such as `nginx`. */
  program: string
  /** Succeeds if the program is there. @default a command of that name is found */
  test?: ReadScript
  /** Prefixes of the names of Debian packages that contain it. The hint names the first. */
  packages: readonly string[]
}

/** What writing one state does to another. */
export interface SideEffect {
  kind: ResourceKind
  /** With `change`, '*' means every state of that kind. */
  identity: string
  /**
   * The state afterwards, as far as it is known; `null`: it is gone; `unsure`: only applying can
   * tell. Omitted: it stays as it is.
   */
  state?: State | null | 'unsure'
  /** It is only created if it is missing. */
  whereMissing?: boolean
  /**
   * What is below it (`IDENTITY/…`) is unknown until applied. With 'gone', or if the state itself
   * is removed (`state: null`), that is gone too.
   */
  below?: boolean | 'gone'
  /** It becomes a link to this path: what is below it is what is below the path. */
  leadsTo?: string
  /** Turns the current state into the one afterwards. */
  change?: (now: State) => State
}

/** Another state, and what becomes of it. */
export interface OverriddenState {
  resource: AnyResource
  key: unknown
  desired: State | null
}

/**
 * Something that may bring other things when it is written, so that what is missing now may exist
 * later.
 */
export interface Provider {
  what: 'package' | 'command' | 'task'
  /** For a command, its words. */
  name: string
  startsServices: boolean
  /** It happens on every run, so whatever it creates already exists. */
  again?: boolean
}

/** A change that check mode has already predicted: the state before and after it. */
export interface Made {
  kind: ResourceKind
  name: string
  before: State | null
  after: State | null
}

/** What a resource may ask about earlier tasks while check mode predicts its state. */
export interface Foresight {
  /** The state that this run will have written, or undefined if it writes none. */
  foretold(kind: ResourceKind, identity: string): State | null | undefined
  /** Whether a package that is still to be installed starts its own services. */
  readonly servicesStart: boolean
}
