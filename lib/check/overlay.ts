import { stateIdentity } from '../state/batch.ts'
import type { Foresight, Request, State } from '../state/resource.ts'

/**
 * The host as it will be: what check mode foretold so far, over what was read. Also what may yet come by itself, with the
 * packages that are still to be installed.
 */
export class Overlay implements Foresight {
  readonly #states = new Map<string, State | null>()
  /** States that are made where the host has none. */
  readonly #whereMissing = new Map<string, State>()
  /** What is gone with something that was removed. */
  readonly #gone: ((kind: string, name: string) => boolean)[] = []
  readonly #pendingPackages: string[] = []
  readonly #partly = new Set<string>()
  servicesStart = false
  #changes = 0

  foretold(kind: string, name: string): State | null | undefined {
    const state = this.#states.get(`${kind} ${name}`)
    return state === undefined && this.#gone.some(isGone => isGone(kind, name)) ? null : state
  }

  /** The state that `request` will find, or undefined when this run says nothing of it. */
  find(request: Request): State | null | undefined {
    return this.foretold(request.resource.kind, request.resource.identify(request.key))
  }

  /** The state that `request` will find where the host has none. */
  whenMissing(request: Request): State | undefined {
    return this.#whereMissing.get(stateIdentity(request))
  }

  /** Notes that `request` will be as desired; fields not desired stay as they are now. */
  foretell(request: Request, current: State | null, desired: State | null): void {
    this.#changes += 1
    const { resource, key } = request
    this.#partly.delete(stateIdentity(request))
    if (desired === null) this.#remove(request, current)
    else this.#states.set(stateIdentity(request), { ...(current ?? resource.defaults?.(key, desired)), ...definedFields(desired) })
    for (const { kind, identity, state, whereMissing } of resource.foretells?.(key, desired) ?? []) {
      const now = this.foretold(kind, identity)
      if (now) continue
      if (whereMissing && state && now === undefined) this.#whereMissing.set(`${kind} ${identity}`, state)
      else this.#states.set(`${kind} ${identity}`, state)
      if (!whereMissing) this.#partly.add(`${kind} ${identity}`)
    }
    const brings = desired === null ? undefined : resource.brings?.(key, current)
    if (!brings) return
    this.#pendingPackages.push(brings.name)
    this.servicesStart ||= brings.startsServices
  }

  #remove(request: Request, current: State | null): void {
    const { resource, key } = request
    this.#states.set(stateIdentity(request), null)
    if (!resource.takesAlong) return
    const isGone = (kind: string, name: string) => kind === resource.kind && (resource.takesAlong?.(key, current, name) ?? false)
    for (const id of [...this.#states.keys()]) if (id.startsWith(`${resource.kind} `) && isGone(resource.kind, id.slice(resource.kind.length + 1))) this.#states.delete(id)
    this.#gone.push(isGone)
  }

  /** Whether a state was foretold only in part, as what another change (a command) will bring. */
  isPartial(request: Request): boolean {
    return this.#partly.has(stateIdentity(request))
  }

  /** Whether something foretold before may make a difference to what `request` will find. */
  mayDisturb({ resource, key }: Request): boolean {
    return resource.mayChangeWith !== undefined && [...this.#states.keys()].some(made => resource.mayChangeWith?.(key, made))
  }

  /** Packages that will be installed, and may bring files, users and units with them. */
  get pendingPackages(): readonly string[] {
    return this.#pendingPackages
  }

  /** Whether anything was foretold yet. */
  get untouched(): boolean {
    return this.#changes === 0
  }
}

function definedFields(state: State): State {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined))
}
