/**
 * What a run costs on a matching host, next to the minimum: one shell script over OpenSSH that
 * reads the same state. Same host and same proxy, in one run: `npx tsx bench/noop.ts [INVENTORY
 * [ROUND_TRIP_MS]]` (default: lab, and 0, 50 and 1000). With STEAD_PEERS also next to other tools (bench/peers.ts).
 */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { reportSchema } from '../lib/report/report.ts'
import { delayProxy } from './delay-proxy.ts'
import { limitScript, sshArguments } from './limit.ts'
import { inTurn, repeat, run, runWell, seconds } from './measure.ts'
import { measuresOfPeers, peerTargets } from './peers.ts'
import { findTarget, through, type Target, type Through } from './target.ts'

process.chdir(path.join(import.meta.dirname, '..'))

/** The ways to start stead: the command, and whether its cache is used. */
const ways = {
  './stead': ['./stead'],
  'npx stead': ['npx', 'stead'],
  'tsx run': ['node_modules/.bin/tsx', 'run'],
  'tsx run, no cache': ['env', 'STEAD_NO_CACHE=1', 'node_modules/.bin/tsx', 'run'],
} as const
const playbook = 'playbooks/synapse.ts'

/**
 * Round trip (milliseconds), repetitions, and the target for `./stead`, for the whole process
 * (seconds).
 */
const lines = [
  { roundTripMs: 0, times: 5, aim: 0.55 },
  { roundTripMs: 50, times: 5, aim: 0.85 },
  { roundTripMs: 1000, times: 3, aim: 7.7 },
]

/** Converges the host, unless that has been done. */
async function converge(inventory: string): Promise<void> {
  if ((await run('./stead', [playbook, '-i', inventory, '--check'])).status === 0) return
  process.stderr.write('Converging the host first.\n')
  await runWell('./stead', [playbook, '-i', inventory])
}

/** One run of the playbook that finds nothing to do (milliseconds). */
async function stead([program, ...before]: readonly [string, ...string[]], view: Through): Promise<number> {
  const { ms, stdout } = await runWell(program, [...before, playbook, '-i', view.inventory])
  if (!stdout.includes('nothing to change')) throw new Error(`The run should have found nothing to do:\n${stdout}`)
  return ms
}

async function limit(target: Target, view: Through): Promise<number> {
  const { ms, stdout } = await runWell('ssh', sshArguments(target, view, limitScript))
  if (!stdout.endsWith('all read\n')) throw new Error(`The limit's script did not read everything:\n${stdout}`)
  return ms
}

/** How the time of a run without delay is spent. */
async function breakdown({ directory }: Target, view: Through): Promise<string[]> {
  const start = await repeat(5, async () => (await runWell('node', ['--eval', '0'])).ms)
  const laidOut = await repeat(5, async () => (await runWell('./stead', [playbook, '-i', view.inventory, '--list-hosts'])).ms)
  const file = path.join(directory, 'report.json')
  await runWell('./stead', [playbook, '-i', view.inventory, '--report', file])
  const { durationMs, hosts } = reportSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  const [host] = Object.values(hosts)
  if (!host) throw new Error('The report does not contain a host.')
  const ms = (value: number) => `${value.toFixed(0).padStart(5)} ms`
  return [
    `${ms(start.median)}  node itself`,
    `${ms(laidOut.median - start.median)}  stead, modules, inventory, playbook laid out (--list-hosts, less node)`,
    `${ms(host.connectMs)}  connecting: TCP, key exchange, login`,
    `${ms(durationMs - host.connectMs)}  reading all state (${host.roundTrips} round trip, ${host.bytesReceived} bytes received), comparing`,
  ]
}

const [inventory = 'lab', only] = process.argv.slice(2)
const target = await findTarget(inventory)
const besides = await peerTargets()
try {
  await converge(inventory)
  for (const { roundTripMs, times, aim } of lines.filter(each => only === undefined || each.roundTripMs === Number(only))) {
    const proxy = await delayProxy({ host: target.host.address, port: target.host.port }, roundTripMs)
    const view = through(target, proxy.port)
    // At a second for each round trip the other tools take minutes.
    const peers = await measuresOfPeers(roundTripMs < 1000 ? besides : [], roundTripMs)
    const contenders: [string, () => Promise<number>][] = [
      ['ssh and a script', () => limit(target, view)],
      ...Object.entries(ways).map(([name, way]): [string, () => Promise<number>] => [name, () => stead(way, view)]),
      ...peers.measures,
    ]
    // The first run of each fills its cache.
    for (const [, measure] of contenders) await measure()
    const spreads = await inTurn(times, contenders.map(([, measure]) => measure))
    const least = spreads[0]?.median ?? NaN
    console.log(`Round trip ${roundTripMs} ms; aim for ./stead: ${aim} s`)
    for (const [index, [name]] of contenders.entries()) {
      const measured = spreads[index]
      if (measured) console.log(`  ${name.padEnd(20)}${seconds(measured).padEnd(26)}${(measured.median / least).toFixed(2)} x`)
    }
    if (roundTripMs === 0) for (const text of await breakdown(target, view)) console.log(`            ${text}`)
    await proxy.close()
    await peers.close()
  }
  console.log('Wall time of whole processes: median (least to most).')
} finally {
  for (const each of [target, ...besides]) each.remove()
}
