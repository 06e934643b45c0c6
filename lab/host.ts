import { existsSync, mkdirSync, openSync, closeSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cgroup, endCgroup, hasCgroupV1, isPopulated, joinScript, processesIn, type Cgroup } from './cgroup.ts'
import { deleteTrees } from './delete-tree.ts'
import { inotifyInUse, inotifyLimit } from './inotify.ts'
import { codeOf, LabError } from './lab-error.ts'
import { mountOverlay, mountsBelow, unmountBelow } from './mounts.ts'
import { machineName, portName, type Place } from './place.ts'
import { tryCommand } from './run-command.ts'
import { sshGreeting } from './ssh-greeting.ts'

/** A host's paths on this machine. */
export interface HostPlace {
  name: string
  /** The host's root file system, mounted while it runs. */
  root: string
  /** Upper directory of its overlay: what was written on the host since it was blank. */
  overlay: string
  /** The host's own lower directory. */
  layer: string
  /** Overlayfs's scratch directory. */
  work: string
  /** The output of its console. */
  log: string
  cgroup: Cgroup
}

/** The paths of a host, whether or not it exists. */
export function hostPlace(place: Place, name: string): HostPlace {
  const at = (part: string): string => path.join(place.dir, 'hosts', name, part)
  return { name, root: at('root'), overlay: at('upper'), layer: at('layer'), work: at('work'), log: at('console.log'), cgroup: cgroup(place.cgroup, 'hosts', name) }
}

/**
 * systemd-nspawn moves the host below our group, to `payload`, and itself to `supervisor`; while
 * starting, it is in the group itself.
 */
const init = (host: HostPlace): number | undefined => processesIn(host.cgroup, 'payload/init.scope').sort((a, b) => a - b)[0]

/** Whether any process of the host runs. */
export const isRunning = (host: HostPlace): boolean => isPopulated(host.cgroup)

/**
 * Whether sshd listens inside the host, by its network namespace's socket tables (proc(5),
 * /proc/PID/net/tcp): no packet is sent.
 */
function hasListener(host: HostPlace): boolean {
  const pid = init(host)
  if (pid === undefined) return false
  try {
    // Local address in hexadecimal, port 22 = 0016, state 0A = LISTEN.
    return ['tcp', 'tcp6'].some((table) => /^\s*\d+: [0-9A-F]+:0016 [0-9A-F]+:0000 0A/m.test(readFileSync(`/proc/${pid}/net/${table}`, 'utf8')))
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ESRCH' || codeOf(thrown) === 'EINVAL') return false
    throw thrown
  }
}

/**
 * What is wrong with a host that should run; empty if nothing is. Only reads, and takes less than a
 * millisecond.
 */
export function hostFaults(host: HostPlace): string[] {
  if (!isRunning(host)) return ['it does not run']
  return [
    ...(processesIn(host.cgroup, 'supervisor').length > 0 ? [] : ['its systemd-nspawn is gone']),
    ...(mountsBelow(host.root).some((mount) => mount.type === 'overlay' && mount.point === host.root) ? [] : ['its root is not mounted']),
    ...(existsSync(host.overlay) ? [] : ['its overlay is gone']),
    ...(hasListener(host) ? [] : ['its sshd does not listen']),
  ]
}

/**
 * Mounts a host's root on `base` and its own layer, and boots it. Returns as soon as it has started
 * booting; see `waitForHost`. It outlives this process, and shares no terminal or open file with
 * it.
 */
