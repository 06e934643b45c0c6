import { ReadError } from '../errors.ts'
import { want, type HostView, type Want } from '../playbook/module.ts'
import type { AptOptions } from '../resources/apt-get.ts'
import { aptWork } from '../resources/apt-work.ts'
import { packageCandidate, type CandidateState } from '../resources/package-candidate.ts'
import { packages, type PackageDesired, type PackageState } from '../resources/package.ts'
import { compareVersions } from './version.ts'
import { meets, qualifiedName, showWish, type PackageWish } from './wish.ts'

/** What a task says of all its packages. */
export interface PackagesAsked {
  state: 'present' | 'latest'
  onlyUpgrade: boolean
  options: AptOptions
}

/** Says how packages should be: which versions, by what the host has and what apt knows. All is asked in one tick. */
export async function planPackages(wishes: readonly PackageWish[], asked: PackagesAsked, host: HostView): Promise<Want[]> {
  const { state, onlyUpgrade, options } = asked
  const keyOf = (name: string) => ({ name, options })
  const wants = await Promise.all(wishes.map(async (wish): Promise<Want[]> => {
    const [current, known] = await Promise.all([
      host.current(packages, keyOf(qualifiedName(wish))),
      host.current(packageCandidate, { wish, state, onlyUpgrade, release: options.release, cacheValidSeconds: options.cacheValidSeconds }),
    ])
    if (known?.providers.length) return planVirtual(wish, known, asked, host)
    const desired = choose(wish, asked, current, known)
    // Where nothing may be removed, apt says whether it can do without; by lists that are not fetched anew before.
    if (options.failOnRemove && desired?.version !== undefined && known?.fresh) await host.current(aptWork, { work: 'install', packages: [desired.argument], options })
    return desired ? [want(packages, keyOf(qualifiedName(wish)), desired)] : []
  }))
  return wants.flat()
}

/** Nobody has a virtual package: it is there when one that provides it is, and where several could be, apt would not choose either. */
async function planVirtual(wish: PackageWish, { providers }: CandidateState, { onlyUpgrade, options }: PackagesAsked, host: HostView): Promise<Want[]> {
  const states = await Promise.all(providers.map(name => host.current(packages, { name, options })))
  const name = providers.find((_, index) => states[index]?.status === 'installed') ?? (providers.length === 1 ? providers[0] : undefined)
  if (name === undefined && onlyUpgrade) return []
  if (name === undefined) {
    throw new ReadError(`Package ${wish.name} is a virtual package provided by: ${providers.join(', ')}.`, { hint: 'Name the one that is to be installed.' })
  }
  return [want(packages, { name, options }, { status: 'installed', argument: name })]
}

/**
 * How a package should be; undefined where nothing is asked of it.
 *
 * @throws ReadError for what apt cannot do, in its words where it has some: an unknown package, version or release, a downgrade or a change of a held package that was not allowed.
 */
export function choose(wish: PackageWish, { state, onlyUpgrade, options }: PackagesAsked, current: PackageState | null, known: CandidateState | null): PackageDesired | undefined {
  const name = qualifiedName(wish)
  const installed = current === null || current.status === 'config-files' ? undefined : current.version
  const base: PackageDesired = { status: 'installed', manual: true, accepts: wish.operator && showWish(wish), argument: wish.operator === '=' ? showWish(wish) : name }
  if (installed === undefined && onlyUpgrade) return undefined
  if (installed !== undefined && state === 'present' && meets(wish, installed)) return base
  if (!known) return base
  if (known.refused !== undefined && known.fresh) throw new ReadError(known.refused, { hint: 'The package lists are fresh. Look for a misspelling, or for a repository that is missing.' })
  if (known.held) refuseHeld(name, { held: true, version: 'none' }, options)
  const matching = wish.operator === '=' ? known.versions.find(version => meets(wish, version)) : known.candidate
  const chosen = matching !== undefined && meets(wish, matching) ? matching : undefined
  if (chosen === undefined) {
    if (known.fresh && !(installed !== undefined && meets(wish, installed))) throw new ReadError(refusal(wish, known), { hint: 'The package lists are fresh. Look for a misspelling, or for a repository that is missing.' })
    return base
  }
  const lower = installed !== undefined && compareVersions(chosen, installed) < 0
  if (installed !== undefined && (compareVersions(chosen, installed) === 0 || (lower && !options.allowDowngrade && meets(wish, installed)))) return base
  if (lower && !options.allowDowngrade) throw lowerVersion(name, installed, chosen)
  refuseHeld(name, current, options)
  const argument = wish.operator === '=' && known.fresh ? `${name}=${chosen}` : base.argument
  return { ...base, version: chosen, atLeast: state === 'latest' && !lower ? chosen : undefined, argument }
}

/** Why a package does not go back to a lower version without leave, in apt's words. */
export function lowerVersion(name: string, installed: string, chosen: string): ReadError {
  return new ReadError(`${name} is installed in version ${installed}, and ${chosen} is lower: Packages were downgraded and -y was used without --allow-downgrades.`, { ways: [{ argument: 'allowDowngrade', hint: 'allowDowngrade: true lets it go back.' }] })
}

/** @throws ReadError for a held package that would be changed without leave, in apt's words. */
export function refuseHeld(name: string, current: Pick<PackageState, 'held' | 'version'> | null, { allowChangeHeld }: AptOptions): void {
  if (!current?.held || allowChangeHeld) return
  throw new ReadError(`${name} is held in version ${current.version}: Held packages were changed and -y was used without --allow-change-held-packages.`, { hint: 'aptHold lets it go.', ways: [{ argument: 'allowChangeHeld', hint: 'Or give allowChangeHeld: true, and it is changed all the same.' }] })
}

function refusal(wish: PackageWish, { candidate, versions }: CandidateState): string {
  if (candidate === undefined && versions.length === 0) return `Unable to locate package ${qualifiedName(wish)}: no source of this host has it.`
  const list = `apt knows ${versions.join(', ') || 'none'}, and would take ${candidate ?? 'none'}`
  return `No version of ${qualifiedName(wish)} that can be installed is ${wish.operator ?? ''}${wish.version ?? ''}: ${list}.`
}
