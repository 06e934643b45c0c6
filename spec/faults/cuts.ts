import { setTimeout as sleep } from 'node:timers/promises'
import { ensureLab } from '../../lab/index.ts'
import { endHost, hostPlace } from '../../lab/host.ts'
import { labPlace } from '../../lab/place.ts'
import type { LabHost } from '../helpers/lab-host.ts'
import type { RunningStead } from '../helpers/run-stead.ts'
import { fillDisk, freeDisk, makeSmall } from './small-disk.ts'
import type { Line } from './line.ts'

/** What a cut can use when it interrupts a run. */
export interface Scenery {
  host: LabHost
  line: Line
  running: RunningStead
}

/** One way of interrupting a run. */
export interface Cut {
  /** Prepares the cut before the run starts. */
  prepare?: (host: LabHost) => Promise<void>
  /** Makes the cut, and returns whether there was anything to cut. */
  make: (scenery: Scenery) => Promise<boolean>
  /**
   * Whether the run may finish by itself, within this many seconds; otherwise it is ended that long
   * after the cut.
   */
  patienceSeconds: number
  /** What a person would do afterwards: plug the host in, free disk space. */
  repair?: (host: LabHost) => Promise<void>
  /** Takes too long for every run of the specs. */
  slow?: true
  /** stead is started by npx, and npx is interrupted. */
  byNpx?: true
  /** Only in scenes that run this program. */
  program?: string
}

const signal = (name: NodeJS.Signals): Cut => ({
  make: async ({ running }) => process.kill(running.pid, name),
  patienceSeconds: 60,
})

const gone = (seconds: number): Cut => ({
  make: async ({ line }) => {
    line.cut(seconds)
    return true
  },
  patienceSeconds: seconds + 90,
})

/** Shell: kills what matches, once it exists; fails if it does not appear within `seconds`. */
const killWhenThere = (match: string, seconds: number) => `end=$(($(date +%s) + ${seconds})); until pkill -KILL ${match}; do [ $(date +%s) -lt $end ] || exit 1; sleep 0.01; done`

const killed = (program: string, match: string): Cut => ({
  make: async ({ host, running }) => Promise.race([host.run(killWhenThere(match, 20)).then(() => true, () => false), running.ended.then(() => false)]),
  patienceSeconds: 90, program,
})

/**
 * The session's shells, by their command line (lib/shell/start.ts), and the parts that they run.
 */
export const sessionShells = '^/bin/sh -c .* stead-'

export const cuts: Record<string, Cut> = {
  'SIGKILL to stead': signal('SIGKILL'),
  'SIGTERM to stead': signal('SIGTERM'),
  'SIGINT to stead': signal('SIGINT'),
  'SIGHUP to stead': signal('SIGHUP'),
  'SIGTERM to npx (73)': { ...signal('SIGTERM'), byNpx: true },
  'SIGKILL to npx (73)': { ...signal('SIGKILL'), byNpx: true },
  'connection reset': gone(0),
  'connection gone for 5 s': gone(5),
  'connection gone for 60 s': { ...gone(60), slow: true },
  'connection half-open': {
    make: async ({ line, running }) => {
      const end = line.silence()
      void running.ended.then(end)
      return true
    },
    patienceSeconds: 45,
  },
  'shell killed': {
    make: async ({ host }) => host.run(`pkill -KILL -f '${sessionShells}'`).then(() => true, () => false),
    patienceSeconds: 90,
  },
  'apt-get killed': killed('apt-get', '-x apt-get'),
  'dpkg killed': killed('dpkg', '-x dpkg'),
  'pip killed': killed('pip', '-f "[-]m pip"'),
  'psql killed': killed('psql', '-x psql'),
  'power cut': {
    make: async ({ host }) => {
      await endHost(labPlace(), hostPlace(labPlace(), host.name))
      return true
    },
    patienceSeconds: 0,
    repair: async host => {
      await ensureLab({ hosts: [host.name] })
      await host.run('systemctl is-system-running --wait >/dev/null || :')
    },
  },
  'disk full': {
    prepare: makeSmall,
    make: async ({ host }) => host.run(fillDisk).then(() => true),
    patienceSeconds: 90,
    repair: async host => void await host.run(freeDisk),
  },
}

/** Waits until a shell condition holds on a host; false if it does not within `seconds`. */
export async function reached(host: LabHost, condition: string, seconds: number): Promise<boolean> {
  return host.run(`end=$(($(date +%s) + ${seconds})); until ${condition}; do [ $(date +%s) -lt $end ] || exit 1; done`).then(() => true, () => false)
}

/** Ends a run that has had enough time. */
export async function endAfter(running: RunningStead, seconds: number): Promise<boolean> {
  const inTime = await Promise.race([running.ended.then(() => true), sleep(seconds * 1000, false, { ref: false })])
  if (!inTime) running.sigkill()
  await running.ended
  return inTime
}
