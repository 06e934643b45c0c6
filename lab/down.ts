import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import path from 'node:path'
import { cgroup, endCgroup } from './cgroup.ts'
import { endHost, hostPlace } from './host.ts'
import { codeOf, LabError } from './lab-error.ts'
import { withLock } from './lock.ts'
import { mountsBelow, unmountBelow } from './mounts.ts'
import { removeNetwork } from './network.ts'
import { labPlace, type Place } from './place.ts'
import { silent, type Progress } from './progress.ts'
import { readRecord, type LabRecord } from './record.ts'
import { checkMachine } from './requirements.ts'
import { runCommand } from './run-command.ts'

/**
 * Ends the lab and leaves nothing of it: no process, mount, bridge, firewall table, control group or file, and net.ipv4.ip_forward is
 * what it was before. Works on a lab that is damaged, and on one whose record is lost. Returns false when there was no lab.
 * Packages that the lab installed on this machine stay.
 */
export async function labDown(progress: Progress = silent): Promise<boolean> {
  checkMachine()
  const place = labPlace()
  if (!existsSync(place.dir) && !existsSync(`/sys/class/net/${place.bridge}`) && !existsSync(cgroup(place.cgroup).dir)) return false
  await withLock(place, 'down', progress, async () => {
    progress.step('ending the lab')
    await endAll(place)
    await removeNetwork(place, recordIfReadable(place, progress))
    const left = mountsBelow(place.dir)
    if (left.length > 0) throw new LabError(`Still mounted: ${left.map(({ point }) => point).join(', ')}. Nothing was deleted. Unmount them (umount), then: npm run lab -- down`)
    await runCommand('rm', ['-rf', '--one-file-system', place.dir])
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
  // systemd-nspawn made these for itself; gone unless another container uses them.
  for (const dir of ['/run/systemd/nspawn/propagate', '/run/systemd/nspawn/locks', '/run/systemd/nspawn']) removeIfEmpty(dir)
}

/** The record says what forwarding was. A damaged one must not keep the rest of the lab from being ended. */
function recordIfReadable(place: Place, progress: Progress): LabRecord | undefined {
  try {
    return readRecord(place)
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown
    progress.note('the lab\'s record is not readable, so net.ipv4.ip_forward stays as it is')
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

