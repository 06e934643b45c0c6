import path from 'node:path'
import { allot } from './addresses.ts'
import { ensureBaseImage, removeOldImages } from './base-image.ts'
import { deleteTrees } from './delete-tree.ts'
import { endHost, hostFaults, hostPlace, isRunning } from './host.ts'
import { ensureInotify } from './inotify.ts'
import { ensureIdentity, writeKnownHosts } from './keys.ts'
import { LabError } from './lab-error.ts'
import { withLock } from './lock.ts'
import { readMachineSettings } from './machine-settings.ts'
import { mendHost, type HostWork } from './mend-host.ts'
import { ensureNetwork, networkFaults } from './network.ts'
import { labPlace, type Place } from './place.ts'
import { silent, type Progress } from './progress.ts'
import { readRecord, writeRecord, type LabRecord } from './record.ts'
import { checkMachine, installRequirements } from './requirements.ts'
import { joinLines } from './tor-config.ts'
import { ensureTor, freePort, torFaults } from './tor-network.ts'

export interface EnsureOptions {
  /** The hosts that should exist. Other hosts of the lab are left alone. */
  hosts: readonly string[]
  /** @default no progress is shown */
  progress?: Progress
  /**
   * Addresses that `allot` has promised. If a host has got another one in the meantime, that is an
   * error.
   */
  promised?: Record<string, string>
}

/**
 * Sets up the lab: the bridge, the private Tor network (started; see `torReady` for waiting until
 * it is usable), and each of `hosts`, answering on port 22. Missing or broken parts are created or
 * repaired, and what was written on a host is kept. If everything is in order, that takes about 20
 * ms and nothing is touched. Installs Debian packages that the lab needs on this machine, and says
 * so. Throws LabError, with what to do, if a lab cannot run or a host does not come up.
 */
export async function ensureLab({ hosts, progress = silent, promised = {} }: EnsureOptions): Promise<void> {
  checkMachine()
  const place = labPlace()
  const record = readRecord(place)
  if (record !== undefined && (await faults(place, record, hosts)).length === 0) return requirePromised(record, promised)
  await change(place, `up ${hosts.join(' ')}`, progress, async () => {
    const work = await prepare(place, hosts, promised, progress)
    await all(hosts.map((name) => mendHost(work, name)))
    await finish(work)
  })
}

/**
 * Makes a host blank again, in about as long as it takes to boot: its overlay is thrown away and it
 * boots on the current base image. Its address and its ssh host key stay. Throws LabError for a
 * host that the lab does not have.
 */
export async function resetHost(name: string, progress: Progress = silent): Promise<void> {
  checkMachine()
  const place = labPlace()
  requireHost(place, name)
  await change(place, `reset ${name}`, progress, async () => {
    // Another run may have removed it in the meantime.
    requireHost(place, name)
    const work = await prepare(place, [name], {}, progress)
    await mendHost(work, name, { blank: true })
    await finish(work)
  })
}

/**
 * Ends a host and forgets it, its ssh host key included. A host that the lab does not have is fine.
 */
export async function removeHost(name: string, progress: Progress = silent): Promise<void> {
  checkMachine()
  const place = labPlace()
  if (readRecord(place)?.hosts[name] === undefined) return
  await change(place, `remove ${name}`, progress, async () => {
    const record = readRecord(place)
    if (record?.hosts[name] === undefined) return
    const host = hostPlace(place, name)
    progress.step(`ending ${name}`)
    await endHost(place, host)
    await deleteTrees(place, path.dirname(host.root), path.join(place.dir, 'host-keys', name))
    delete record.hosts[name]
    writeRecord(place, record)
    writeKnownHosts(place, record)
  })
}

/** Throws LabError with the existing names for an unknown host. */
function requireHost(place: Place, name: string): void {
  const record = readRecord(place)
  if (record === undefined) throw new LabError(`There is no lab in ${place.dir}, and so no host ${JSON.stringify(name)}. Start one: npm run lab -- up lab`)
  if (!Object.hasOwn(record.hosts, name)) throw noSuchHost(name, Object.keys(record.hosts))
}

/** The error for an unknown host. */
export function noSuchHost(name: string, hosts: readonly string[]): LabError {
  return new LabError(`The lab has no host ${JSON.stringify(name)}. It has: ${[...hosts].sort().join(', ') || 'none'}. Others come with an inventory that names them: npm run lab -- up INVENTORY`)
}

/** Every problem of the lab that affects `hosts`. Read-only. */
export async function faults(place: Place, record: LabRecord, hosts: readonly string[]): Promise<string[]> {
  const unmade = hosts.filter((name) => record.hosts[name]?.base === undefined)
  const made = hosts.filter((name) => !unmade.includes(name))
  const [network, tor] = await Promise.all([networkFaults(place, record.subnet, made), torFaults(place)])
  return [
    ...network, ...tor,
    ...unmade.map((name) => `${name}: it does not exist yet`),
    ...made.flatMap((name) => hostFaults(hostPlace(place, name)).map((fault) => `${name}: ${fault}`)),
  ]
}

async function change(place: Place, purpose: string, progress: Progress, work: () => Promise<void>): Promise<void> {
  try {
    await withLock(place, purpose, progress, work)
  } finally {
    progress.end()
  }
}

/**
 * What hosts depend on: packages, addresses, network, base image, Tor. The image takes longest, so
 * Tor starts in parallel.
 */
async function prepare(place: Place, hosts: readonly string[], promised: Record<string, string>, progress: Progress): Promise<HostWork> {
  await installRequirements(progress)
  const known = readRecord(place)
  const addresses = allot(place, hosts, known)
  const record: LabRecord = known ?? { version: 1, subnet: addresses.subnet, socksPort: await freePort(place.preferredSocksPort), hosts: {} }
  for (const [name, address] of Object.entries(addresses.hosts)) record.hosts[name] ??= { address }
  requirePromised(record, promised)
  ensureInotify(record, hosts.filter((name) => !isRunning(hostPlace(place, name))).length, progress)
  await ensureNetwork(place, record, Object.keys(record.hosts).filter((name) => isRunning(hostPlace(place, name))), progress)
  writeRecord(place, record)
  const settings = readMachineSettings()
  const [image, authorities, authorizedKey] = await all([
    ensureBaseImage(place, settings, progress), ensureTor(place, record, progress), ensureIdentity(place),
  ])
  return { place, record, image, authorizedKey, pipConf: settings.pipConf, torJoin: joinLines(`${record.subnet}.1`, authorities), progress }
}

async function finish({ place, record, image }: HostWork): Promise<void> {
  writeRecord(place, record)
  await removeOldImages(place, new Set([image, ...Object.values(record.hosts).flatMap(({ base }) => base ?? [])]))
}

function requirePromised(record: LabRecord, promised: Record<string, string>): void {
  for (const [name, address] of Object.entries(promised)) {
    const actual = record.hosts[name]?.address
    if (actual !== address) throw new LabError(`${name} should have had the address ${address}, but the lab changed meanwhile and it is ${actual ?? 'unknown'}. Run the same command again.`)
  }
}

/**
 * Like Promise.all, but waits until all have ended: nothing may go on changing the lab after its
 * lock was released.
 */
async function all<T extends readonly Promise<unknown>[] | []>(promises: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}
