import { ReadError } from '../../errors.ts'
import { want, type HostView, type Want } from '../../playbook/module.ts'
import type { AptOptions } from './apt-get.ts'
import { aptResource } from './apt.ts'

/**
 * What apt-get would do besides what a task names, as a want that shows it by package and version: dependencies, upgrades, removals. It is written
 * with the packages themselves.
 *
 * @param words arguments for apt-get; `named`: names that the task speaks of; `known`: whether the lists are those that the run will find.
 * @throws ReadError in apt's words where it can do none of it, and where another package would go without leave.
 */
export async function besides(work: 'install' | 'remove', words: readonly string[], named: readonly string[], options: AptOptions, host: HostView, known = true): Promise<Want[]> {
  const key = { work, packages: words, named, options }
  if (!known) return [want(aptResource, { ...key, unknown: true }, { pending: {} })]
  const pending = Object.entries((await host.current(aptResource, key))?.pending ?? {})
  const gone = pending.filter(([, versions]) => versions.endsWith(' ')).map(([name, versions]) => `${name} ${versions.trim()}`)
  if (gone.length > 0 && options.failOnRemove !== false) {
    const what = work === 'install' ? `${words.join(', ')} cannot be installed without removing ${gone.join(', ')}` : `${words.join(', ')} cannot be removed without ${gone.join(', ')}`
    throw new ReadError(`${what}: Packages need to be removed but remove is disabled.`, { hint: 'failOnRemove: false lets apt remove them; or name them in a task with state: \'absent\'.' })
  }
  return pending.length > 0 ? [want(aptResource, key, { pending: {} })] : []
}
