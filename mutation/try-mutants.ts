import type { ChildProcess } from 'node:child_process'
import { copied } from './copy.ts'
import type { Mutant } from './find-mutants.ts'
import type { Answer, Measured, Order } from './messages.ts'
import { startWorker } from './sandbox.ts'

/** Why a mutant is no more, or that it is still there. `not reached`: no test runs it. */
export type Fate = 'killed' | 'timed out' | 'survived' | 'not reached'

export interface Tried {
  mutant: Mutant
  fate: Fate
  /** The first test that failed. */
  by?: string
}

/** Tests slower than this (milliseconds) are not asked: a mistake that only they notice is noticed too late. */
const SLOWEST_TEST = 4000
/** Quick tests (milliseconds) are asked first. */
const QUICK_TEST = 100
/** How much longer than without a mutant a test may take, beside a second. */
const PATIENCE = 6

/** A running worker and the answers that it still owes. */
class Worker {
  readonly #process: ChildProcess
  readonly ready: Promise<boolean>
  #settle: (answer: Answer | undefined) => void = () => undefined

  constructor(onMutant: number, specs: readonly string[]) {
    this.#process = startWorker(copied, onMutant, specs)
    this.#process.on('message', (answer: Answer) => this.#settle(answer))
    this.#process.on('exit', () => this.#settle(undefined))
    this.#process.on('error', () => this.#settle(undefined))
    this.ready = this.#next(60_000).then(answer => answer !== undefined)
  }

  /** Sends an order; undefined where the worker ended, or was ended since it took too long (milliseconds). */
  async ask(order: Order, limit: number): Promise<Answer | undefined> {
    const answer = this.#next(limit)
    this.#process.send(order)
    return answer
  }

  #next(limit: number): Promise<Answer | undefined> {
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

/** Tries mutants with the specs' tests that reach them, those that run quickest first. `told` hears of each. */
export async function tryMutants(mutants: readonly Mutant[], specs: readonly string[], told: (tried: Tried, at: number) => void): Promise<void> {
  const { measured, loaded } = await measure(specs)
  const limits = Object.fromEntries(measured.map(({ title, durationMs }) => [title, 1000 + PATIENCE * durationMs]))
  const usable = measured.filter(({ passed, durationMs }) => passed && durationMs <= SLOWEST_TEST)
  let at = 0
  let worker: Worker | undefined
  for (const mutant of mutants) {
    const whileLoading = loaded.has(mutant.id)
    const near = new Set(mutants.filter(({ file }) => file === mutant.file).map(({ id }) => id))
    const reaching = usable.filter(({ reached }) => (whileLoading ? reached.some(id => near.has(id)) : reached.includes(mutant.id)))
    const tried: Tried = reaching.length === 0 && !whileLoading ? { mutant, fate: 'not reached' } : { mutant, fate: 'survived' }
    const steps = [reaching.filter(({ durationMs }) => durationMs <= QUICK_TEST), reaching.filter(({ durationMs }) => durationMs > QUICK_TEST)].filter(({ length }) => length > 0)
    if (whileLoading) {
      worker?.end()
      worker = undefined
    }
    for (let again = 0; tried.fate === 'survived' && steps.length > 0; ) {
      const fresh = worker === undefined
      worker ??= new Worker(whileLoading ? mutant.id : -1, specs)
      // What does not even load is noticed by everybody.
      if (fresh && !(await worker.ready)) {
        Object.assign(tried, { fate: 'killed', by: 'specs do not load' })
        worker = undefined
        break
      }
      const [tests = []] = steps
      const answer = await worker.ask({ mutant: mutant.id, tests: tests.map(({ title }) => title), limits }, 10_000 + sum(tests.map(({ title }) => limits[title] ?? 0)))
      const failed = answer !== undefined && 'mutant' in answer ? answer.failed : undefined
      if (answer === undefined) Object.assign(tried, { fate: 'timed out' })
      else if ('mutant' in answer && failed !== undefined && answer.dirty && !fresh && again === 0) again += 1
      else if (failed !== undefined) Object.assign(tried, { fate: 'killed', by: failed })
      else steps.shift()
      if (answer === undefined || ('mutant' in answer && (answer.dirty || answer.timedOut))) {
        worker.end()
        worker = undefined
      }
    }
    if (whileLoading) {
      worker?.end()
      worker = undefined
    }
    told(tried, at += 1)
  }
  worker?.end()
}

async function measure(specs: readonly string[]): Promise<{ measured: Measured[]; loaded: Set<number> }> {
  const worker = new Worker(-1, specs)
  if (!(await worker.ready)) throw new Error('The specs do not load.')
  const answer = await worker.ask({ measure: true }, 600_000)
  worker.end()
  if (!answer || !('measured' in answer)) throw new Error('The specs did not end.')
  for (const { title, passed } of answer.measured) if (!passed) console.error(`Fails without a mutant, and is not asked: ${title}`)
  return { measured: answer.measured, loaded: new Set(answer.loaded) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
