import { lab, labStatus, removeHost } from '../../lab/index.ts'
import { findLabHost, type LabHost } from './lab-host.ts'
import { announceLab, endAnnouncedLab } from './specs-lab.ts'

const made = new Set<string>()

/**
 * Blank hosts of the lab, made for a spec; their names begin with `spec-`. What an earlier test run
 * left of them is removed. They are removed when all specs are done, and so is the lab if the specs
 * started it; an existing lab is left as it was.
 */
export async function blankHosts<Name extends string>(...names: Name[]): Promise<Record<Name, LabHost>> {
  await announceHosts(...names)
  for (const name of names) await removeHost(name)
  await lab({ hosts: Object.fromEntries(names.map(name => [name, { groups: [] }])) }).start()
  const hosts: Partial<Record<Name, LabHost>> = {}
  for (const name of names) hosts[name] = await findLabHost(name)
  if (!isComplete(hosts, names)) throw new Error('A host is missing.')
  return hosts
}

/**
 * Call this before creating lab hosts in any other way, so that they are removed when all specs are
 * done.
 */
export async function announceHosts(...names: string[]): Promise<void> {
  const wrong = names.find(name => !name.startsWith('spec-'))
  if (wrong !== undefined) throw new Error(`${wrong} does not begin with spec-: it could be somebody's own.`)
  await announceLab()
  for (const name of names) made.add(name)
}

function isComplete<Name extends string>(hosts: Partial<Record<Name, LabHost>>, names: readonly Name[]): hosts is Record<Name, LabHost> {
  return names.every(name => hosts[name])
}

// A hook of the root suite, once for all spec files, wherever this module is imported first.
after('the hosts of the specs are removed', async function () {
  this.timeout(240_000)
  if (made.size === 0 || process.env.STEAD_KEEP_HOSTS) return
  const left = (await labStatus())?.hosts.map(({ name }) => name) ?? []
  // Other hosts that start with spec- may belong to a parallel test run.
  for (const name of left.filter(each => made.has(each))) await removeHost(name)
  // Specs in other processes may still use it; whoever started them ends it.
  if (!process.env.STEAD_SPECS_SHARE_LAB) await endAnnouncedLab()
})
