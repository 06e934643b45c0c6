import { questionIdentity, stateIdentity } from '../state/batch.ts'
import { mentions } from '../state/mentions.ts'
import type { Foresight, Made, Provider, SideEffect } from '../state/forecast.ts'
import type { ResourceKind } from '../state/resource-kind.ts'
import type { Request, State } from '../state/resource.ts'

interface Unsure {
  covers: (identity: string) => boolean
  reason: string
}

/**
 * The host as it will be: what check mode has foretold so far, on top of what was read. Also what
 * may yet appear: with packages that are still to be installed, with commands, and with tasks that
 * cannot be predicted yet.
 */
export class Overlay implements Foresight {
  readonly #states = new Map<string, State | null>()
  /** States that are created if the host has none. */
  readonly #whereMissing = new Map<string, State>()
  /** How states that the host has will change. */
  readonly #changed = new Map<string, (now: State) => State>()
  /** What disappears together with something that was removed. */
  readonly #gone: ((kind: string, name: string) => boolean)[] = []
  readonly #providers: Provider[] = []
  /** States whose other fields are not known. */
  readonly #partly = new Set<string>()
  /**
   * Files that were edited while something else may bring them: their content is known only in
   * part.
   */
  readonly #edited = new Set<string>()
  /** The questions asked about the states that were foretold. */
  readonly #questions = new Map<string, Set<string>>()
  readonly #unsure: Unsure[] = []
  readonly #made: Made[] = []
  #changes = 0

  foretold(kind: ResourceKind, name: string): State | null | undefined {
    const state = this.#states.get(`${kind} ${name}`)
    return state === undefined && this.#gone.some(isGone => isGone(kind, name)) ? null : state
  }

  /**
   * Of what interrupted runs left, that which no playbook before has taken back; it is taken back
   * now.
   */
  cleanUp<Left extends { name: string }>(leftovers: readonly Left[]): Left[] {
    const open = leftovers.filter(({ name }) => this.foretold('temporary', name) === undefined)
    for (const { name } of open) this.#states.set(`temporary ${name}`, null)
    return open
  }

  /** The state that `request` will find, or undefined if this run does not affect it. */
  find(request: Request): State | null | undefined {
    const state = this.#states.get(questionIdentity(request))
    return state === undefined ? this.foretold(request.resource.kind, request.resource.identify(request.key)) : state
  }

