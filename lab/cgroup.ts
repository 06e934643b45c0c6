import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { codeOf, LabError } from './lab-error.ts'

/**
 * Everything that the lab starts runs in a control group of its own. So the kernel knows what
 * belongs to the lab, even if the process that started it was killed, and no process of someone
 * else can be mistaken for it as with a stale pid file. See cgroups(7), and "Core Interface Files"
 * in the kernel's cgroup-v2 document.
 */
export interface Cgroup {
  /** Directory in the cgroup2 file system. */
  dir: string
}

/**
 * Where cgroup2 is mounted: `/sys/fs/cgroup`, or a directory below it if version 1 is in use too.
 * Undefined if it is not mounted.
 */
export function cgroupRoot(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): string | undefined {
  const line = mountinfo.split('\n').find((each) => / - cgroup2 /.test(each))
  return line?.split(' ')[4]
}

/**
 * Whether the version 1 hierarchies are mounted next to cgroup2; systemd-nspawn must then be told
 * to give a host version 2.
 */
export function hasCgroupV1(mountinfo = readFileSync('/proc/self/mountinfo', 'utf8')): boolean {
  return / - cgroup /.test(mountinfo)
}

/** The control group named by `parts`, below the root. It need not exist. */
export function cgroup(...parts: string[]): Cgroup {
  const root = cgroupRoot()
  if (root === undefined) throw new LabError('This machine has no cgroup2 file system mounted, which systemd in a lab host needs. Run the lab on Debian 12 (its own kernel has it), in a virtual machine if need be.')
  return { dir: path.join(root, ...parts) }
}

/** Whether there is any process in the group or below it. A group that does not exist is empty. */
export function isPopulated(group: Cgroup): boolean {
  return /^populated 1$/m.test(readIfThere(path.join(group.dir, 'cgroup.events')))
}

/** Process ids directly in the group or, with `below`, in the group of that name below it. */
export function processesIn(group: Cgroup, below = ''): number[] {
  return readIfThere(path.join(group.dir, below, 'cgroup.procs')).split('\n').filter(Boolean).map(Number)
}

/**
 * Makes the group and returns a shell fragment that moves the shell itself into it; `exec` the
 * command after it.
 */
export function joinScript(group: Cgroup): string {
  mkdirSync(group.dir, { recursive: true })
  return `echo $$ > '${path.join(group.dir, 'cgroup.procs')}'`
}

/**
 * How long killed processes get to end. On a busy machine this takes a while: each has to be
 * scheduled once more to end.
 */
const patienceMs = 120_000

/**
 * Kills every process of the group and of the groups below it, waits until they are gone, and
 * removes the groups. A group that does not exist is fine. Throws LabError, with what they wait
 * for, when processes remain after two minutes.
 */
export async function endCgroup(group: Cgroup): Promise<void> {
  if (!existsSync(group.dir)) return
  const deadline = Date.now() + patienceMs
  while (isPopulated(group)) {
    writeFileSync(path.join(group.dir, 'cgroup.kill'), '1')
    if (Date.now() > deadline) throw new LabError(stuck(group))
    await sleep(10)
  }
  await removeTree(group.dir, Date.now() + patienceMs)
}

/**
 * The message about processes that do not end. Their names and states are in `/proc/PID/stat`
 * (proc(5)).
 */
function stuck(group: Cgroup): string {
  const groups = ['', ...readdirSync(group.dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => path.join(path.relative(group.dir, entry.parentPath), entry.name))]
  const states = groups.flatMap((below) => processesIn(group, below)).map((pid) => /^(\d+ \(.*\) .)/.exec(readIfThere(`/proc/${pid}/stat`))?.[1]).filter((state) => state !== undefined)
  return `Processes of the lab were killed and have not ended within ${patienceMs / 1000} s: ${states.join(', ') || 'none is left by now'} (${group.dir}). Run the same command again. `
    + 'A process that is still in state D then is waiting in the kernel for a disk or a file system that does not answer: see dmesg, and reboot if it never ends.'
}

async function removeTree(dir: string, deadline: number): Promise<void> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(path.join(dir, entry.name), deadline)
  }
  for (;;) {
    try {
      rmdirSync(dir)
      return
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') return
      // The last process may be dead but not yet reaped, which keeps its group for a few
      // milliseconds.
      if (codeOf(thrown) !== 'EBUSY' || Date.now() > deadline) throw thrown
      await sleep(10)
    }
  }
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    if (['ENOENT', 'ENODEV', 'ESRCH'].includes(codeOf(thrown) ?? '')) return ''
    throw thrown
  }
}
