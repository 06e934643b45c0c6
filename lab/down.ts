import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { cgroup, endCgroup } from './cgroup.ts'
import { deleteTrees } from './delete-tree.ts'
import { endHost, hostPlace } from './host.ts'
import { restoreInotify } from './inotify.ts'
import { codeOf, LabError } from './lab-error.ts'
import { withLock } from './lock.ts'
import { markerName, ownership, refuseForeign } from './marker.ts'
import { unmountBelow } from './mounts.ts'
import { removeNetwork } from './network.ts'
import { labPlace, type Place } from './place.ts'
import { silent, type Progress } from './progress.ts'
import { readRecord, type LabRecord } from './record.ts'
import { checkMachine } from './requirements.ts'

/**
 * Ends the lab and leaves nothing behind: no process, mount, bridge, firewall table, control group
 * or file; net.ipv4.ip_forward and fs.inotify.max_user_instances are what they were before (the
 * latter unless another lab needs more). Also works if the lab is damaged or its record is lost.
 * Returns false when there was no lab. Throws LabError, and changes nothing, if the state directory
 * does not belong to a lab. Packages that the lab installed on this machine stay.
 */
export async function labDown(progress: Progress = silent): Promise<boolean> {
  checkMachine()
  const place = labPlace()
  refuseForeign(place)
  if (ownership(place) === 'free' && !existsSync(`/sys/class/net/${place.bridge}`) && !existsSync(cgroup(place.cgroup).dir)) return false
  await withLock(place, 'down', progress, async () => {
    progress.step('ending the lab')
    await endAll(place)
    const record = recordIfReadable(place, progress)
    await removeNetwork(place, record)
    restoreInotify(record)
    await removeDirectory(place)
  })
  progress.end()
  return true
}

async function endAll(place: Place): Promise<void> {
  const hosts = path.join(place.dir, 'hosts')
  const names = existsSync(hosts) ? readdirSync(hosts) : []
  await Promise.all(names.map((name) => endHost(place, hostPlace(place, name))))
  await endCgroup(cgroup(place.cgroup))
  await unmountBelow(place.dir)
  // systemd-nspawn created these for itself; they are removed unless another container uses them.
  for (const dir of ['/run/systemd/nspawn/propagate', '/run/systemd/nspawn/locks', '/run/systemd/nspawn']) removeIfEmpty(dir)
}

/**
 * The marker goes last, so that the rest of an interrupted `down` is still recognised as a lab's.
 * After that comes the lock, which somebody may be waiting for.
 */
async function removeDirectory(place: Place): Promise<void> {
  const last = [markerName, 'lock']
  await deleteTrees(place, ...readdirSync(place.dir).filter((name) => !last.includes(name)).map((name) => path.join(place.dir, name)))
  for (const name of last) rmSync(path.join(place.dir, name), { force: true })
  // A process that waited for the lock may already have started a new lab there.
  removeIfEmpty(place.dir)
}

/**
 * The record contains the former value of forwarding. A damaged record must not keep the rest of
 * the lab from being removed.
 */
function recordIfReadable(place: Place, progress: Progress): LabRecord | undefined {
  try {
    return readRecord(place)
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown
    progress.note('the lab\'s record is not readable, so net.ipv4.ip_forward and fs.inotify.max_user_instances stay as they are')
    return undefined
  }
}

function removeIfEmpty(dir: string): void {
  try {
    rmdirSync(dir)
  } catch (thrown) {
    if (!['ENOENT', 'ENOTEMPTY', 'EBUSY'].includes(codeOf(thrown) ?? '')) throw thrown
  }
}

