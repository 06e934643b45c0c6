import { execa } from 'execa'
import { specsByGroup } from './helpers/spec-groups.ts'
import { announceLab, endAnnouncedLab } from './helpers/specs-lab.ts'

/**
 * Runs all specs, in three processes side by side: hosts of the lab are mostly waited for, so two groups of them and the specs that
 * need none keep two cores busy; those that cut runs off follow the latter, so that all three take about as long. What the first process prints is shown as it comes, that of the others follows. All failures stand
 * once more at the end, where a log that was cut still has them; the last line counts all specs, from what mocha counted. With `--without-hosts` only those run that need neither a host nor a run of a playbook,
 * in two processes.
 */
const specs = specsByGroup()
const mocha = (files: readonly string[]) => execa('mocha', files, { preferLocal: true, reject: false, all: true, stdin: 'ignore', maxBuffer: 500_000_000 })
const closing = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/m

const failing = /^ {2}\d+ failing\n([\s\S]*?)(?=^\d+ passed, )/m

interface Counts { passed: number; failed: number; skipped: number }

async function countsOf(run: ReturnType<typeof mocha>): Promise<Counts> {
  const { all, exitCode, signal } = await run
  const [, passed = '0', failed = '0', skipped = '0'] = closing.exec(all) ?? []
  // What ends without having counted a failure, and yet not well, is one.
  return { passed: Number(passed), failed: Math.max(Number(failed), exitCode === 0 && signal === undefined && closing.test(all) ? 0 : 1), skipped: Number(skipped) }
}

const withoutHosts = process.argv.includes('--without-hosts')
const unit = specs['no hosts']
const processes = withoutHosts
  ? [0, 1].map(half => unit.filter((_, index) => index % 2 === half))
  : [specs['shared hosts'], specs['own hosts'], [...specs['whole runs'], ...unit, ...specs['cut-offs']]]

async function runAll(): Promise<void> {
  const runs = processes.map(mocha)
  const [first, ...others] = runs
  for await (const line of first?.iterable({ from: 'all' }) ?? []) if (!closing.test(line)) console.log(line)
  for (const run of others) console.log((await run).all.replace(closing, ''))
  for (const run of runs) {
    const failures = failing.exec((await run).all)?.[1]?.trimEnd()
    if (failures) console.log(`\nFailed:\n${failures}`)
  }
  const counts = await Promise.all(runs.map(countsOf))
  const sum = (field: keyof Counts) => counts.reduce((total, count) => total + count[field], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`)
  process.exitCode = sum('failed') > 0 ? 1 : 0
}

if (withoutHosts) {
  await runAll()
} else {
  // The lab outlives each process that uses it.
  process.env.STEAD_SPECS_SHARE_LAB = '1'
  await announceLab()
  try {
    await runAll()
  } finally {
    if (!process.env.STEAD_KEEP_HOSTS) await endAnnouncedLab()
  }
}
