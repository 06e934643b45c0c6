import { ReadError } from '../../errors.ts'
import { want, type HostView, type Want } from '../../playbook/module.ts'
import type { AptOptions } from './apt-get.ts'
import { besides } from './besides.ts'
import { packageCandidateResource, type CandidateState } from './package-candidate.ts'
import { packageResource, type PackageDesired, type PackageState } from './package.ts'
import { compareVersions } from './version.ts'
import { meets, qualifiedName, formatPackageSpec, type PackageSpec } from './package-spec.ts'

/** What a task says of all its packages. */
export interface PackagesAsked {
  state: 'present' | 'latest'
  onlyUpgrade: boolean
  options: AptOptions
}

/** Says how packages should be: which versions, by what the host has and what apt knows. All is asked in one tick. */
export async function planPackages(specs: readonly PackageSpec[], asked: PackagesAsked, host: HostView): Promise<Want[]> {
  const { state, onlyUpgrade, options } = asked
  const keyOf = (name: string) => ({ name, options })
  const found = await Promise.all(specs.map(async (spec): Promise<Planned | undefined> => {
    const [current, known] = await Promise.all([
      host.current(packageResource, keyOf(qualifiedName(spec))),
      host.current(packageCandidateResource, { spec, state, onlyUpgrade, release: options.release, cacheValidSeconds: options.cacheValidSeconds }),
    ])
    if (known && Object.keys(known.providers).length > 0) return planVirtual(spec, known, asked, host)
    const desired = choose(spec, asked, current, known)
    return desired && { name: qualifiedName(spec), current, desired, fresh: known?.fresh ?? true, refetched: known?.refetched ?? false }
  }))
  const planned = found.filter(each => each !== undefined)
  const changing = planned.filter(({ name, current, desired }) => packageResource.compare?.(keyOf(name), current, desired).some(({ field }) => field !== 'manual'))
  // By lists that will be fetched anew, apt would tell of another day; by those that a task before has fetched, it tells in the run.
  const told = changing.length > 0 && changing.every(({ fresh, refetched }) => fresh || refetched)
  const known = changing.every(({ fresh }) => fresh)
  return [
    ...planned.map(({ name, desired }) => want(packageResource, keyOf(name), desired)),
    ...(told ? await besides('install', changing.map(({ desired: { argument } }) => argument), specs.map(qualifiedName).concat(changing.map(({ name }) => name)), options, host, known) : []),
  ]
}

/** One package, and how it should be. */
interface Planned {
  name: string
  current: PackageState | null
  desired: PackageDesired
  fresh: boolean
  refetched: boolean
}

/**
 * Nobody has a virtual package: it is there when one that provides it is, in a version that is wanted, and where several could be, apt would not
 * choose either.
 */
async function planVirtual(spec: PackageSpec, { providers, fresh, refetched = false }: CandidateState, { onlyUpgrade, options }: PackagesAsked, host: HostView): Promise<Planned | undefined> {
  const fits = (provided: string | null) => spec.operator === undefined || (provided !== null && meets(spec, provided))
  const names = [...new Set(Object.keys(providers).map(provider => provider.replace(/ .*/, '')))]
  const states = await Promise.all(names.map(name => host.current(packageResource, { name, options })))
  const all = names.map((name, index) => ({ name, current: states[index] ?? null }))
  const there = all.find(({ name, current }) => current?.status === 'installed' && fits(providers[`${name} ${current.version}`] ?? null))
  const fitting = all.filter(({ name }) => Object.entries(providers).some(([provider, provided]) => provider.startsWith(`${name} `) && fits(provided)))
  const chosen = there ?? (fitting.length === 1 ? fitting[0] : undefined)
  if (chosen) return { ...chosen, desired: { status: 'installed', argument: chosen.name }, fresh, refetched }
  if (onlyUpgrade) return undefined
  if (fitting.length === 0) {
    const list = Object.entries(providers).map(([provider, provided]) => `${provider} as ${provided ?? 'no version'}`).join(', ')
    throw new ReadError(`Package ${spec.name} is a virtual package, and none that provides it does so in a version ${spec.operator ?? ''}${spec.version ?? ''}: ${list}.`, { hint: 'Ask for another version, or name the package that is to be installed.' })
  }
  throw new ReadError(`Package ${spec.name} is a virtual package provided by: ${fitting.map(({ name }) => name).join(', ')}.`, { hint: 'Name the one that is to be installed.' })
}

/**
 * How a package should be; undefined where nothing is asked of it.
 *
 * @throws ReadError for what apt cannot do, in its words where it has some: an unknown package, version or release, a downgrade or a change of a held package that was not allowed.
 */
export function choose(spec: PackageSpec, { state, onlyUpgrade, options }: PackagesAsked, current: PackageState | null, known: CandidateState | null): PackageDesired | undefined {
  const name = qualifiedName(spec)
  const installed = current === null || current.status === 'config-files' ? undefined : current.version
  const base: PackageDesired = { status: 'installed', manual: true, accepts: spec.operator && formatPackageSpec(spec), argument: spec.operator === '=' ? formatPackageSpec(spec) : name }
  if (installed === undefined && onlyUpgrade) return undefined
  if (installed !== undefined && state === 'present' && meets(spec, installed)) return base
  if (!known) return base
  if (known.refused !== undefined && known.fresh) throw new ReadError(known.refused, { hint: 'The package lists are fresh. Look for a misspelling, or for a repository that is missing.' })
  if (known.held) refuseHeld(name, { held: true, version: 'none' }, options)
  const matching = spec.operator === '=' ? known.versions.find(version => meets(spec, version)) : known.candidate
  const chosen = matching !== undefined && meets(spec, matching) ? matching : undefined
  if (chosen === undefined) {
    if (known.fresh && !(installed !== undefined && meets(spec, installed))) throw new ReadError(refusal(spec, known), { hint: 'The package lists are fresh. Look for a misspelling, or for a repository that is missing.' })
    return base
  }
  const lower = installed !== undefined && compareVersions(chosen, installed) < 0
  if (installed !== undefined && (compareVersions(chosen, installed) === 0 || (lower && !options.allowDowngrade && meets(spec, installed)))) return base
  if (lower && !options.allowDowngrade) throw lowerVersion(name, installed, chosen)
  refuseHeld(name, current, options)
  const argument = spec.operator === '=' && known.fresh ? `${name}=${chosen}` : base.argument
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

function refusal(spec: PackageSpec, { candidate, versions }: CandidateState): string {
  if (candidate === undefined && versions.length === 0) return `Unable to locate package ${qualifiedName(spec)}: no source of this host has it.`
  const list = `apt knows ${versions.join(', ') || 'none'}, and would take ${candidate ?? 'none'}`
  return `No version of ${qualifiedName(spec)} that can be installed is ${spec.operator ?? ''}${spec.version ?? ''}: ${list}.`
}
