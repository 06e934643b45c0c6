import { existsSync } from 'node:fs'
import { imageDirectory } from './base-image.ts'
import { deleteTrees } from './delete-tree.ts'
import { bootHost, discardOverlay, endHost, hostFaults, hostPlace, waitForHost } from './host.ts'
import { writeHostLayer } from './host-layer.ts'
import { ensureHostKeys, writeKnownHosts } from './keys.ts'
import { readResolvConf } from './machine-settings.ts'
import type { Place } from './place.ts'
import type { Progress } from './progress.ts'
import { writeRecord, type LabRecord } from './record.ts'
import { torDefaults } from './tor-defaults.ts'

/** What hosts are made from. */
export interface HostWork {
  place: Place
  record: LabRecord
  /** Name of the current base image. */
  image: string
  authorizedKey: string
  pipConf: string
  /** The lines of torrc that join the private Tor network. */
  torJoin: string
  progress: Progress
}

/**
 * How long to wait before rebooting a running host whose sshd does not listen: an interrupted run
 * may just have booted it.
 */
const graceSeconds = 4

/**
 * Makes one host answer on port 22. A working host is left alone, even if it is based on an older
 * image, so that what was tried on it stays. A broken one is booted again with what was written on
 * it, or blank if `blank` is set or it is new.
 */
export async function mendHost(work: HostWork, name: string, { blank = false } = {}): Promise<void> {
  const { place, record, image, progress } = work
  const entry = record.hosts[name]
  if (entry === undefined) throw new Error(`${name} is not in the lab's record`)
  const host = hostPlace(place, name)
  // An overlay is useless without the image that it was written on.
  const kept = blank || entry.base === undefined || !existsSync(imageDirectory(place, entry.base)) ? undefined : entry.base
  if (kept !== undefined && await isWell(work, name, entry.address)) {
    if (kept !== image) progress.note(`${name} is based on an older image. For a blank host on the current one: npm run lab -- reset ${name}`)
    return
  }
  if (kept !== undefined) progress.note(`${name} is being rebooted: ${hostFaults(host).join(', ')}`)
  progress.step(blank ? `resetting ${name}` : `booting ${name}`)
  await endHost(place, host)
  const discarded = kept === undefined ? discardOverlay(place, host) : Promise.resolve()
  entry.base = kept ?? image
  const base = imageDirectory(place, entry.base)
  await deleteTrees(place, host.layer)
  writeHostLayer(place, host.layer, base, {
    name,
    address: entry.address,
    gateway: `${record.subnet}.1`,
    authorizedKey: work.authorizedKey,
    hostKeys: await ensureHostKeys(place, name),
    resolvConf: readResolvConf(),
    pipConf: work.pipConf,
    torDefaults: torDefaults(work.torJoin),
  })
  writeKnownHosts(place, record)
  // Recorded before it runs, so that the next run knows the host if this one is interrupted here.
  writeRecord(place, record)
  await bootHost(place, host, base)
  await Promise.all([waitForHost(host, entry.address), discarded])
}

async function isWell({ place }: HostWork, name: string, address: string): Promise<boolean> {
  const host = hostPlace(place, name)
  const found = hostFaults(host)
  if (found.length === 0) return true
  if (found.length > 1 || found[0] !== 'its sshd does not listen') return false
  return waitForHost(host, address, graceSeconds).then(() => true, () => false)
}
