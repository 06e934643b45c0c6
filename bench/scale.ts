/**
 * What many files, a large file and many hosts cost, each next to its limit and to the minimum on
 * the host itself: `npx tsx bench/scale.ts [INVENTORY]` (default: lab). All hosts are names of the
 * first one in the inventory; it gets a separate folder, which is removed at the end.
 */
import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { repeat, runWell, seconds, type Ran } from './measure.ts'
import { sshArguments } from './limit.ts'
import { findTarget, namesOf, type Target } from './target.ts'

process.chdir(path.join(import.meta.dirname, '..'))

const FOLDER = '/srv/stead-bench'
const MEGABYTE = 1_000_000

/** Runs the playbook of this benchmark. */
function stead(inventory: string, ...options: string[]): Promise<Ran> {
  const vars = [`folder=${FOLDER}`, ...options]
  return runWell('node', ['--import', 'tsx', 'run.ts', 'bench/scale-playbook.ts', '-i', inventory, ...vars.flatMap(value => ['-e', value])])
}

async function expectNothing(inventory: string, ...options: string[]): Promise<Ran> {
  const ran = await stead(inventory, ...options)
  if (!/nothing to change/.test(ran.stdout)) throw new Error(`The run should have found nothing to do:\n${ran.stdout.slice(-2000)}`)
  return ran
}

/** The host, without a proxy. */
function direct({ host }: Target): { knownHosts: string; port: number; host: string } {
  return { knownHosts: host.knownHostsFile ?? '', port: host.port, host: host.address }
}

const megabytes = (bytes: number): string => `${Math.round(bytes / MEGABYTE)} MB`

function print(what: string, ours: string, limit: string, least = ''): void {
  console.log(`${what.padEnd(26)}${ours.padEnd(34)}${limit.padEnd(18)}${least}`)
}

/** The minimum for the same on the host: OpenSSH, one stat and one sha256sum. */
async function least(target: Target, files: number): Promise<string> {
  const script = `cd ${FOLDER} && seq ${files} | xargs stat -c '%n %f %U %G %s' | wc -l && seq ${files} | xargs sha256sum | wc -l`
  return seconds(await repeat(3, async () => (await runWell('ssh', sshArguments(target, direct(target), script))).ms))
}

/** Converges files, then checks them again. */
async function files(target: Target, inventory: string, count: number, aim: { fresh?: string; noop: string }): Promise<void> {
  const fresh = await stead(inventory, `files=${count}`)
  if (aim.fresh !== undefined) print(`${count} new files`, `${(fresh.ms / 1000).toFixed(2)} s, ${megabytes(fresh.mostMemory)}`, aim.fresh)
  const memory: number[] = []
  const noop = await repeat(3, async () => {
    const ran = await expectNothing(inventory, `files=${count}`)
    memory.push(ran.mostMemory)
    return ran.ms
  })
  print(`${count} files, no-op`, `${seconds(noop)}, ${megabytes(Math.max(...memory))}`, aim.noop, await least(target, count))
}

async function largeFile(target: Target, inventory: string): Promise<void> {
  const large = path.join(target.directory, 'large')
  const descriptor = openSync(large, 'w')
  ftruncateSync(descriptor, 200 * MEGABYTE)
  closeSync(descriptor)
  writeFileSync(large, `${Date.now()}`, { flag: 'r+' })
  const fresh = await stead(inventory, `large=${large}`)
  print('200 MB file, new', `${(fresh.ms / 1000).toFixed(2)} s, ${megabytes(fresh.mostMemory)}`, '200 MB')
  const noop = await expectNothing(inventory, `large=${large}`)
  print('200 MB file, no-op', `${(noop.ms / 1000).toFixed(2)} s, ${megabytes(noop.mostMemory)}`, '200 MB')
}

async function names(target: Target, count: number, aim: string): Promise<void> {
  const inventory = namesOf(target, count)
  await expectNothing(inventory)
  const ran = await expectNothing(inventory)
  print(`${count} names, no-op`, `${(ran.ms / 1000).toFixed(2)} s, ${megabytes(ran.mostMemory)}, ${ran.stdout.trim().split('\n').length} lines`, aim)
}

const [inventoryName = 'lab'] = process.argv.slice(2)
const target = await findTarget(inventoryName)
try {
  const inventory = namesOf(target, 1)
  print('what', 'stead: median (least to most)', 'limit', 'stat and sha256sum over OpenSSH')
  await files(target, inventory, 1000, { fresh: '10 s', noop: '1.5 s' })
  await files(target, inventory, 5000, { noop: '5 s' })
  await largeFile(target, inventory)
  await names(target, 10, '1.3 s')
  await names(target, 200, '8 s')
  console.log('Wall time of whole processes, and the most memory that the controller took.')
} finally {
  await runWell('ssh', sshArguments(target, direct(target), `rm -rf ${FOLDER}`))
  target.remove()
}