  /** A state that was read, null included, as this run will have changed it. */
  adjust(request: Request, answer: State | null): State | null {
    const id = stateIdentity(request)
    if (!answer) return this.#whereMissing.get(id) ?? null
    return [id, `${request.resource.kind} *`].reduce((state, each) => this.#changed.get(each)?.(state) ?? state, answer)
  }

  /**
   * Records that `request` will be as desired; other fields stay as they are now.
   *
   * @param known false if something else may create it first: then only the desired fields are
   * known.
   */
  foretell(request: Request, current: State | null, desired: State | null, known = true): void {
    this.#changes += 1
    const { resource, key } = request
    const id = questionIdentity(request)
    this.#questions.set(stateIdentity(request), (this.#questions.get(stateIdentity(request)) ?? new Set()).add(id))
    const kept = current && desired && isReplaced(current, desired) ? null : current
    if (desired === null) this.#states.set(id, null)
    else this.#states.set(id, { ...(kept ?? this.#whereMissing.get(id) ?? (known ? resource.forecast?.defaults?.(key, desired) : undefined)), ...definedFields(desired) })
    if (desired !== null && current === null) this.#partly.add(id)
    if (desired !== null && resource.madeFrom?.(key) === undefined) this.#edited.delete(id)
    else if (current === null && this.anythingPending) this.#edited.add(id)
    this.#made.push({ kind: resource.kind, name: resource.identify(key), before: current, after: desired })
    for (const each of resource.forecast?.sideEffects?.(key, desired, current) ?? []) this.#alsoMade(each, `${resource.kind}[${resource.identify(key)}]`)
    const unknown = resource.forecast ? undefined : { what: 'task' as const, name: `${resource.kind}[${resource.identify(key)}]`, startsServices: true }
    const brings = resource.forecast?.brings?.(key, current, desired) ?? unknown
    if (brings) this.#providers.push(brings)
  }

  /**
   * Records that a task may change the states of `requests`, and their side effects, in ways that
   * are not known.
   *
   * @param brings whether it may bring anything that is missing.
   */
  markUnknown(task: string, requests: readonly Request[], { brings }: { brings: boolean }): void {
    const along = requests.flatMap(({ resource, key }) => (brings ? [] : (resource.forecast?.sideEffects?.(key, {}, null) ?? []).map(({ kind, identity }) => `${kind} ${identity}`)))
    const touched = new Set([...requests.map(stateIdentity), ...along])
    this.#changes += 1
    if (brings) this.#providers.push({ what: 'task', name: task, startsServices: true })
    this.#unsure.push({ covers: id => touched.has(id), reason: `what "${task}" does to it is known only after applying` })
  }

  #alsoMade({ kind, identity, state, whereMissing, below, leadsTo, change }: SideEffect, by: string): void {
    const id = `${kind} ${identity}`
    const now = this.foretold(kind, identity)
    const inside = (name: string) => name.startsWith(`${id}/`)
    const isGone = below === 'gone' || (below && (state === null || (leadsTo !== undefined && this.#isNewAndEmpty(kind, leadsTo))))
    if (isGone) this.#forget(inside, (ofKind, name) => inside(`${ofKind} ${name}`))
    if (below && !isGone) this.#unsure.push({ covers: inside, reason: `what ${by} brings there is known only after applying` })
    if (state === 'unsure') return void this.#unsure.push({ covers: each => each === id, reason: `what ${by} does to it is known only after applying` })
    if (change) {
      const earlier = this.#changed.get(id)
      if (now) this.#states.set(id, change(now))
      else if (now === undefined) this.#changed.set(id, earlier ? state => change(earlier(state)) : change)
      return
    }
    if (state === undefined || (now && state)) return
    this.#made.push({ kind, name: identity, before: now ?? null, after: state })
    if (whereMissing && state && now === undefined) this.#whereMissing.set(id, state)
    else this.#states.set(id, state)
    this.#partly.add(id)
  }

  #isNewAndEmpty(kind: string, name: string): boolean {
    return this.#made.some(made => made.kind === kind && made.name === name && made.before === null && made.after?.type === 'directory')
      && ![...this.#states.keys()].some(id => id.startsWith(`${kind} ${name}/`))
  }

  #forget(covers: (id: string) => boolean, isGone: (kind: string, name: string) => boolean): void {
    for (const states of [this.#states, this.#whereMissing, this.#changed]) for (const id of [...states.keys()]) if (covers(id)) states.delete(id)
    this.#gone.push(isGone)
  }

  /**
   * Whether a state's other fields are not known: it is new, or brought by another change (a
   * command).
   */
  isPartial(request: Request): boolean {
    return this.#partly.has(questionIdentity(request))
  }

  /**
   * Whether the content of a file is known only in part: it was edited while something else may
   * bring it.
   */
  isEdited(request: Request): boolean {
    return this.#edited.has(questionIdentity(request))
  }

  /** Why it is not known how a state will change, or undefined. */
  unsureOf(request: Request): string | undefined {
    const id = stateIdentity(request)
    const name = request.resource.identify(request.key)
    const command = this.#providers.find(({ what, name: words }) => what === 'command' && mentions(words.replace(/^\S+/, ''), name))
    const otherwise = [...(this.#questions.get(id) ?? [])].some(question => question !== questionIdentity(request))
    if (otherwise) return 'a task above changes it too, with another question'
    return this.#unsure.find(({ covers }) => covers(id))?.reason ?? (command && `an earlier command may change it (${command.name})`)
  }

  /** Whether an earlier foretold change may affect what `request` will find. */
  mayAffect({ resource, key }: Request, current: State | null, desired: State | null): boolean {
    const name = resource.identify(key)
    const elsewhere = resource.kind !== 'file'
    // A directory that was just created is empty, so what is missing at its path stays missing.
    const isNew = (made: Made) => current === null && made.before === null && made.after?.type === 'directory'
    return this.#made.some(made => (elsewhere && made.kind === 'file' && ((made.name === name && !isNew(made)) || (leadsElsewhere(made) && name.startsWith(`${made.name}/`))))
      || resource.forecast?.mayChangeWith?.(key, made, current, desired) === true)
  }

  /** Whether packages are still to be installed, with files, users and units. */
  get packagesPending(): boolean {
    return this.#providers.some(({ what }) => what === 'package')
  }

  /**
   * Whether something missing may exist by then: it may come with those packages, with commands, or
   * with tasks that cannot be predicted.
   */
  get anythingPending(): boolean {
    return this.#providers.some(bringsAnything)
  }

  /** Whether a package whose name starts with one of these prefixes is still to be installed. */
  bringsPackage(prefixes: readonly string[]): boolean {
    const besides = this.#made.flatMap(({ kind, before }) => (kind === 'apt' && typeof before?.pending === 'object' ? Object.keys(before.pending ?? {}) : []))
    const names = [...this.#providers.filter(({ what }) => what === 'package').map(({ name }) => name), ...besides]
    return names.some(name => prefixes.some(prefix => name.startsWith(prefix)))
  }

  /** Whether something foretold creates a path, or may create it. */
  mayMake(path: string): boolean {
    return (this.foretold('file', path) ?? null) !== null || this.#unsure.some(({ covers }) => covers(`file ${path}`))
  }

  get servicesStart(): boolean {
    return this.#providers.some(({ startsServices }) => startsServices)
  }

  /** What may bring something that is missing. */
  get comesWith(): string {
    const names = (kind: Provider['what']) => [...new Set(this.#providers.filter(({ what }) => what === kind).filter(bringsAnything).map(({ name }) => name))]
    const packages = names('package')
    return [
      ...(packages.length ? [`the packages still to be installed (${packages.join(', ')})`] : []),
      ...names('command').map(words => `an earlier command (${words})`),
      ...names('task').map(task => `"${task}", which is not known yet`),
    ].join(', or with ')
  }

  /** Whether nothing was foretold yet. */
  get untouched(): boolean {
    return this.#changes === 0
  }
}

/** Whether something of another `type` takes its place, so that nothing of the old one remains. */
function isReplaced(current: State, desired: State): boolean {
  return desired.type !== undefined && current.type !== desired.type
}

/**
 * Whether a path is no longer the directory that it was, so that everything below it is different.
 */
function leadsElsewhere({ before, after }: Made): boolean {
  return after === null || after.type === 'link' || (before !== null && before.type !== after.type)
}

/** A command that runs on every run has run before, so what it creates already exists. */
function bringsAnything({ again }: Provider): boolean {
  return again !== true
}

function definedFields(state: State): State {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined))
}
