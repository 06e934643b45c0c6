import type { ChildProcess } from 'node:child_process'
import path from 'node:path'
import type { Mutant } from './find-mutants.ts'
import type { Answer, Measured, Order } from './messages.ts'
import { startWorker } from './sandbox.ts'

/** Whether a mutant was killed, and how. `not reached`: no test executes it. */
export type Fate = 'killed' | 'timed out' | 'survived' | 'not reached'

export interface Tried {
  mutant: Mutant
  fate: Fate
  /** The first test that failed. */
  by?: string
}

/**
 * Tests slower than this (milliseconds) are not run: a mistake that only they notice is noticed too
 * late.
 */
const SLOWEST_TEST = 4000
/** Tests faster than this (milliseconds) run first, the fastest of them before the others. */
const QUICKEST_TEST = 10
const QUICK_TEST = 100
/** How many of the other tests run together. */
const STEP = 6
/** How many times longer than without a mutant a test may take, plus how many milliseconds. */
const PATIENCE = 6
const GRACE = 3000
/** How long specs may take to load (milliseconds). */
const LOADING = 180_000

/** A running worker and the answers that are still missing. */
class Worker {
  readonly #process: ChildProcess
  readonly ready: Promise<boolean>
  #settle: (answer: Answer | undefined) => void = () => undefined
  /** What has failed in the current run, in case the process dies before the end. */
  failed: string | undefined
  #isOver = false

  constructor(directory: string, onMutant: number, specs: readonly string[]) {
    this.#process = startWorker(directory, onMutant, specs)
    this.#process.on('message', (answer: Answer) => {
      if ('failed' in answer && !('dirty' in answer)) this.failed = answer.failed
      else this.#settle(answer)
    })
    for (const event of ['exit', 'error']) this.#process.on(event, () => {
      this.#isOver = true
      this.#settle(undefined)
    })
    this.ready = this.#next(LOADING).then(answer => answer !== undefined)
  }

  /**
   * Sends an order; undefined if the worker ended, or was ended because it took too long
   * (milliseconds).
   */
  async ask(order: Order, limit: number): Promise<Answer | undefined> {
    this.failed = undefined
    const answer = this.#next(limit)
    // The worker may have ended since its last answer.
    this.#process.send(order, () => undefined)
    return answer
  }

  #next(limit: number): Promise<Answer | undefined> {
    if (this.#isOver) return Promise.resolve(undefined)
    return new Promise(resolve => {
      const timer = setTimeout(() => this.end(), limit)
      this.#settle = answer => {
        clearTimeout(timer)
        resolve(answer)
      }
    })
  }

  end(): void {
    this.#process.kill('SIGKILL')
  }
}

/**
 * Tries mutants in a copy of the project with the tests that reach them, fastest first. `told` is
 * called with each.
 *
 * @param options.quick runs only the fast tests: other tests may notice what survives them.
 * @param options.workers how many are tried side by side.
 */
export async function tryMutants(directory: string, mutants: readonly Mutant[], specs: readonly string[], { quick, workers }: { quick: boolean; workers: number }, told: (tried: Tried) => void): Promise<void> {
  const { measured, loaded } = await measure(directory, specs)
  const slowest = quick ? QUICK_TEST : SLOWEST_TEST
  const limits = Object.fromEntries(measured.map(({ title, durationMs }) => [title, GRACE + PATIENCE * durationMs]))
  const usable = measured.filter(({ passed, durationMs }) => passed && durationMs <= slowest)
  const waiting = [...mutants]
  const tryNext = async (bench: Bench) => {
    let killers: string[] = []
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const reaching = usable.filter(({ reached }) => reached.includes(mutant.id))
      let tried: Tried = { mutant, fate: reaching.length > 0 ? 'survived' : 'not reached' }
      for (const tests of inSteps(reaching, killers)) if (tried.fate === 'survived') tried = await bench.try(mutant, tests)
      if (tried.by !== undefined) killers = [tried.by, ...killers.filter(title => title !== tried.by)].slice(0, STEP)
      if (loaded.has(mutant.id) && (tried.fate === 'survived' || tried.fate === 'not reached')) {
        // It has to be switched on from the start. Every test that reaches its file may notice it;
        // for a file with only constants, its own spec, or any.
        const near = new Set(mutants.filter(({ file }) => file === mutant.file).map(({ id }) => id))
        const own = path.join('spec', mutant.file.replace(/\.ts$/, '.spec.ts'))
        const choices = [usable.filter(({ reached }) => reached.some(id => near.has(id))), usable.filter(({ file }) => file.endsWith(own)), usable]
        tried = await bench.tryFromStart(mutant, choices.find(tests => tests.length > 0) ?? [])
      }
      told(tried)
    }
    bench.end()
  }
  await Promise.all(Array.from({ length: workers }, () => tryNext(new Bench(directory, specs, limits))))
}

