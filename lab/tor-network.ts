import { spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, chownSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { cgroup, endCgroup, isPopulated, joinScript, type Cgroup } from './cgroup.ts'
import { LabError } from './lab-error.ts'
import { digest, type Place } from './place.ts'
import type { Progress } from './progress.ts'
import type { LabRecord } from './record.ts'
import { nodes, torrc, type Authority, type TorNode } from './tor-config.ts'
import { askClient, type ClientState } from './tor-control.ts'
import { ensureAuthorities } from './tor-keys.ts'

/** Directory of the private network: a data directory for each node. */
export const torDirectory = (place: Place): string => path.join(place.dir, 'tor')
const nodeDirectory = (place: Place, node: TorNode): string => path.join(torDirectory(place), node.name)
const nodeCgroup = (place: Place, node: TorNode): Cgroup => cgroup(place.cgroup, 'tor', node.name)
const startedFile = (place: Place): string => path.join(torDirectory(place), 'started')

/**
 * How long the client of a new network may take to bootstrap before the network counts as broken.
 */
const patienceMs = 90_000

/**
 * Distinguishes a network with other settings, created by another version of the lab, from this
 * one.
 */
const settingsMark = (): string => digest(JSON.stringify([nodes, nodes.map((node) => torrc({ node, dir: '', address: '', user: '', socksPort: 0, authorities: [] }))]), 16)

/** What the client reports about itself; undefined if it does not answer. */
export function clientState(place: Place): Promise<ClientState | undefined> {
  return askClient(path.join(torDirectory(place), 'client'), 2000)
}

/** Whether the client can be used now. */
export function isReady(state: ClientState | undefined): boolean {
  return state !== undefined && state.bootstrapped === 100 && state.validUntil !== undefined && state.validUntil > Date.now()
}

/**
 * What is wrong with the private network; empty if everything runs and has bootstrapped, or is
 * still new enough to do so.
 */
export async function torFaults(place: Place): Promise<string[]> {
  const dead = nodes.filter((node) => !isPopulated(nodeCgroup(place, node))).map(({ name }) => `Tor node ${name} does not run`)
  if (dead.length > 0) return dead
  if (!existsSync(startedFile(place)) || readFileSync(startedFile(place), 'utf8') !== settingsMark()) return ['the private Tor network has other settings']
  const state = await clientState(place) ?? await clientState(place)
  if (isReady(state)) return []
  const age = Date.now() - (statSync(startedFile(place), { throwIfNoEntry: false })?.mtimeMs ?? 0)
  return age < patienceMs ? [] : [state === undefined ? 'the client of the private Tor network does not answer' : 'the private Tor network has no valid consensus']
}

/**
 * Starts the parts of the private network that do not run, or restarts the whole network if
 * everything runs but there is no valid consensus (the machine was asleep for too long). Returns
 * without waiting for it to bootstrap. Call it under the lab's lock, with the bridge up.
 */
export async function ensureTor(place: Place, record: LabRecord, progress: Progress): Promise<Authority[]> {
  const address = `${record.subnet}.1`
  mkdirSync(torDirectory(place), { recursive: true, mode: 0o755 })
  requireOpenPath(torDirectory(place))
  const authorities = await ensureAuthorities(torDirectory(place), address)
  const faults = await torFaults(place)
  if (faults.length === 0) return authorities
  const dead = nodes.filter((node) => !isPopulated(nodeCgroup(place, node)))
  const starting = dead.length === nodes.length
  // A few restarted nodes get the consensus from the others. Without two authorities there cannot
  // be one, so everything is restarted.
  const whole = dead.length === 0 || starting || dead.filter(({ role }) => role === 'authority').length > 1
  progress.step(starting ? 'starting the private Tor network' : `mending the private Tor network: ${faults.join(', ')}`)
  if (!starting) progress.note(`the private Tor network is ${whole ? 'started again' : 'mended'}: ${faults.join(', ')}`)
  if (whole) {
    await endTor(place)
    await requireFreePort(record.socksPort)
    writeFileSync(startedFile(place), settingsMark())
  }
  for (const node of whole ? nodes : dead) await startNode(place, node, record, authorities, whole)
  await requireRunning(place)
  return authorities
}

/** Nodes run as a separate user, who must be able to reach their directories. */
function requireOpenPath(dir: string): void {
  for (let each = dir; each !== '/'; each = path.dirname(each)) {
    if ((statSync(each).mode & 0o001) === 0) throw new LabError(`${each} is closed to other users, and the lab's Tor nodes run as one. Open it (chmod o+x ${each}), or choose another STEAD_LAB_DIR.`)
  }
}

/**
 * A node joins its control group a moment after it was started. If it does not appear there soon,
 * it has ended: its torrc or its port is wrong.
 */
async function requireRunning(place: Place): Promise<void> {
  const deadline = Date.now() + 3000
  for (;;) {
    const missing = nodes.filter((node) => !isPopulated(nodeCgroup(place, node)))
    if (missing.length === 0) return
    if (Date.now() > deadline) throw new LabError(`Tor nodes ended as soon as they were started: ${missing.map(({ name }) => name).join(', ')}. Why is at the end of ${missing.map((node) => path.join(nodeDirectory(place, node), 'log')).join(', ')}`)
    await sleep(10)
  }
}

async function startNode(place: Place, node: TorNode, record: LabRecord, authorities: readonly Authority[], fresh: boolean): Promise<void> {
  const dir = nodeDirectory(place, node)
  const user = torUser()
  mkdirSync(dir, { recursive: true })
  // An old consensus delays the first vote on a new one, and old guards delay the client. Keys
  // stay.
  if (fresh) for (const name of readdirSync(dir)) if (name !== 'keys' && name !== 'fingerprint') rmSync(path.join(dir, name), { recursive: true, force: true })
  writeFileSync(path.join(dir, 'torrc'), torrc({ node, dir, address: `${record.subnet}.1`, user: user.name, socksPort: record.socksPort, authorities }))
  giveTo(dir, user)
  await endCgroup(nodeCgroup(place, node))
  const child = spawn('sh', ['-c', `${joinScript(nodeCgroup(place, node))}; exec "$@"`, 'sh',
    'tor', '--quiet', '--defaults-torrc', '/dev/null', '-f', path.join(dir, 'torrc'), '--RunAsDaemon', '0'],
  { stdio: 'ignore', detached: true, cwd: '/', env: { PATH: process.env['PATH'] ?? '' } })
  child.unref()
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
}

/** Ends every node. Their data stays on disk. */
export function endTor(place: Place): Promise<void> {
  return endCgroup(cgroup(place.cgroup, 'tor'))
}

/** The part of the client's log that shows why it is not ready, for messages. */
export function torLogEnd(place: Place): string {
  const file = path.join(torDirectory(place), 'client', 'log')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-8).map((line) => `  ${line}`).join('\n') : '  (no log)'
}

