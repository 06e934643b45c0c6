import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { codeOf, LabError, messageOf } from './lab-error.ts'
import type { Progress } from './progress.ts'
import type { LabRecord } from './record.ts'

/**
 * fs.inotify.max_user_instances (inotify(7)): how many one user may have. All hosts of all labs on
 * a machine belong to root.
 */
const limitFile = '/proc/sys/fs/inotify/max_user_instances'

/**
 * systemd, udevd, dbus and the rest of a host use 7 (measured); what a playbook installs uses some
 * more.
 */
const eachHost = 12
/** Reserved for everything else that root runs on this machine. */
const spare = 32

export const inotifyLimit = (): number => Number(readFileSync(limitFile, 'utf8'))

/**
 * How many inotify instances the processes of this machine have. One that two processes share
 * counts twice.
 */
export function inotifyInUse(): number {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).reduce((sum, pid) => sum + instancesOf(pid), 0)
}

/** Those of one process; 0 if it has ended. */
export function instancesOf(pid: string): number {
  const fds = ifAllowed(() => readdirSync(`/proc/${pid}/fd`)) ?? []
  return fds.filter((fd) => ifAllowed(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) === 'anon_inode:inotify').length
}

/**
 * Processes end, and close files, while this reads them; and not even root may read all of them.
 */
function ifAllowed<Found>(look: () => Found): Found | undefined {
  try {
    return look()
  } catch (thrown) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(codeOf(thrown) ?? '')) return undefined
    throw thrown
  }
}

/** The limit that is enough for `boots` more hosts; `limit` itself if that is. Pure. */
export function neededLimit(limit: number, inUse: number, boots: number): number {
  const needed = inUse + boots * eachHost + spare
  return needed <= limit ? limit : Math.ceil(needed / 128) * 128
}

/**
 * Raises the machine's limit if `boots` more hosts need it, says so, and records the old value in
 * `record`. Throws LabError if it cannot.
 */
export function ensureInotify(record: LabRecord, boots: number, progress: Progress): void {
  if (boots === 0) return
  const limit = inotifyLimit()
  const needed = neededLimit(limit, inotifyInUse(), boots)
  if (needed === limit) return
  try {
    writeFileSync(limitFile, String(needed))
  } catch (thrown) {
    throw new LabError(`${boots} more hosts need more inotify instances than this machine allows root (${limit}), and the limit cannot be raised from here: ${messageOf(thrown)}. `
      + `Raise it on the machine itself (sysctl fs.inotify.max_user_instances=${needed}), or end other labs.`)
  }
  progress.note(`fs.inotify.max_user_instances of this machine is ${needed} from now on (it was ${limit}): ${boots} more hosts need it`)
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  record.inotify = { before: record.inotify?.bootId === bootId ? record.inotify.before : limit, set: needed, bootId }
}

/**
 * Restores the limit from before the lab, unless somebody else has changed it since, or needs more
 * by now. Call it when all hosts have ended.
 */
export function restoreInotify(record: LabRecord | undefined): void {
  const { before, set, bootId } = record?.inotify ?? {}
  if (before === undefined || bootId !== readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || inotifyLimit() !== set) return
  if (inotifyInUse() + spare <= before) writeFileSync(limitFile, String(before))
}
