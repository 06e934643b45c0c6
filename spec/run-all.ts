import { execa } from 'execa'

/**
 * Runs all specs in two processes side by side, which takes less time on two cores: those that need hosts of the lab, whose output is shown as
 * it comes, and those that need none, whose output follows. The last line counts both, from what mocha counted.
 */
const withoutHosts = ['spec/{lib,docs,lab-tools,command-line}/**/*.spec.ts', 'spec/modules/*.plan.spec.ts', 'spec/modules/element-web.spec.ts', 'spec/modules/every-file-has-a-spec.spec.ts']
// By their whole names: mocha parts what is to be ignored at commas.
const needHosts = ['spec/lib/postgres/names.spec.ts', 'spec/lib/postgres/scram.spec.ts', 'spec/command-line/refused.spec.ts']

const mocha = (...words: string[]) => execa('mocha', words, { preferLocal: true, reject: false, all: true, stdin: 'ignore', maxBuffer: 500_000_000 })
const ignore = (globs: readonly string[]) => globs.flatMap(glob => ['--ignore', glob])

const others = mocha(...withoutHosts, ...ignore(needHosts))
if (process.argv.includes('--without-hosts')) {
  others.all.pipe(process.stdout)
  process.exitCode = (await others).exitCode ?? 1
} else {
  const onHosts = mocha('spec/{lab,modules,playbooks}/**/*.spec.ts', ...needHosts, ...ignore(withoutHosts.slice(1)))
  const closing = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/m
  for await (const line of onHosts.iterable({ from: 'all' })) if (!closing.test(line)) console.log(line)
  const results = [await onHosts, await others]
  console.log(results[1]?.all.replace(closing, ''))
  const counts = results.map(({ all, exitCode, signal }) => {
    const [, passed = '0', failed = '0', skipped = '0'] = closing.exec(all) ?? []
    // What ends without having counted a failure, and yet not well, is one.
    return { passed: Number(passed), failed: Math.max(Number(failed), exitCode === 0 && signal === undefined && closing.test(all) ? 0 : 1), skipped: Number(skipped) }
  })
  const sum = (field: 'passed' | 'failed' | 'skipped') => counts.reduce((total, count) => total + count[field], 0)
  console.log(`\n${sum('passed')} passed, ${sum('failed')} failed${sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : ''}`)
  process.exitCode = sum('failed') > 0 ? 1 : 0
}