/**
 * The order of tests: those that noticed the previous mutants, since mutants in a row are often
 * about the same thing; the fastest; the fast ones; then the others, a few at a time, starting with
 * those that reach the fewest mutants, since they are the most specific.
 */
function inSteps(tests: readonly Measured[], killers: readonly string[] = []): Measured[][] {
  const others = tests.filter(({ title }) => !killers.includes(title))
  const within = (from: number, to: number) => others.filter(({ durationMs }) => durationMs > from && durationMs <= to)
  const slow = within(QUICK_TEST, Infinity).sort((one, other) => one.reached.length - other.reached.length)
  const steps = [tests.filter(({ title }) => killers.includes(title)), within(-1, QUICKEST_TEST), within(QUICKEST_TEST, QUICK_TEST)]
  for (let at = 0; at < slow.length; at += STEP) steps.push(slow.slice(at, at + STEP))
  return steps.filter(({ length }) => length > 0)
}

/** Tries mutants one after the other, in a process that is restarted when one has broken it. */
class Bench {
  readonly #directory: string
  readonly #specs: readonly string[]
  readonly #limits: Readonly<Record<string, number>>
  #worker: Worker | undefined

  constructor(directory: string, specs: readonly string[], limits: Readonly<Record<string, number>>) {
    this.#directory = directory
    this.#specs = specs
    this.#limits = limits
  }

  end(): void {
    this.#worker?.end()
    this.#worker = undefined
  }

  async try(mutant: Mutant, tests: readonly Measured[]): Promise<Tried> {
    const fresh = this.#worker === undefined
    this.#worker ??= new Worker(this.#directory, -1, this.#specs)
    if (fresh && !(await this.#worker.ready)) throw new Error('The specs do not load.')
    const { tried, spoilt } = await this.#ask(this.#worker, mutant, tests)
    if (spoilt) this.end()
    // Something that an earlier mutant left in the process may be the reason: try again in a new
    // one.
    return spoilt && !fresh && tried.by === undefined ? this.try(mutant, tests) : tried
  }

  /**
   * Tries a mutant in a separate process, switched on from the start, with only the spec files of
   * these tests. The bench's own process stays.
   */
  async tryFromStart(mutant: Mutant, tests: readonly Measured[]): Promise<Tried> {
    const files = new Set(tests.map(({ file }) => file))
    const worker = new Worker(this.#directory, mutant.id, this.#specs.filter(each => [...files].some(file => file.endsWith(each))))
    let tried: Tried = { mutant, fate: 'survived' }
    if (!(await worker.ready)) tried = { mutant, fate: 'killed', by: 'the specs do not load' }
    for (const step of inSteps(tests)) if (tried.fate === 'survived') ({ tried } = await this.#ask(worker, mutant, step))
    worker.end()
    return tried
  }

  /**
   * `spoilt`: the process is gone, or the test also fails without the mutant; `by` is then known
   * only if the mutant itself ended it.
   */
  async #ask(worker: Worker, mutant: Mutant, tests: readonly Measured[]): Promise<{ tried: Tried; spoilt: boolean }> {
    const limits = Object.fromEntries(tests.map(({ title }) => [title, this.#limits[title] ?? 0]))
    const answer = await worker.ask({ mutant: mutant.id, tests: tests.map(({ title }) => title), limits }, Math.max(...Object.values(limits), 0) + GRACE + PATIENCE * sum(tests.map(({ durationMs }) => durationMs)))
    const told = answer && 'dirty' in answer ? answer : undefined
    if (!told) return { tried: worker.failed === undefined ? { mutant, fate: 'timed out' } : { mutant, fate: 'killed', by: worker.failed }, spoilt: true }
    if (told.failed === undefined) return { tried: { mutant, fate: 'survived' }, spoilt: false }
    return { tried: { mutant, fate: 'killed', ...(told.dirty ? {} : { by: told.failed }) }, spoilt: told.dirty }
  }
}

async function measure(directory: string, specs: readonly string[]): Promise<{ measured: Measured[]; loaded: Set<number> }> {
  const worker = new Worker(directory, -1, specs)
  if (!(await worker.ready)) throw new Error('The specs do not load.')
  const answer = await worker.ask({ measure: true }, 600_000)
  worker.end()
  if (!answer || !('measured' in answer)) throw new Error('The specs did not end.')
  for (const { title, passed } of answer.measured) if (!passed) console.error(`Fails without a mutant, so it is not used: ${title}`)
  return { measured: answer.measured, loaded: new Set(answer.loaded) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
