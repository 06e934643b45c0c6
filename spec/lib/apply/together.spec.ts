import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import fc from 'fast-check'
import { z } from 'zod'
import { directory } from '../../../modules/directory.ts'
import { command } from '../../../modules/command.ts'
import { file } from '../../../modules/file.ts'
import { lineInFile } from '../../../modules/line-in-file.ts'
import { symlink } from '../../../modules/symlink.ts'
import { secret } from '../../../lib/index.ts'
import { defineModule, want, type ModuleCall } from '../../../lib/resource.ts'
import { apply, type ApplyScript } from '../../../lib/shell/script.ts'
import { fileListing } from '../../helpers/file-listing.ts'
import { runOver, statuses, type Tasks } from '../run/local-run.ts'
import { inTemporaryDirectory, privateConnect } from '../shell/local-session.ts'
import { line, lineWith, lostAt, recorded, wanting, wantLine } from './recorded.ts'

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `f${index + 1}`)
const run = (place: string, tasks: Tasks) => runOver(privateConnect(`${place}/host`), tasks)
const over = (place: string, paths: readonly string[], options = {}): Tasks => ({ task }) => {
  for (const path of paths) task(path, file({ path: `${place}/${path}`, content: `${path}\n` }), options)
}
/** A file that is written by a script of the spec's own. */
const byScript = (path: string, script: ApplyScript) => wanting(want(lineWith({ kind: 'file', standsAlone: () => true, apply: () => ({ script }) }), { path }, { line: 'x' }))
const noted = (place: string): string[] => (existsSync(`${place}/host/lib/stead/notified`) ? readdirSync(`${place}/host/lib/stead/notified`) : [])

