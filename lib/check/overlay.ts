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
 * The host as it will be: what check mode foretold so far, over what was read. Also what may yet come by itself: with packages that are
 * still to be installed, with commands, and with tasks of which nothing can be told yet.
 */
export class Overlay implements Foresight {
  readonly #states = new Map<string, State | null>()
  /** States that are made where the host has none. */
  readonly #whereMissing = new Map<string, State>()
  /** What becomes of states that the host has. */
  readonly #changed = new Map<string, (now: State) => State>()
  /** What is gone with something that was removed. */
  readonly #gone: ((kind: string, name: string) => boolean)[] = []
  readonly #providers: Provider[] = []
  /** States of which only the fields that are in them are known. */
  readonly #partly = new Set<string>()
  /** Files edited while something else may bring them: their content is known in part. */
  readonly #edited = new Set<string>()
  /** What was asked of the states that were foretold. */
  readonly #questions = new Map<string, Set<string>>()
  readonly #unsure: Unsure[] = []
  readonly #made: Made[] = []
  #changes = 0

  foretold(kind: ResourceKind, name: string): State | null | undefined {
    const state = this.#states.get(`${kind} ${name}`)
    return state === undefined && this.#gone.some(isGone => isGone(kind, name)) ? null : state
  }

  /** Of what interrupted runs left, that which no playbook before has taken back; it is taken back now. */
  takeBack<Left extends { name: string }>(leftovers: readonly Left[]): Left[] {
    const open = leftovers.filter(({ name }) => this.foretold('temporary', name) === undefined)
    for (const { name } of open) this.#states.set(`temporary ${name}`, null)
    return open
  }

  /** The state that `request` will find, or undefined when this run says nothing of it. */
  find(request: Request): State | null | undefined {
    const state = this.#states.get(questionIdentity(request))
    return state === undefined ? this.foretold(request.resource.kind, request.resource.identify(request.key)) : state
  }

