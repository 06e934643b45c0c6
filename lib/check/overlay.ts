import { stateIdentity } from '../state/batch.ts'
import type { Foresight, Request, State } from '../state/resource.ts'

/**
 * The host as it will be: what check mode foretold so far, over what was read. Also what may yet come by itself, with the
 * packages that are still to be installed.
 */
export class Overlay implements Foresight {
  readonly #states = new Map<string, State | null>()
  readonly #pendingPackages: string[] = []
  readonly #partly = new Set<string>()
  servicesStart = false
  #changes = 0

  foretold(kind: string, name: string): State | null | undefined {
    return this.#states.get(`${kind} ${name}`)
  }

  /** The state that `request` will find, or undefined when this run says nothing of it. */
  find(request: Request): State | null | undefined {
    return this.#states.get(stateIdentity(request))
  }

  /** Notes that `request` will be as desired; fields not desired stay as they are now. */
  foretell(request: Request, current: State | null, desired: State | null): void {
    this.#changes += 1
    const { resource, key } = request
    this.#partly.delete(stateIdentity(request))
    this.#states.set(stateIdentity(request), desired === null ? null : { ...(current ?? resource.newborn?.(desired)), ...definedFields(desired) })
    for (const { kind, identity, state } of resource.foretells?.(key, desired) ?? []) {
      if (this.foretold(kind, identity) !== undefined) continue
      this.#states.set(`${kind} ${identity}`, state)
      this.#partly.add(`${kind} ${identity}`)
    }
    const brings = current === null && desired !== null ? resource.brings?.(key) : undefined
    if (!brings) return
    this.#pendingPackages.push(brings.name)
    this.servicesStart ||= brings.startsServices
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