export async function bootHost(place: Place, host: HostPlace, base: string): Promise<void> {
  for (const dir of [host.root, host.overlay, host.work]) mkdirSync(dir, { recursive: true, mode: 0o755 })
  // As the top layer, the upper gives the root directory its mode: writable by root alone, readable
  // by all.
  await mountOverlay(host.root, [host.layer, base], host.overlay, host.work)
  const log = openSync(host.log, 'w')
  try {
    const child = spawn('sh', ['-c', `${joinScript(host.cgroup)}; exec "$@"`, 'sh',
      'systemd-nspawn', '--quiet', '--boot', '--settings=no', `--directory=${host.root}`,
      `--machine=${machineName(place, host.name)}`, `--hostname=${host.name}`,
      // This machine need not have machined or systemd.
      '--register=no', '--keep-unit', `--network-bridge=${place.bridge}`,
      // No configuration of this machine is written into the host.
      '--resolv-conf=off', '--timezone=off', '--link-journal=no', '--console=pipe'],
    { stdio: ['ignore', log, log], detached: true, cwd: '/', env: { PATH: process.env['PATH'] ?? '', ...(hasCgroupV1() ? { SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' } : {}) } })
    child.unref()
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
  } finally {
    closeSync(log)
  }
}

/**
 * Waits until a host's sshd answers. Throws LabError with the end of its console if it dies or does
 * not come up in time.
 * @param timeoutSeconds defaults to 180; a host takes about 3 s alone, and a minute among twenty
 * that boot on two cores.
 */
export async function waitForHost(host: HostPlace, address: string, timeoutSeconds = 180): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000
  const started = Date.now()
  let problem = 'its sshd does not listen'
  while (Date.now() < deadline) {
    if (hasListener(host)) {
      const answer = await sshGreeting(address, 1000)
      if (answer === undefined) return
      problem = answer
    }
    // The shell that becomes systemd-nspawn joins its group after a moment.
    if (Date.now() - started > 1000 && !isRunning(host)) throw new LabError(`${host.name} ended while booting. Its console (${host.log}) says:\n${consoleEnd(host)}`)
    await sleep(20)
  }
  throw new LabError(`${host.name} booted, but after ${timeoutSeconds} s ${problem} at ${address}. Its console (${host.log}) says:\n${consoleEnd(host)}\n${shortage() ?? 'If the machine is busy, wait and run the same command again'}. A blank one: npm run lab -- reset ${host.name}`)
}

/**
 * Ends a host at once, as a power cut would, and unmounts its root. What it wrote stays in its
 * overlay. A host that does not run is fine.
 */
export async function endHost(place: Place, host: HostPlace): Promise<void> {
  await endCgroup(host.cgroup)
  await unmountBelow(host.root)
  // When it is killed, systemd-nspawn cleans up nothing. Its port on the bridge goes with the
  // network namespace, a little later than the processes.
  const port = portName(place, host.name)
  if (existsSync(`/sys/class/net/${port}`)) await tryCommand('ip', ['link', 'delete', port])
  rmSync(`/run/systemd/nspawn/propagate/${machineName(place, host.name)}`, { recursive: true, force: true })
}

/**
 * Removes a host's overlay: everything it has written since it was blank. The host must have ended.
 * Returns at once; await the result to know that it is deleted.
 */
export function discardOverlay(place: Place, host: HostPlace): Promise<void> {
  const trash = path.join(path.dirname(host.root), `trash-${process.pid}-${Date.now()}`)
  mkdirSync(trash, { recursive: true })
  for (const dir of [host.overlay, host.work]) {
    if (statSync(dir, { throwIfNoEntry: false })) renameSync(dir, path.join(trash, path.basename(dir)))
  }
  return deleteTrees(place, trash)
}

/**
 * The one limit that hosts share with everything else on the machine, and about which their
 * consoles say nothing helpful.
 */
function shortage(): string | undefined {
  const [inUse, limit] = [inotifyInUse(), inotifyLimit()]
  return inUse < limit ? undefined : `All ${limit} inotify instances that this machine allows root are in use: end other labs, or raise it (sysctl fs.inotify.max_user_instances=${2 * limit})`
}

function consoleEnd(host: HostPlace): string {
  const text = existsSync(host.log) ? readFileSync(host.log, 'utf8') : ''
  return text.trim().split('\n').slice(-15).map((line) => `  ${line}`).join('\n')
}