  /** What this run makes of what the host has, or of what it has not. */
  adjust(request: Request, answer: State | null): State | null {
    const id = stateIdentity(request)
    if (!answer) return this.#whereMissing.get(id) ?? null
    return [id, `${request.resource.kind} *`].reduce((state, each) => this.#changed.get(each)?.(state) ?? state, answer)
  }

  /**
   * Notes that `request` will be as desired; fields not desired stay as they are now.
   *
   * @param known false where something else may make it before: then nothing but what is desired is known of it.
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
   * Notes that a task may do what cannot be told to the states of `requests` and to what they make along with them.
   *
   * @param brings whether anything that is missing may come with it.
   */
  markUnknown(task: string, requests: readonly Request[], { brings }: { brings: boolean }): void {
    const along = requests.flatMap(({ resource, key }) => (brings ? [] : (resource.forecast?.sideEffects?.(key, {}, null) ?? []).map(({ kind, identity }) => `${kind} ${identity}`)))
    const touched = new Set([...requests.map(stateIdentity), ...along])
    this.#changes += 1
    if (brings) this.#providers.push({ what: 'task', name: task, startsServices: true })
    this.#unsure.push({ covers: id => touched.has(id), reason: `what "${task}" makes of it is known only after applying` })
  }

  #alsoMade({ kind, identity, state, whereMissing, below, leadsTo, change }: SideEffect, by: string): void {
    const id = `${kind} ${identity}`
    const now = this.foretold(kind, identity)
    const inside = (name: string) => name.startsWith(`${id}/`)
    const isGone = below === 'gone' || (below && (state === null || (leadsTo !== undefined && this.#isNewAndEmpty(kind, leadsTo))))
    if (isGone) this.#forget(inside, (ofKind, name) => inside(`${ofKind} ${name}`))
    if (below && !isGone) this.#unsure.push({ covers: inside, reason: `what ${by} brings there is known only after applying` })
    if (state === 'unsure') return void this.#unsure.push({ covers: each => each === id, reason: `what ${by} makes of it is known only after applying` })
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

  /** Whether only the fields that are in it are known of a state: it is new, or what another change (a command) brings. */
  isPartial(request: Request): boolean {
    return this.#partly.has(questionIdentity(request))
  }

  /** Whether the content of a file is known in part only: it was edited while something else may bring it. */
  isEdited(request: Request): boolean {
    return this.#edited.has(questionIdentity(request))
  }

  /** Why it cannot be told what becomes of a state, or undefined. */
  unsureOf(request: Request): string | undefined {
    const id = stateIdentity(request)
    const name = request.resource.identify(request.key)
    const command = this.#providers.find(({ what, name: words }) => what === 'command' && mentions(words.replace(/^\S+/, ''), name))
    const otherwise = [...(this.#questions.get(id) ?? [])].some(question => question !== questionIdentity(request))
    if (otherwise) return 'a task above changes it too, and asks something else of it'
    return this.#unsure.find(({ covers }) => covers(id))?.reason ?? (command && `what is run before may change it (${command.name})`)
  }

  /** Whether something foretold before may make a difference to what `request` will find. */
  mayDisturb({ resource, key }: Request, current: State | null, desired: State | null): boolean {
    const name = resource.identify(key)
    const elsewhere = resource.kind !== 'file'
    // In a directory that was just made there is nothing yet: what is missing at its path stays missing.
    const isNew = (made: Made) => current === null && made.before === null && made.after?.type === 'directory'
    return this.#made.some(made => (elsewhere && made.kind === 'file' && ((made.name === name && !isNew(made)) || (leadsElsewhere(made) && name.startsWith(`${made.name}/`))))
      || resource.forecast?.mayChangeWith?.(key, made, current, desired) === true)
  }

  /** Whether packages are still to be installed, with files, users and units. */
  get packagesPending(): boolean {
    return this.#providers.some(({ what }) => what === 'package')
  }

  /** Whether what is missing may be there by then: with those packages, or by what commands and tasks do of which nothing can be told. */
  get anythingPending(): boolean {
    return this.#providers.some(bringsAnything)
  }

  /** Whether one of these packages, by the beginnings of their names, is still to be installed. */
  bringsPackage(beginnings: readonly string[]): boolean {
    const besides = this.#made.flatMap(({ kind, before }) => (kind === 'apt' && typeof before?.pending === 'object' ? Object.keys(before.pending ?? {}) : []))
    const names = [...this.#providers.filter(({ what }) => what === 'package').map(({ name }) => name), ...besides]
    return names.some(name => beginnings.some(beginning => name.startsWith(beginning)))
  }

  /** Whether a path is made, or may be, by something foretold. */
  mayMake(path: string): boolean {
    return (this.foretold('file', path) ?? null) !== null || this.#unsure.some(({ covers }) => covers(`file ${path}`))
  }

  get servicesStart(): boolean {
    return this.#providers.some(({ startsServices }) => startsServices)
  }

  /** What something missing may come with. */
  get comesWith(): string {
    const names = (kind: Provider['what']) => [...new Set(this.#providers.filter(({ what }) => what === kind).filter(bringsAnything).map(({ name }) => name))]
    const packages = names('package')
    return [
      ...(packages.length ? [`the packages still to be installed (${packages.join(', ')})`] : []),
      ...names('command').map(words => `what is run before (${words})`),
      ...names('task').map(task => `"${task}", which is not known yet`),
    ].join(', or with ')
  }

  /** Whether anything was foretold yet. */
  get untouched(): boolean {
    return this.#changes === 0
  }
}

/** Whether a thing of another `type` takes its place, so that nothing of the old one stays. */
function isReplaced(current: State, desired: State): boolean {
  return desired.type !== undefined && current.type !== desired.type
}

/** Whether a path is no more the directory that it was, so that what is below it is something else. */
function leadsElsewhere({ before, after }: Made): boolean {
  return after === null || after.type === 'link' || (before !== null && before.type !== after.type)
}

/** A command that runs every time has run before, so that what it makes is there. */
function bringsAnything({ again }: Provider): boolean {
  return again !== true
}

function definedFields(state: State): State {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined))
}
