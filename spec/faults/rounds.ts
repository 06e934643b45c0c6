import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { knownHostsFile } from '../../lab/keys.ts'
import { labPlace } from '../../lab/place.ts'
import type { LabHost } from '../helpers/lab-host.ts'
import type { Stead } from '../helpers/run-stead.ts'
import type { WorkDirectory } from '../helpers/work-directory.ts'
import { cuts, endAfter, reached } from './cuts.ts'
import { outdated, traces } from './left-behind.ts'
import { Line } from './line.ts'
import type { Scene } from './scenes.ts'

/** A converged host, to be damaged and repaired again and again. */
export interface Stage {
  stead: Stead
  work: WorkDirectory
  host: LabHost
  playbook: string
  /** The host's inventory. */
  group: string
  scenes: readonly Scene[]
  readers: Parameters<typeof outdated>[0]
  /** Shell: prints the state that the playbook maintains. */
  proof: string
}

/** One round: everything that is needed to repeat it. */
export interface Round {
  scene: Scene
  cut: string
  /** Seconds after the run's first words to the host, or a window of the scene. */
  at: number | string
}

export type Outcome = 'converged' | 'missed' | 'needed a hand'

export interface Result {
  round: Round
  outcome: Outcome
  /** What went wrong, with stead's output. */
  problems: string[]
  seconds: number
}

/**
 * Generates rounds: half of them at a random moment, half in a window of the scene. A program is
 * killed only in scenes that run it.
 */
export function drawRounds(scenes: readonly Scene[], options: { rounds: number; seed: number; only?: string; slow: boolean; longest: number }): Round[] {
  const kinds = Object.entries(cuts).filter(([name, { slow }]) => (options.slow || !slow) && (options.only === undefined || name.includes(options.only)))
  const all = kinds.flatMap(([cut, { program }]) => scenes
    .filter(({ windows }) => program === undefined || Object.keys(windows).some(window => window.startsWith(program)))
    .map(scene => ({ cut, scene, whenThere: program !== undefined })))
  // In turn, so that even a few rounds cover every kind.
  const byCut = [...new Set(all.map(({ cut }) => cut))].map(name => fc.constantFrom(...all.filter(({ cut }) => cut === name)))
  const moment = (each: (typeof all)[number]): fc.Arbitrary<Round> => {
    const random = fc.noBias(fc.integer({ min: 0, max: options.longest * 1000 })).map(ms => ms / 1000)
    const { scene, cut } = each
    return (each.whenThere ? fc.constant(0) : fc.oneof(random, fc.constantFrom(...Object.keys(scene.windows)))).map(at => ({ scene, cut, at }))
  }
  const turns = fc.shuffledSubarray(byCut, { minLength: byCut.length }).chain(order => fc.tuple(...order.map(each => each.chain(moment))))
  return fc.sample(turns, { numRuns: Math.ceil(options.rounds / byCut.length), seed: options.seed }).flat().slice(0, options.rounds)
}

/** Rounds on one stage. */
export class Rounds {
  readonly #stage: Stage
  readonly #baseline: { proof: string; traces: string }

  private constructor(stage: Stage, baseline: { proof: string; traces: string }) {
    this.#stage = stage
    this.#baseline = baseline
  }

  static async on(stage: Stage): Promise<Rounds> {
    const { host, proof } = stage
    return new Rounds(stage, { proof: await host.run(proof), traces: await host.run(traces) })
  }

