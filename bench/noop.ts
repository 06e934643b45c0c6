/**
 * What a run costs on a host that is already as it should be, beside the least it can cost: one shell script over OpenSSH that reads
 * the same state. Same host, same proxy, in one run: `npx tsx bench/noop.ts [INVENTORY]` (default: lab).
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { reportSchema } from '../lib/report/report.ts'
import { delayProxy } from './delay-proxy.ts'
import { limitScript, sshArguments } from './limit.ts'
import { repeat, run, runWell, seconds } from './measure.ts'
import { findTarget, through, type Target, type Through } from './target.ts'

process.chdir(path.join(import.meta.dirname, '..'))

const tsx = 'node_modules/.bin/tsx'
const playbook = ['run', 'playbooks/synapse.ts']

/** Round trip (milliseconds), repetitions, and the time to be had for the whole process (seconds). */
const lines = [
  { roundTripMs: 0, times: 5, aim: 0.7 },
  { roundTripMs: 50, times: 5, aim: 1.1 },
  { roundTripMs: 1000, times: 3, aim: 8 },
]

/** Brings the host to what the playbook says, unless it is there already. */
async function converge(inventory: string): Promise<void> {
  if ((await run(tsx, [...playbook, '-i', inventory, '--check'])).status === 0) return
  process.stderr.write('Converging the host first.\n')
  await runWell(tsx, [...playbook, '-i', inventory])
}

/** One run of the playbook that finds nothing to do (milliseconds). */
async function stead(view: Through): Promise<number> {
  const { ms, stdout } = await runWell(tsx, [...playbook, '-i', view.inventory])
  if (!stdout.includes('nothing to change')) throw new Error(`The run was to find nothing to do:\n${stdout}`)
  return ms
}

async function limit(target: Target, view: Through): Promise<number> {
  const { ms, stdout } = await runWell('ssh', sshArguments(target, view, limitScript))
  if (!stdout.endsWith('all read\n')) throw new Error(`The limit's script did not read everything:\n${stdout}`)
  return ms
}

/** Where the time of a run without delay goes. */
async function breakdown({ directory }: Target, view: Through): Promise<string[]> {
  const start = await repeat(5, async () => (await runWell('node', ['--eval', '0'])).ms)
  const laidOut = await repeat(5, async () => (await runWell(tsx, [...playbook, '-i', view.inventory, '--list-hosts'])).ms)
  const file = path.join(directory, 'report.json')
  await runWell(tsx, [...playbook, '-i', view.inventory, '--report', file])
  const { durationMs, hosts } = reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  const [host] = Object.values(hosts)
  if (!host) throw new Error('The report names no host.')
  const ms = (value: number) => `${value.toFixed(0).padStart(5)} ms`
  return [
    `${ms(start.median)}  node itself`,
    `${ms(laidOut.median - start.median)}  tsx, modules, inventory, playbook laid out (--list-hosts, less node)`,
    `${ms(host.connectMs)}  connecting: TCP, key exchange, login`,
    `${ms(durationMs - host.connectMs)}  loading ssh2, reading all state (${host.roundTrips} round trip, ${host.bytesReceived} bytes received), comparing`,
  ]
}

const [inventory = 'lab'] = process.argv.slice(2)
const target = await findTarget(inventory)
try {
  await converge(inventory)
  console.log(`${'round trip'.padEnd(12)}${'stead'.padEnd(26)}${'aim'.padEnd(8)}the limit`)
  for (const { roundTripMs, times, aim } of lines) {
    const proxy = await delayProxy({ host: target.host.address, port: target.host.port }, roundTripMs)
    const view = through(target, proxy.port)
    const ours = await repeat(times, () => stead(view))
    const least = await repeat(times, () => limit(target, view))
    console.log(`${`${roundTripMs} ms`.padEnd(12)}${seconds(ours).padEnd(26)}${`${aim} s`.padEnd(8)}${seconds(least)}`)
    if (roundTripMs === 0) for (const text of await breakdown(target, view)) console.log(`            ${text}`)
    await proxy.close()
  }
  console.log('Wall time of whole processes: median (least to most).')
} finally {
  target.remove()
}
