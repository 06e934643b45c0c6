import { ReadError } from '../../errors.ts'
import { want, type HostView, type Want } from '../../playbook/module.ts'
import type { AptOptions } from './apt-get.ts'
import { besides } from './besides.ts'
import { packageCandidateResource, type CandidateState } from './package-candidate.ts'
import { packageResource, type PackageDesired, type PackageState } from './package.ts'
import { compareVersions } from './version.ts'
import { meets, qualifiedName, formatPackageSpec, type PackageSpec } from './package-spec.ts'

/** What a task says about all its packages. */
export interface PackageChoice {
  state: 'present' | 'latest'
  onlyUpgrade: boolean
  options: AptOptions
}

/**
 * Decides how packages should be, and in which versions, based on the host and on what apt knows.
 * All reads happen in one tick.
 */
export async function planPackages(specs: readonly PackageSpec[], asked: PackageChoice, host: HostView): Promise<Want[]> {
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
  // Lists that are about to be fetched again say nothing about today. If an earlier task fetches
  // them, only the run can tell.
  const shown = changing.length > 0 && changing.every(({ fresh, refetched }) => fresh || refetched)
  const known = changing.every(({ fresh }) => fresh)
  return [
    ...planned.map(({ name, desired }) => want(packageResource, keyOf(name), desired)),
    ...(shown ? await besides('install', changing.map(({ desired: { argument } }) => argument), specs.map(qualifiedName).concat(changing.map(({ name }) => name)), options, host, known) : []),
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
 * A virtual package is present if a package that provides it is installed, in a wanted version. If
 * several could provide it, this is an error: apt would not choose either.
 */
async function planVirtual(spec: PackageSpec, { providers, fresh, refetched = false }: CandidateState, { onlyUpgrade, options }: PackageChoice, host: HostView): Promise<Planned | undefined> {
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
    throw new ReadError(`Package ${spec.name} is a virtual package, and no package provides it in a version ${spec.operator ?? ''}${spec.version ?? ''}: ${list}.`, { hint: 'Choose another version, or name the package to install.' })
  }
  throw new ReadError(`Package ${spec.name} is a virtual package provided by: ${fitting.map(({ name }) => name).join(', ')}.`, { hint: 'Name the one to install.' })
}

/**
 * How a package should be; undefined if it does not matter.
 *
 * @throws ReadError for what apt cannot do, in its own words if it has some: an unknown package,
 * version or release, or a downgrade or a change of a held package that is not allowed.
 */
export function choose(spec: PackageSpec, { state, onlyUpgrade, options }: PackageChoice, current: PackageState | null, known: CandidateState | null): PackageDesired | undefined {
  const name = qualifiedName(spec)
  const installed = current === null || current.status === 'config-files' ? undefined : current.version
  const base: PackageDesired = { status: 'installed', manual: true, accepts: spec.operator && formatPackageSpec(spec), argument: spec.operator === '=' ? formatPackageSpec(spec) : name }
  if (installed === undefined && onlyUpgrade) return undefined
  if (installed !== undefined && state === 'present' && meets(spec, installed)) return base
  if (!known) return base
  if (known.refused !== undefined && known.fresh) throw new ReadError(known.refused, { hint: 'The package lists are fresh. Check the spelling, and whether a repository is missing.' })
  if (known.held) refuseHeld(name, { held: true, version: 'none' }, options)
  const matching = spec.operator === '=' ? known.versions.find(version => meets(spec, version)) : known.candidate
  const chosen = matching !== undefined && meets(spec, matching) ? matching : undefined
  if (chosen === undefined) {
    if (known.fresh && !(installed !== undefined && meets(spec, installed))) throw new ReadError(refusal(spec, known), { hint: 'The package lists are fresh. Check the spelling, and whether a repository is missing.' })
    return base
  }
  const lower = installed !== undefined && compareVersions(chosen, installed) < 0
  if (installed !== undefined && (compareVersions(chosen, installed) === 0 || (lower && !options.allowDowngrade && meets(spec, installed)))) return base
  if (lower && !options.allowDowngrade) throw lowerVersion(name, installed, chosen)
  refuseHeld(name, current, options)
  const argument = spec.operator === '=' && known.fresh ? `${name}=${chosen}` : base.argument
  return { ...base, version: chosen, atLeast: state === 'latest' && !lower ? chosen : undefined, argument }
}

/** The error for a downgrade that is not allowed, in apt's words. */
export function lowerVersion(name: string, installed: string, chosen: string): ReadError {
  return new ReadError(`${name} is installed in version ${installed}, and ${chosen} is lower: Packages were downgraded and -y was used without --allow-downgrades.`, { ways: [{ argument: 'allowDowngrade', hint: 'Set allowDowngrade: true to allow it.' }] })
}

/**
 * @throws ReadError for a held package that would be changed without permission, in apt's words.
 */
export function refuseHeld(name: string, current: Pick<PackageState, 'held' | 'version'> | null, { allowChangeHeld }: AptOptions): void {
  if (!current?.held || allowChangeHeld) return
  throw new ReadError(`${name} is held in version ${current.version}: Held packages were changed and -y was used without --allow-change-held-packages.`, { hint: 'Release it with aptHold.', ways: [{ argument: 'allowChangeHeld', hint: 'Or set allowChangeHeld: true to change it anyway.' }] })
}

function refusal(spec: PackageSpec, { candidate, versions }: CandidateState): string {
  if (candidate === undefined && versions.length === 0) return `Unable to locate package ${qualifiedName(spec)}: no source of this host has it.`
  const list = `apt knows ${versions.join(', ') || 'none'}, and would choose ${candidate ?? 'none'}`
  return `No available version of ${qualifiedName(spec)} is ${spec.operator ?? ''}${spec.version ?? ''}: ${list}.`
}
