import fc from 'fast-check'
import Mocha from 'mocha'
import { switchName } from './find-mutants.ts'
import type { Answer, Measured, Order } from './messages.ts'

/**
 * A process that loads specs once and runs some of their tests again and again, each time with
 * another mutant switched on. Its arguments: the mutant that is switched on while the specs load
 * (-1: none), and the spec files. fast-check generates the same values in each process.
 */
const [first = '-1', ...files] = process.argv.slice(2)
let active = Number(first)
let reached: Set<number> | undefined = new Set()
Object.defineProperty(globalThis, switchName, { value: (id: number) => {
  reached?.add(id)
  return id === active
} })
fc.configureGlobal({ seed: 4711 })

const tell = (answer: Answer) => process.send?.(answer)
const mocha = new Mocha({ timeout: 20_000, reporter: 'base' })
mocha.cleanReferencesAfterRun(false)
for (const file of files) mocha.addFile(file)

function eachTest(suite: Mocha.Suite, visit: (test: Mocha.Test) => void): void {
  for (const test of suite.tests) visit(test)
  for (const inner of suite.suites) eachTest(inner, visit)
}

/**
 * Runs the tests with these full titles, or all; `each` is called for every test that ends. Stops
 * at the first failure if `bail` is set.
 */
async function run(titles: readonly string[] | undefined, bail: boolean, each: (test: Mocha.Runnable, failure?: Error) => void): Promise<void> {
  mocha.grep(titles ? new RegExp(`^(?:${titles.map(escapeRegExp).join('|')})$`) : /^/)
  mocha.bail(bail)
  await new Promise<void>(resolve => {
    const runner = mocha.run(() => resolve())
    runner.on('pass', test => each(test))
    runner.on('fail', (test, error) => each(test, error instanceof Error ? error : new Error(String(error))))
  })
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}

async function measure(): Promise<void> {
  const loaded = [...reached ?? []]
  const measured: Measured[] = []
  reached = new Set()
  await run(undefined, false, (test, failure) => {
    measured.push({ title: test.fullTitle(), file: test.file ?? '', passed: failure === undefined, durationMs: test.duration ?? 0, reached: [...reached ?? []] })
    reached = new Set()
  })
  tell({ measured, loaded })
}

async function tryMutant({ mutant, tests, limits }: Exclude<Order, { measure: true }>): Promise<void> {
  eachTest(mocha.suite, test => test.timeout(Math.min(20_000, limits[test.fullTitle()] ?? 20_000)))
  let failed: string | undefined
  active = mutant
  reached = undefined
  await run(tests, true, (test, failure) => {
    if (!failure) return
    failed ??= test.fullTitle()
    tell({ mutant, failed })
  })
  active = -1
  // A mutant may have broken something for later ones: then the same test also fails without it.
  let dirty = false
  const again = failed
  if (again !== undefined && tests.includes(again)) await run([again], true, (_test, failure) => { dirty ||= failure !== undefined })
  tell({ mutant, failed, dirty })
}

process.on('message', (order: Order) => void ('measure' in order ? measure() : tryMutant(order)))
// Unhandled rejections belong to a test that mocha has already finished.
process.on('unhandledRejection', () => undefined)
await mocha.loadFilesAsync()
tell({ ready: true })
