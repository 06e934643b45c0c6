/**
 * What it costs to set up a homeserver on a blank host, beside a shell script that somebody would
 * write by hand for the same (bench/by-hand.sh). Both run in turn, each on a lab host that was made
 * blank: `npx tsx bench/converge.ts [ROUNDS]` (default: 3). After the script, stead's check must
 * find nothing to change.
 */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { hostPlace } from '../lab/host.ts'
import { resetHost } from '../lab/index.ts'
import { labPlace } from '../lab/place.ts'
import { reportSchema } from '../lib/report/report.ts'
import { places } from '../playbooks/synapse/places.ts'
import { sshArguments } from './limit.ts'
import { run, runWell, seconds, spread } from './measure.ts'
import { findTarget, type Target } from './target.ts'

process.chdir(path.join(import.meta.dirname, '..'))

/** The time to reach (seconds), and the share of the script's time. */
const aims = { seconds: 24, ratio: 0.8 }
const inventory = 'lab'
const playbook = 'playbooks/synapse.ts'
const synapseVersion = '1.163.2'

/** Wall time of a whole process and of its two long parts, and the host's processor time (milliseconds). */
interface Taken {
  all: number
  apt: number
  venv: number
  processor: number
}

/**
 * Asks stead whether the script has done what the playbook does, but for Element: stead records
 * what it unpacked, which a script does not.
 */
async function check(): Promise<void> {
  const { status, stdout } = await run('./stead', [playbook, '-i', inventory, '--check', '--skip-tags', 'element'])
  if (status !== 0) throw new Error(`The script did not do what the playbook does:\n${stdout}`)
}

/** Processor time of the lab host since it booted (milliseconds): other work on the machine changes it less than wall time. */
function processorTime({ host }: Target): number {
  const stat = readFileSync(path.join(hostPlace(labPlace(), host.name).cgroup.dir, 'cpu.stat'), 'utf8')
  return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1]) / 1000
}

/** Files that the script installs; it gets them as they are on a host that stead has set up. */
const files = [
  '/etc/tor/torrc', ...['log.yaml', 'homeserver.yaml', 'resolv.conf', 'nsswitch.conf'].map(name => `${places.config}/${name}`),
  '/etc/systemd/system/matrix-synapse.service', '/etc/nginx/sites-available/synapse.conf', `${places.element}/config.json`,
]

function ssh(target: Target, script: string): string[] {
  return sshArguments(target, { knownHosts: target.host.knownHostsFile ?? '', port: target.host.port, host: target.host.address }, script)
}

/** Puts the script and its files into one archive, and returns its path. The host must be converged. */
async function pack(target: Target): Promise<string> {
  const folder = path.join(target.directory, 'by-hand')
  mkdirSync(folder)
  const take = `o=$(cat /var/lib/tor/synapse/hostname); d=$(mktemp -d); for f in ${files.join(' ')}; do mkdir -p "$d/files\${f%/*}"; sed "s/$o/@ONION@/g" "$f" >"$d/files$f"; done; tar -c -C "$d" files; rm -r "$d"`
  await runWell('sh', ['-c', 'f=$0; ssh "$@" | tar -x -C "$f"', folder, ...ssh(target, take)])
  copyFileSync('bench/by-hand.sh', path.join(folder, 'by-hand.sh'))
  copyFileSync(z.string().parse(target.host.vars.element_archive), path.join(folder, 'element.tar.gz'))
  const archive = path.join(target.directory, 'by-hand.tar')
  await runWell('tar', ['-c', '-f', archive, '-C', folder, '.'])
  return archive
}

async function stead({ directory }: Target): Promise<Omit<Taken, 'processor'>> {
  const file = path.join(directory, 'report.json')
  const { ms } = await runWell('./stead', [playbook, '-i', inventory, '-e', `synapse_version=${synapseVersion}`, '--report', file])
  const [host] = Object.values(reportSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).hosts)
  const of = (name: string) => host?.tasks.find(task => task.name === name)?.durationMs ?? NaN
  return { all: ms, apt: of('Packages'), venv: of('Virtual environment with Synapse') }
}

async function byHand(target: Target, archive: string): Promise<Omit<Taken, 'processor'>> {
  const { ms, stdout } = await runWell('sh', ['-c', 'f=$0; exec ssh "$@" <"$f"', archive, ...ssh(target, `mkdir /root/by-hand && tar -x -C /root/by-hand && sh /root/by-hand/by-hand.sh ${synapseVersion}`)])
  if (!stdout.endsWith('all done\n')) throw new Error(`The script did not do everything:\n${stdout}`)
  const part = (name: string) => {
    const [, from, to] = new RegExp(`^part ${name} (\\d+)\\npart end (\\d+)$`, 'm').exec(stdout) ?? []
    return Number(to) - Number(from)
  }
  return { all: ms, apt: part('apt'), venv: part('venv') }
}

function print(what: string, taken: readonly Taken[]): void {
  const of = (part: keyof Taken) => seconds(spread(taken.map(each => each[part])))
  console.log(`${what.padEnd(12)}${of('all').padEnd(28)}${of('apt').padEnd(28)}${of('venv').padEnd(28)}${of('processor')}`)
}

const rounds = z.coerce.number().int().min(1).parse(process.argv[2] ?? 3)
const target = await findTarget(inventory)
try {
  if ((await run('./stead', [playbook, '-i', inventory, '--check'])).status !== 0) {
    // An earlier measurement may have left what stead would not touch.
    await resetHost(target.host.name)
    await runWell('./stead', [playbook, '-i', inventory])
  }
  const archive = await pack(target)
  const taken: { stead: Taken; byHand: Taken }[] = []
  for (let round = 1; round <= rounds; round += 1) {
    const measured: Taken[] = []
    for (const contender of [() => stead(target), () => byHand(target, archive)]) {
      await resetHost(target.host.name)
      // The machine may still be deleting the previous host and booting this one.
      await sleep(10_000)
      process.stderr.write(`round ${round} of ${rounds}, load ${loadavg()[0]?.toFixed(2)}\n`)
      const before = processorTime(target)
      measured.push({ ...await contender(), processor: processorTime(target) - before })
    }
    await check()
    const [first, second] = measured
    if (first && second) taken.push({ stead: first, byHand: second })
  }
  console.log(`${'a blank host'.padEnd(12)}${'whole process'.padEnd(28)}${'packages (apt)'.padEnd(28)}${'environment (pip, uv)'.padEnd(28)}processor`)
  print('stead', taken.map(each => each.stead))
  print('by hand', taken.map(each => each.byHand))
  const median = (of: (each: { stead: Taken; byHand: Taken }) => number) => spread(taken.map(of)).median
  console.log(`ratio       ${median(each => each.stead.all / each.byHand.all).toFixed(2)} (aim ${aims.ratio}); stead's aim ${aims.seconds} s, reached: ${median(each => each.stead.all / 1000) <= aims.seconds ? 'yes' : 'no'}`)
  console.log('Wall time: median (least to most); of the ratio, the median over the rounds.')
} finally {
  target.remove()
}