/** A port of 127.0.0.1 that nothing listens on: `first`, or the next free one. */
export async function freePort(first: number): Promise<number> {
  for (let port = first; port < first + 50; port += 1) if (await isFree(port)) return port
  throw new LabError(`None of the ports ${first} to ${first + 49} on 127.0.0.1 is free for the lab's SOCKS client.`)
}

async function requireFreePort(port: number): Promise<void> {
  if (!await isFree(port)) throw new LabError(`Port ${port} on 127.0.0.1, which the lab's SOCKS client has, is taken by another program (see: ss -lntp). End that program, or the lab: npm run lab -- down`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => { resolve(false) })
    server.listen(port, '127.0.0.1', () => { server.close(() => { resolve(true) }) })
  })
}

interface User { name: string, uid: number, gid: number }

function torUser(): User {
  const name = 'debian-tor'
  const found = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(readFileSync('/etc/passwd', 'utf8'))
  if (!found) throw new LabError(`This machine has no user ${name}, which Debian's package tor makes. Install it: apt-get install tor`)
  return { name, uid: Number(found[1]), gid: Number(found[2]) }
}

function giveTo(dir: string, user: User): void {
  chmodSync(dir, 0o700)
  chownSync(dir, user.uid, user.gid)
  for (const name of readdirSync(dir, { recursive: true, encoding: 'utf8' })) chownSync(path.join(dir, name), user.uid, user.gid)
}