  /**
   * Damages the host, interrupts the run that repairs it, runs it again, and checks the result. If
   * the run ended before the cut, the cut comes sooner.
   */
  async play(drawn: Round): Promise<Result> {
    const startedAt = Date.now()
    const problems: string[] = []
    let round = drawn
    let hit = false
    for (let left = 3; !hit && left > 0; left -= 1) {
      hit = await this.#cutOff(round, problems)
      if (!hit) round = { ...round, at: typeof round.at === 'number' ? round.at / 3 : 1 }
    }
    problems.push(...await this.#recover())
    return { round, outcome: problems.length > 0 ? 'needed a hand' : hit ? 'converged' : 'missed', problems, seconds: (Date.now() - startedAt) / 1000 }
  }

  async #cutOff(round: Round, problems: string[]): Promise<boolean> {
    const { host, stead, playbook, work, group } = this.#stage
    const cut = cuts[round.cut]
    if (!cut) throw new Error(`There is no cut ${round.cut}.`)
    await host.run(`( ${round.scene.damage} ) >/dev/null 2>&1 || :`)
    await cut.prepare?.(host)
    const line = await Line.open({ host: host.address, port: 22 })
    let hit = false
    try {
      const inventory = work.inventory('line.ts', { [host.name]: { groups: [group], vars: { ansible_host: '127.0.0.1', ansible_port: line.port, stead_known_hosts_file: this.#knownAt(line.port) } } })
      const running = cut.byNpx ? stead.startByNpx(playbook, inventory) : stead.start(playbook, inventory)
      await Promise.race([line.used, running.ended])
      const over = running.ended.then(() => false)
      const there = await Promise.race([over, typeof round.at === 'number' ? sleep(round.at * 1000, true) : reached(host, this.#window(round.scene, round.at), 20)])
      hit = there && await cut.make({ host, line, running })
      if (!(await endAfter(running, hit ? cut.patienceSeconds : 120)) && cut.patienceSeconds > 50) problems.push(`The run that was cut off did not end within ${cut.patienceSeconds} s.`)
    } finally {
      line.close()
    }
    await cut.repair?.(host)
    return hit
  }

  #window(scene: Scene, name: string): string {
    const condition = scene.windows[name]
    if (condition === undefined) throw new Error(`"${scene.name}" has no window "${name}".`)
    return `{ ${condition}; }`
  }

  /** A plain second run, a check after it, and the state afterwards. */
  async #recover(): Promise<string[]> {
    const { host, stead, playbook, work, group, proof, readers } = this.#stage
    const problems: string[] = []
    const plain = work.inventory('plain.ts', { [host.name]: { groups: [group] } })
    const free = await host.run('[ ! -e /run/stead/lock ] || flock -w 60 /run/stead/lock true').then(() => true, () => false)
    if (!free) problems.push(`The lock is still held after 60 s:\n${await host.run('fuser -v /run/stead/lock 2>&1; ps -eo pid,ppid,etimes,args | tail -n 30')}`)
    const second = await stead.run(playbook, plain)
    if (second.status !== 0) problems.push(`The second run did not converge. ${second.told}`)
    const check = await stead.run(playbook, plain, '--check')
    if (check.status !== 0) problems.push(`The check afterwards found something. ${check.told}`)
    const [proven, left, old] = [await host.run(proof).catch(String), await host.run(traces), await host.run(outdated(readers))]
    if (proven !== this.#baseline.proof) problems.push(`The host is not what it was:\n${difference(this.#baseline.proof, proven)}`)
    if (left !== this.#baseline.traces) problems.push(`Something was left, or is missing:\n${difference(this.#baseline.traces, left)}`)
    if (old !== '') problems.push(old)
    return problems
  }

  #knownAt(port: number): string {
    const { host, work } = this.#stage
    const line = readFileSync(knownHostsFile(labPlace()), 'utf8').split('\n').find(known => known.startsWith(`${host.address},`))
    return work.write('known_hosts', `[127.0.0.1]:${port} ${line?.split(' ').slice(1).join(' ')}\n`)
  }
}

/** The lines that only one of two texts has. */
function difference(before: string, after: string): string {
  const [old, now] = [before.split('\n'), after.split('\n')]
  return [...old.filter(line => !now.includes(line)).map(line => `- ${line}`), ...now.filter(line => !old.includes(line)).map(line => `+ ${line}`)].join('\n')
}

/** A text with which a round can be repeated. */
export function describeRound({ scene, cut, at }: Round): string {
  return `${cut}, ${typeof at === 'number' ? `${at.toFixed(2)} s after its first words` : `when ${at}`}, while it mends: ${scene.name}\n  damage: ${scene.damage}`
}
