import { want, type HostView, type Want } from '../../playbook/module.ts'
import type { AptOptions } from './apt-get.ts'
import { besides } from './besides.ts'
import { packageResource } from './package.ts'
import { meets, qualifiedName, type PackageSpec } from './package-spec.ts'
import { refuseHeld } from './plan-packages.ts'

/**
 * Packages that are to be removed; with a version, only that version is.
 *
 * @throws ReadError for a held package.
 */
export async function planAbsent(specs: readonly PackageSpec[], options: AptOptions, host: HostView): Promise<Want[]> {
  const states = await Promise.all(specs.map(each => host.current(packageResource, { name: qualifiedName(each), options })))
  const chosen = specs.map((spec, index) => ({ spec, name: qualifiedName(spec), current: states[index] ?? null }))
    .filter(({ spec, current }) => current === null || meets(spec, current.version))
  for (const { name, current } of chosen) if (current?.status !== 'config-files') refuseHeld(name, current, options)
  const going = chosen.filter(({ name, current }) => packageResource.compare?.({ name, options }, current, null).length).map(({ name }) => name)
  // apt has no plan where something must be reinstalled first; dpkg handles that.
  const plain = chosen.every(({ current }) => current?.status !== 'half-installed')
  const more = going.length > 0 && plain ? await besides('remove', going, going, options, host) : []
  return [...chosen.map(({ name }) => want(packageResource, { name, options }, null)), ...more]
}

/** Names of installed packages that may have a newer version once the lists are fresh. */
export async function installedOf(specs: readonly PackageSpec[], options: AptOptions, host: HostView): Promise<string[]> {
  const names = specs.filter(({ operator }) => operator !== '=').map(qualifiedName)
  const states = await Promise.all(names.map(name => host.current(packageResource, { name, options })))
  return names.filter((_, index) => states[index]?.status === 'installed')
}