describe('Tasks that cannot affect each other', () => {
  it('are applied in one frame: a hundred new files cost 3 round trips, and each is reported', () => inTemporaryDirectory(async place => {
    const report = await run(place, over(place, names(100)))
    expect([report.roundTrips, statuses(report)]).to.deep.equal([3, names(100).map(name => `${name}: change`)])
    expect(names(100).map(name => readFileSync(`${place}/${name}`, 'utf8'))).to.deep.equal(names(100).map(name => `${name}\n`))
    expect((await run(place, over(place, names(100)))).roundTrips).to.equal(1)
  }))

  it('include those with nothing to do, secrets, new directories, and owners by name', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/same`, 'same\n')
    const report = await run(place, ({ task }) => {
      task('a', file({ path: `${place}/a`, content: secret('hidden text'), mode: '0600', owner: 'daemon', group: 'games' }))
      task('same', file({ path: `${place}/same`, content: 'same\n' }))
      task('directory', directory({ path: `${place}/new/below`, mode: '0700' }))
      task('b', file({ path: `${place}/b`, content: 'b\n' }))
    })
    expect([report.roundTrips, statuses(report)]).to.deep.equal([2, ['a: change', 'same: ok', 'directory: change', 'b: change']])
    expect([readFileSync(`${place}/a`, 'utf8'), statSync(`${place}/a`).mode & 0o777, statSync(`${place}/new/below`).mode & 0o777]).to.deep.equal(['hidden text', 0o600, 0o700])
  }))

  it('record their handlers first, each once, which run once', () => inTemporaryDirectory(async place => {
    const report = await run(place, ({ task, handler }) => {
      const notify = handler('ran', command({ argv: ['sh', '-c', `echo ran >>${place}/ran`] }))
      for (const name of names(5)) task(name, file({ path: `${place}/${name}`, content: 'x' }), { notify })
    })
    expect([report.roundTrips, report.handlers.map(({ status, after }) => [status, after]), readFileSync(`${place}/ran`, 'utf8'), noted(place)]).to.deep.equal([3, [['change', 5]], 'ran\n', []])
  }))

  it('do not fail because of one with nothing to do that somebody else changes meanwhile', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/same`, 'same\n')
    const report = await run(place, ({ task }) => {
      task('a', byScript(`${place}/a`, apply`echo x >${`${place}/a`}; echo other >${`${place}/same`}`))
      task('same', file({ path: `${place}/same`, content: 'same\n' }))
      task('b', file({ path: `${place}/b`, content: 'b' }))
    })
    expect([report.roundTrips, statuses(report)]).to.deep.equal([2, ['a: change', 'same: ok', 'b: change']])
  }))

  it('cost no more round trips than one alone, where the next task has to read more once it knows an answer', () => inTemporaryDirectory(async place => {
    const stepwise = defineModule({
      name: 'stepwise', args: z.strictObject({ path: z.string() }),
      async plan({ path }, host) {
        for (const name of ['one', 'two', 'three']) await host.current(line, { path: `${place}/${name}` })
        return { wants: [want(line, { path }, { line: 'x' })] }
      },
    })
    const trips = async (first: ModuleCall<void>, path: string) => {
      const report = await run(place, ({ task }) => {
        task('a', first)
        task('stepwise', stepwise({ path }))
      })
      expect(statuses(report)).to.deep.equal(['a: change', 'stepwise: change'])
      return report.roundTrips
    }
    expect(await trips(file({ path: `${place}/a`, content: 'a' }), `${place}/x`)).to.equal(await trips(wantLine(`${place}/b`, 'b'), `${place}/y`))
  }))

  it('end at the first one that fails: those before it are reported as changed, none after it is written', () => inTemporaryDirectory(async place => {
    const report = await run(place, ({ task, handler }) => {
      const notify = handler('ran', command({ argv: ['true'] }))
      task('a', file({ path: `${place}/a`, content: 'a' }))
      task('b', byScript(`${place}/b`, apply`echo bad >&2; exit 1`), { notify })
      task('c', file({ path: `${place}/c`, content: 'c' }), { notify: handler('never', command({ argv: ['true'] })) })
    })
    expect([statuses(report), report.tasks[1]?.error?.includes('bad'), existsSync(`${place}/a`), existsSync(`${place}/b`), existsSync(`${place}/c`)]).to.deep.equal([['a: change', 'b: failed'], true, true, false, false])
    expect(noted(place).map(name => name.includes('never'))).to.deep.equal([false])
  }))

  it('fail alone where one does not read back as desired: the later ones were written, and are reported', () => inTemporaryDirectory(async place => {
    const report = await run(place, ({ task }) => {
      task('a', byScript(`${place}/a`, apply`echo other >${`${place}/a`}`))
      task('b', file({ path: `${place}/b`, content: 'b' }))
      task('c', () => file({ path: `${place}/c`, content: 'c' }))
    })
    expect([statuses(report), report.tasks[0]?.error?.includes('does not read back as desired'), existsSync(`${place}/b`), existsSync(`${place}/c`)]).to.deep.equal([['a: failed', 'b: change'], true, true, false])
  }))

  it('are all reported as changed if the connection is lost behind them, and are written once', () => inTemporaryDirectory(async place => {
    const lost = await recorded(lostAt(2, 'after', privateConnect(`${place}/host`), () => existsSync(`${place}/f9`)), over(place, names(9)))
    expect([statuses(lost), lost.notes.length]).to.deep.equal([names(9).map(name => `${name}: change`), 1])
  }))

  it('leave out the next task where it is at, below or above one of them, under any name that leads there', () => inTemporaryDirectory(async place => {
    mkdirSync(`${place}/real`)
    symlinkSync(`${place}/real`, `${place}/link`)
    writeFileSync(`${place}/real/old`, '')
    symlinkSync('old', `${place}/real/alias`)
    const apart: [string, Tasks][] = [
      ['the same new file', ({ task }) => { task('a', file({ path: `${place}/real/x`, content: '1' })); task('b', file({ path: `${place}/link/x`, content: '2' })) }],
      ['the same old file', ({ task }) => { task('a', file({ path: `${place}/real/old`, content: '1' })); task('b', file({ path: `${place}/link/old`, content: '2' })) }],
      ['a link to it', ({ task }) => { task('a', file({ path: `${place}/real/old`, content: '3' })); task('b', file({ path: `${place}/real/alias`, content: '4' })) }],
      ['a file in a new directory', ({ task }) => { task('a', directory({ path: `${place}/d`, mode: '2750', group: 'games' })); task('b', file({ path: `${place}/d/x`, content: '' })) }],
      ['the directory of a new file', ({ task }) => { task('a', file({ path: `${place}/real/y`, content: '1' })); task('b', directory({ path: `${place}/real`, mode: '0711' })) }],
      ['a line in it', ({ task }) => { task('a', file({ path: `${place}/z`, content: 'one\n' })); task('b', lineInFile({ path: `${place}/z`, line: 'two' })) }],
    ]
    for (const [what, tasks] of apart) {
      const report = await run(place, tasks)
      expect([what, statuses(report), report.roundTrips]).to.deep.equal([what, ['a: change', 'b: change'], 3])
    }
    expect([readFileSync(`${place}/real/x`, 'utf8'), readFileSync(`${place}/real/old`, 'utf8'), readFileSync(`${place}/z`, 'utf8')]).to.deep.equal(['2', '4', 'one\ntwo\n'])
    expect(statSync(`${place}/d/x`).gid).to.equal(statSync(`${place}/d`).gid)
  }))

  it('are never a task that runs a program, reads more, may be skipped, or has options of its own', () => inTemporaryDirectory(async place => {
    const kinds: ((play: Parameters<Tasks>[0], index: number) => void)[] = [
      ({ task }) => task('b', command({ argv: ['touch', `${place}/made`], creates: { path: `${place}/made`, empty: true } })),
      ({ task }, index) => task('b', symlink({ path: `${place}/b${index}`, target: '/nowhere' })),
      ({ task }, index) => task('b', () => file({ path: `${place}/b${index}`, content: '' })),
      ({ task }, index) => task('b', file({ path: `${place}/b${index}`, content: '' }), { ignoreErrors: true }),
      ({ task }, index) => task('b', file({ path: `${place}/b${index}`, content: '' }), { when: () => true }),
      ({ task }, index) => task('b', file({ path: `${place}/b${index}`, content: '' }), { timeoutSeconds: 5 }),
      ({ task }, index) => task('b', file({ path: `${place}/b${index}`, content: '', validate: ['true', '%s'] })),
    ]
    for (const [index, add] of kinds.entries()) {
      const report = await run(place, play => {
        play.task('a', file({ path: `${place}/a${index}`, content: '' }))
        add(play, index)
      })
      expect([index, report.roundTrips, statuses(report)]).to.deep.equal([index, 3, ['a: change', 'b: change']])
    }
  }))

  it('leave a host as if they had been applied one after the other', () => inTemporaryDirectory(async place => {
    const name = fc.constantFrom('a', 'b', 'd', 'd/a', 'd/b', 'link/a', 'link')
    const drawn = fc.array(fc.record({ name, kind: fc.constantFrom('file', 'directory', 'line'), mode: fc.constantFrom('0644', '0600', '0755') }), { minLength: 2, maxLength: 8 })
    let round = 0
    const work = async (root: string, options: object, tasks: readonly { name: string; kind: string; mode: string }[]) => {
      mkdirSync(`${root}/d`, { recursive: true })
      chmodSync(root, 0o755)
      symlinkSync('d', `${root}/link`)
      const report = await run(root, ({ task }) => {
        for (const [index, each] of tasks.entries()) {
          const path = `${root}/${each.name}`
          task(`${index} ${each.name}`, each.kind === 'file' ? file({ path, content: `${index}\n`, mode: each.mode }) : each.kind === 'line' ? lineInFile({ path, line: `line ${index}`, create: true }) : directory({ path, mode: each.mode }), options)
        }
      })
      const left = fileListing(root).filter(line => !line.startsWith('host')).map(line => line.split(' ').filter((_, index) => ![5, 6].includes(index)).join(' '))
      return { left: left.map(line => line.replace(/^(\S+ 4\d+ \d+ \d+) \d+/, '$1')), told: statuses(report), errors: report.tasks.map(({ error }) => error?.replaceAll(root, '')) }
    }
    await fc.assert(fc.asyncProperty(drawn, async tasks => {
      round += 1
      // With a limit of its own, each task has a frame of its own.
      expect(await work(`${place}/${round}/one`, {}, tasks)).to.deep.equal(await work(`${place}/${round}/two`, { timeoutSeconds: 3600 }, tasks))
    }), { numRuns: 25 })
  })).timeout(120_000)
})
