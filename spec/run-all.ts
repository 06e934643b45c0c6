import { execa } from 'execa'
import { groups, specsByGroup, type Group } from './helpers/spec-groups.ts'
import { announceLab, endAnnouncedLab } from './helpers/specs-lab.ts'

/**
 * Runs all specs, in three processes side by side: hosts of the lab are mostly waited for, so two groups of them and the specs that
 * need none keep two cores busy. What the first group prints is shown as it comes, that of the others follows. The last line counts
 * all of them, from what mocha counted. With `--without-hosts` only those run that need no host.
 */
const specs = specsByGroup()
const mocha = (group: Group) => execa('mocha', specs[group], { preferLocal: true, reject: false, all: true, stdin: 'ignore', maxBuffer: 500_000_000 })
const closing = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/m

interface Counts { passed: number; failed: number; skipped: number }

async function countsOf(run: ReturnType<typeof mocha>): Promise<Counts> {
  const { all, exitCode, signal } = await run
  const [, passed = '0', failed = '0', skipped = '0'] = closing.exec(all) ?? []
  // What ends without having counted a failure, and yet not well, is one.
  return { passed: Number(passed), failed: Math.max(Number(failed), exitCode === 0 && signal === undefined && closing.test(all) ? 0 : 1), skipped: Number(skipped) }
}

if (process.argv.includes('--without-hosts')) {
  const run = mocha('no hosts')
  run.all.pipe(process.stdout)
  process.exitCode = (await run).exitCode ?? 1
} else {
  // The lab outlives each process that uses it.
  process.env.STEAD_SPECS_SHARE_LAB = '1'
  await announceLab()
  try {
    const runs = groups.map(mocha)
    const [first, ...others] = runs
    for await (const line of first?.iterable({ from: 'all' }) ?? []) if (!closing.test(line)) console.log(line)
    for (const run of others) console.log((await run).all.replace(closing, ''))
    const counts = await Promise.all(runs.map(countsOf))
    const sum = (field: keyof Counts) => counts.reduce((total, count) => total + count[field], 0)
    console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`)
    process.exitCode = sum('failed') > 0 ? 1 : 0
  } finally {
    if (!process.env.STEAD_KEEP_HOSTS) await endAnnouncedLab()
  }
}
