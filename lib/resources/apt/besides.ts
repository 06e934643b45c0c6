import { ReadError } from '../../errors.ts'
import { want, type HostView, type Want } from '../../playbook/module.ts'
import type { AptOptions } from './apt-get.ts'
import { aptResource } from './apt.ts'

/**
 * What apt-get would do in addition to what a task names (dependencies, upgrades, removals), as a
 * want that shows it by package and version. It is written together with the packages themselves.
 *
 * @param words arguments for apt-get.
 * @param named packages that the task names.
 * @param known whether the lists are those that the run will find.
 * @throws ReadError in apt's words if it cannot do it, and if another package would be removed
 * without permission.
 */
export async function besides(work: 'install' | 'remove', words: readonly string[], named: readonly string[], options: AptOptions, host: HostView, known = true): Promise<Want[]> {
  const key = { work, packages: words, named, options }
  if (!known) return [want(aptResource, { ...key, unknown: true }, { pending: {} })]
  const pending = Object.entries((await host.current(aptResource, key))?.pending ?? {})
  const gone = pending.filter(([, versions]) => versions.endsWith(' ')).map(([name, versions]) => `${name} ${versions.trim()}`)
  if (gone.length > 0 && options.failOnRemove !== false) {
    const what = work === 'install' ? `${words.join(', ')} cannot be installed without removing ${gone.join(', ')}` : `${words.join(', ')} cannot be removed without also removing ${gone.join(', ')}`
    throw new ReadError(`${what}: Packages need to be removed but remove is disabled.`, { hint: 'Set failOnRemove: false to let apt remove them, or name them in a task with state: \'absent\'.' })
  }
  return pending.length > 0 ? [want(aptResource, key, { pending: {} })] : []
}
