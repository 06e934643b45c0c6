import type { ReadScript } from '../shell/script.ts'
import type { ResourceKind } from './resource-kind.ts'
import type { AnyResource, State } from './resource.ts'

/**
 * What only check mode, and the look ahead before a run, want to know of a resource. Every member is optional. Together they are complete:
 * what no member mentions does not happen.
 *
 * A resource without a forecast is taken for unknown: anything before it may change it, it may come with any package, and writing it may
 * bring anything. `forecast: {}` says that none of that is so.
 */
export interface Forecast<Key, Current extends State, Desired extends State> {
  /** Programs that writing it needs. Check mode looks for each, or for a package to come that has it. Example: a database needs `psql`. */
  needs?(key: Key, current: Current | null, desired: Desired | null): readonly Need[]
  /** Fields of a new one that the playbook does not set. Later reads in check mode see them. Example: a new file belongs to root. */
  defaults?(key: Key, desired: Desired): State
  /** Other states that writing this one changes. Later reads in check mode see them. Example: a new user has a group of that name. */
  sideEffects?(key: Key, desired: Desired | null, current: Current | null): SideEffect[]
  /** Other states that it sets on every run. Two tasks that set different values contradict each other. Example: an archive sets its directory's owner. */
  overrides?(key: Key, desired: Desired | null): OverriddenState[]
  /** What else may appear on the host once it is written. Anything missing is then uncertain. Example: a package brings files, users and units. */
  brings?(key: Key, current: Current | null, desired: Desired | null): Provider | undefined
  /** Whether a package still to be installed may make it, so that "missing" is not final. Example: a package may make a system user. */
  mayComeWithPackage?(key: Key, desired: Desired | null, foresight: Foresight): boolean
  /** Whether an earlier change may affect it, so that what was read is not final. Example: removing a group affects its members. */
  mayChangeWith?(key: Key, made: Made, current: Current | null, desired: Desired | null): boolean
  /** Every host has one. The look ahead then takes it to be there, with an unknown value. Example: the hostname. */
  everywhere?: true
  /**
   * It is only looked at, so a task about it alone changes nothing. Example: what a command prints. That is the only one, because other
   * lookups are never what a task wants.
   */
  onlyRead?: true
}

/** A program without which a state cannot be written. */
export interface Need {
  /** As the operator knows it, such as `nginx`: a path, or the name of a command. */
  program: string
  /** Succeeds if the program is there. @default a command of that name is found */
  test?: ReadScript
  /** Debian packages that have it, by what their names begin with. The hint names the first. */
  packages: readonly string[]
}

/** What writing one state does to another. */
export interface SideEffect {
  kind: ResourceKind
  /** With `change`, '*' stands for every state of that kind. */
  identity: string
  /** The state afterwards, as far as it is known; `null`: it is gone; `unsure`: only applying can tell. Left out: it stays as it is. */
  state?: State | null | 'unsure'
  /** It is only made if it is missing. */
  whereMissing?: boolean
  /** What is below it (`IDENTITY/…`) is unknown until applied. With 'gone', or where the state itself goes (`state: null`), that is gone. */
  below?: boolean | 'gone'
  /** It becomes a link: what is below it is what is below this path. */
  leadsTo?: string
  /** Turns the state there is into the one afterwards. */
  change?: (now: State) => State
}

/** Another state, and what becomes of it. */
export interface OverriddenState {
  resource: AnyResource
  key: unknown
  desired: State | null
}

/** Something whose writing may make other things appear, so that what is missing now may be there later. */
export interface Provider {
  what: 'package' | 'command' | 'task'
  /** Of a command, its words. */
  name: string
  startsServices: boolean
  /** It happens on every run, so what it makes is there already. */
  again?: boolean
}

/** A change that check mode has already foretold: the state before it and after it. */
export interface Made {
  kind: ResourceKind
  name: string
  before: State | null
  after: State | null
}

/** What a resource may ask about earlier tasks while its state is foretold. */
export interface Foresight {
  /** The state that this run will have made, or undefined if it makes none. */
  foretold(kind: ResourceKind, identity: string): State | null | undefined
  /** Whether a package still to be installed starts its services by itself. */
  readonly servicesStart: boolean
}
