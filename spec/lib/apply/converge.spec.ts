import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { z } from 'zod'
import { defineModule, want } from '../../../lib/resource.ts'
import { chooser } from '../../../lib/run/select.ts'
import { apply, read } from '../../../lib/shell/script.ts'
import { ConnectionLost } from '../../../lib/shell/session.ts'
import type { Resource } from '../../../lib/state/resource.ts'
import { NotReachable, type Connect } from '../../../lib/transport/transport.ts'
import { blockInFile } from '../../../modules/block-in-file.ts'
import { command } from '../../../modules/command.ts'
import { directory } from '../../../modules/directory.ts'
import { file } from '../../../modules/file.ts'
import { symlink } from '../../../modules/symlink.ts'
import { waitFor } from '../../../modules/wait-for.ts'
import { privateConnect } from '../../helpers/own-place.ts'
import { inTemporaryDirectory } from '../shell/local-session.ts'
import { runLocally, runOver, silent, statuses, type Tasks } from '../run/local-run.ts'

const text = (...parts: string[]): string => readFileSync(path.join(...parts), 'utf8')

/** The first line of a file. */
interface LineState {
  readonly [field: string]: string
  line: string
}

/** A resource that says it wrote. */
const liar: Resource<{ path: string }, LineState, LineState> = {
  kind: 'line', schema: z.strictObject({ line: z.string() }), identify: ({ path: name }) => name,
  read: keys => ({ script: read`for p in ${keys.map(({ path: name }) => name)}; do cat -- "$p" 2>/dev/null || echo; done`, parse: ({ stdout }) => keys.map((_, index) => ({ line: stdout.toString().split('\n')[index] ?? '' })) }),
  apply: () => ({ script: apply`:` }),
}
const lie = defineModule({ name: 'lie', args: z.strictObject({ path: z.string() }), plan: ({ path: name }) => ({ wants: [want(liar, { path: name }, { line: 'desired' })] }) })

/** Gives the first line of a file to the tasks that await it. */
const lineArguments = z.strictObject({ path: z.string(), line: z.string() })
const line = defineModule<typeof lineArguments, { line: string }>({
  name: 'line', args: lineArguments,
  plan: ({ path: name, line: desired }) => ({
    wants: [want({ ...liar, apply: (key, _current, state) => ({ script: apply`cat >${key.path}`, stdin: Buffer.from(`${state?.line ?? ''}\n`) }) }, { path: name }, { line: desired })],
    output: ([state]) => (typeof state?.line === 'string' ? { line: state.line } : undefined),
  }),
})

describe('a run', () => {
  it('makes files, directories and links, and finds nothing to do the second time', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task }) => {
      task('directory', directory({ path: `${place}/a/b`, mode: '2750' }))
      task('file', file({ path: `${place}/a/b/c`, content: Buffer.from([0, 255, 10, 13]), mode: '600' }))
      task('empty', file({ path: `${place}/new/empty`, parents: true }))
      task('link', symlink({ path: `${place}/link`, target: 'a/b/c' }))
      task('block', blockInFile({ path: `${place}/block`, block: 'x', create: true }))
      task('made', command({ argv: ['touch', `${place}/made it`], creates: { path: `${place}/made it`, empty: true } }))
      task('wait', waitFor({ path: `${place}/made it`, timeoutSeconds: 1 }))
    }
    const first = await runLocally(tasks)
    expect(first.error ?? first.tasks.find(({ error }) => error)?.error).to.equal(undefined)
    expect(statuses(first)).to.deep.equal(['directory: change', 'file: change', 'empty: change', 'link: change', 'block: change', 'made: change', 'wait: ok'])
    expect((statSync(`${place}/a/b`).mode & 0o7777).toString(8)).to.equal('2750')
    expect((statSync(`${place}/a/b/c`).mode & 0o7777).toString(8)).to.equal('600')
    expect([...readFileSync(`${place}/a/b/c`)]).to.deep.equal([0, 255, 10, 13])
    expect(readlinkSync(`${place}/link`)).to.equal('a/b/c')
    expect(text(place, 'block')).to.equal('# BEGIN stead\nx\n# END stead\n')
    const second = await runLocally(tasks)
    expect(second.status).to.equal('ok')
    expect(second.tasks.flatMap(({ changes }) => changes)).to.deep.equal([])
  }))

  it('repairs exactly what has drifted', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task }) => {
      for (const name of ['a', 'b', 'c', 'd']) task(name, file({ path: `${place}/${name}`, content: name, mode: '0644' }))
    }
    await runLocally(tasks)
    writeFileSync(`${place}/b`, 'drift')
    chmodSync(`${place}/d`, 0o600)
    const report = await runLocally(tasks)
    expect(statuses(report)).to.deep.equal(['a: ok', 'b: change', 'c: ok', 'd: change'])
    expect(report.tasks.flatMap(({ changes }) => changes).map(({ resource, diff }) => [resource, diff.split('\n').slice(-1)[0]])).to.deep.equal([
      [`file[${place}/b]`, '\\ No newline at end of file'], [`file[${place}/d]`, 'mode: 0600 → 0644'],
    ])
    expect((await runLocally(tasks)).status).to.equal('ok')
  }))

  it('applies no plan that was made before a change: each task is planned on what the one before it left', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/x`, 'stale\n')
    const report = await runLocally(({ task }) => {
      task('write', file({ path: `${place}/x`, content: 'fresh\n' }))
      task('first', blockInFile({ path: `${place}/x`, block: '1', marker: '# {mark} 1' }))
      task('second', blockInFile({ path: `${place}/x`, block: '2', marker: '# {mark} 2', insertBefore: /BEGIN 1/ }))
    })
    expect(report.status).to.equal('change')
    expect(text(place, 'x')).to.equal('fresh\n# BEGIN 2\n2\n# END 2\n# BEGIN 1\n1\n# END 1\n')
  }))

  it('[check 2] shows what a task with checkMode: true would do, never does it, and notifies no handler', () => inTemporaryDirectory(async place => {
    const report = await runLocally(({ task }) => {
      task('never', file({ path: `${place}/never` }), { checkMode: true })
      task('after', file({ path: `${place}/after` }))
    })
    expect(statuses(report)).to.deep.equal(['never: may-change', 'after: change'])
    expect(report.tasks[0]?.changes[0]?.reason).to.include('never applied')
    expect(() => statSync(`${place}/never`)).to.throw('ENOENT')
  }))

  it('believes nothing that was read before a change, however far ahead it was read', () => inTemporaryDirectory(async place => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f']
    for (const name of names) writeFileSync(`${place}/${name}`, name)
    const report = await runLocally(({ task }) => {
      task('spoil', command({ argv: ['sh', '-c', `echo spoilt >${place}/f; echo >${place}/done`], creates: `${place}/done` }))
      for (const name of names) task(name, file({ path: `${place}/${name}`, content: name }))
    })
    expect(statuses(report)).to.deep.equal(['spoil: change', 'a: ok', 'b: ok', 'c: ok', 'd: ok', 'e: ok', 'f: change'])
    expect(names.map(name => text(place, name))).to.deep.equal(names)
  }))

  it('lets nothing come of plans that a change has made stale: they read and ask no more', () => inTemporaryDirectory(async place => {
    const planned: string[] = []
    const report = await runLocally(({ task }) => {
      const made = task('make', line({ path: `${place}/name`, line: 'a' }))
      for (const name of ['b', 'c', 'd']) {
        task(name, async () => {
          const { line: first } = await made
          planned.push(name)
          return file({ path: `${place}/${name}`, content: first, mode: '0644' })
        })
      }
    })
    expect(statuses(report)).to.deep.equal(['make: change', 'b: change', 'c: change', 'd: change'])
    // b and c in the window after the first change, c and d in that after b, d in that after c.
    expect(planned.join('')).to.equal('bccdd')
    // One ahead, four changes, and the reads of b and c, then of d, which nobody could ask for before the result was there.
    expect(report.roundTrips).to.equal(7)
  }))

  it('gives a task the result of one before it, in the run that makes it and in the next', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task }) => {
      const made = task('make', line({ path: `${place}/name`, line: 'made here' }))
      task('use', async () => file({ path: `${place}/copy`, content: `It is ${(await made).line}.\n` }))
    }
    expect(statuses(await runLocally(tasks))).to.deep.equal(['make: change', 'use: change'])
    expect(text(place, 'copy')).to.equal('It is made here.\n')
    expect(statuses(await runLocally(tasks))).to.deep.equal(['make: ok', 'use: ok'])
  }))

  it('[fault 11] repeats a read at its task\'s turn if it failed ahead of it, in a run and in a check', () => inTemporaryDirectory(async place => {
    /** It can be read from the `nth` time on only. */
    const shy = (name: string, nth: number) => defineModule({ name: 'shy', args: z.strictObject({}), plan: () => ({ wants: [want({
      ...liar,
      read: () => ({ script: read`echo x >>${`${place}/${name}`}; wc -l <${`${place}/${name}`}`, parse: ({ stdout }) => [Number(stdout.toString()) < nth ? new Error('not yet') : { line: 'there' }] }),
    }, { path: name }, { line: 'there' })] }) })({})
    for (const check of [true, false]) {
      for (const nth of check ? [2] : [2, 3]) {
        const report = await runLocally(({ task }) => {
          task('first', shy(`first ${check} ${nth}`, 2))
          task('second', shy(`second ${check} ${nth}`, nth))
        }, { check })
        expect(report.tasks.map(({ error, status }) => error ?? status)).to.deep.equal(['ok', 'ok'])
      }
      const report = await runLocally(({ task }) => void task('never', shy(`never ${check}`, 1000)), { check })
      expect([statuses(report), report.roundTrips]).to.deep.equal([['never: failed'], 2])
    }
  }))

  it('[fault 11] repeats a read that failed in the frame of a change', () => inTemporaryDirectory(async place => {
    const late = defineModule({ name: 'late', args: z.strictObject({}), plan: () => ({ wants: [want({
      ...liar, kind: 'late',
      read: () => ({ script: read`if [ -e ${`${place}/made`} ]; then echo x >>${`${place}/asked`}; fi; [ "$(wc -l <${`${place}/asked`})" -gt 1 ]`, parse: ({ exitCode }) => [exitCode === 0 ? { line: 'there' } : new Error('still starting')] }),
    }, { path: 'late' }, { line: 'there' })] }) })
    writeFileSync(`${place}/asked`, '')
    const report = await runLocally(({ task }) => {
      task('make', file({ path: `${place}/made` }))
      task('late', late({}))
    })
    expect(report.tasks.map(({ error, status }) => error ?? status)).to.deep.equal(['change', 'ok'])
  }))

  it('[fault 41] does not wait for a background process that keeps a command\'s output open, even if the command only reads', () => inTemporaryDirectory(async place => {
    const startedAt = performance.now()
    const leaving = (name: string) => ['sh', '-c', `sleep 3333 & echo $! >>${place}/pids; echo ${name}`]
    try {
      const report = await runLocally(({ task }) => {
        const found = task('read', command({ argv: leaving('found'), reads: true }))
        task('use', async () => file({ path: `${place}/use`, content: (await found).stdout }))
        task('run', command({ argv: leaving('run') }))
      })
      expect(report.tasks.map(({ error, status }) => error ?? status)).to.deep.equal(['ok', 'change', 'change'])
      expect(text(place, 'use')).to.equal('found\n')
      expect(performance.now() - startedAt).to.be.below(60_000)
    } finally {
      for (const pid of text(place, 'pids').trim().split('\n')) process.kill(Number(pid))
    }
  }))

  it('[fault 38] knows the facts in a condition without an extra round trip', () => inTemporaryDirectory(async place => {
    for (const check of [true, false]) {
      const report = await runLocally(({ task, host }) => {
        task('yes', file({ path: `${place}/yes` }), { when: () => host.cores > 0 })
        task('no', file({ path: `${place}/no` }), { when: () => host.cores < 0 })
      }, { check })
      expect([statuses(report), report.roundTrips]).to.deep.equal([['yes: change', 'no: skipped'], check ? 1 : 2])
    }
  }))

  it('fails a task that was applied and does not read back, with what still differs, and stops', () => inTemporaryDirectory(async place => {
    const report = await runLocally(({ task }) => {
      task('lie', lie({ path: `${place}/x` }))
      task('never', file({ path: `${place}/never` }))
    })
    expect(statuses(report)).to.deep.equal(['lie: failed'])
    expect(report.tasks[0]?.error).to.include(`here "lie" line[${place}/x]: It was written, but does not read back as desired:`).and.include('line: (none) → desired')
    expect(report.status).to.equal('failed')
    expect(existsSync(`${place}/never`)).to.equal(false)
  }))

  it('fails a task whose script fails, with the host\'s own words, and leaves the rest of that task out', () => inTemporaryDirectory(async place => {
    const report = await runLocally(({ task }) => void task('run', command({ argv: ['sh', '-c', 'echo "out of paper" >&2; exit 3'] })))
    expect(report.tasks[0]?.error).to.include('The change failed.').and.include('Exit status: 3').and.include('out of paper')
    const invalid = await runLocally(({ task }) => void task('checked', file({ path: `${place}/x`, content: 'wrong', validate: ['grep', 'right', '%s'] })))
    expect(invalid.status).to.equal('failed')
    expect(existsSync(`${place}/x`)).to.equal(false)
  }))

  it('leaves no temporary file next to a file whose new content was refused, and keeps the old one', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/x`, 'right\n', { mode: 0o640 })
    const report = await runLocally(({ task }) => void task('refused', file({ path: `${place}/x`, content: 'wrong', validate: ['grep', '-q', 'right', '%s'] })))
    expect(statuses(report)).to.deep.equal(['refused: failed'])
    expect([text(place, 'x'), readdirSync(place)]).to.deep.equal(['right\n', ['x']])
  }))

  it('goes on after an ignored failure, and reports it', () => inTemporaryDirectory(async place => {
    const report = await runLocally(({ task }) => {
      task('fails', lie({ path: `${place}/x` }), { ignoreErrors: true })
      task('goes on', file({ path: `${place}/y` }))
    })
    expect(statuses(report)).to.deep.equal(['fails: failed', 'goes on: change'])
  }))

  it('leaves a task out where its `when` says no, awaiting earlier tasks for that if need be', () => inTemporaryDirectory(async place => {
    const report = await runLocally(({ task }) => {
      const made = task('make', line({ path: `${place}/name`, line: 'a' }))
      task('no', file({ path: `${place}/no` }), { when: () => false })
      task('not yet', file({ path: `${place}/b` }), { when: async () => (await made).line === 'b' })
      task('yes', file({ path: `${place}/yes` }), { when: async () => (await made).line === 'a' })
    })
    expect(statuses(report)).to.deep.equal(['make: change', 'no: skipped', 'not yet: skipped', 'yes: change'])
  }))

  it('leaves tasks out by tags, and starts at a task', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task }) => {
      task('a', file({ path: `${place}/a` }), { tags: ['one'] })
      task('b', file({ path: `${place}/b` }), { tags: ['one', 'two'] })
      task('c', file({ path: `${place}/c` }))
      task('d', file({ path: `${place}/d` }), { tags: ['always'] })
      task('e', file({ path: `${place}/e` }), { tags: ['never', 'three'] })
    }
    const chosen = async (selection: Partial<Parameters<typeof chooser>[0]>): Promise<string> => {
      const report = await runLocally(tasks, { check: true, choose: chooser({ tags: [], skipTags: [], ...selection }) })
      return report.tasks.map(({ name }) => name).join('')
    }
    expect(await chosen({})).to.equal('abcd')
    expect(await chosen({ tags: ['one'] })).to.equal('abd')
    expect(await chosen({ tags: ['one'], skipTags: ['two'] })).to.equal('ad')
    expect(await chosen({ tags: ['three'] })).to.equal('de')
    expect(await chosen({ tags: ['untagged'] })).to.equal('cd')
    expect(await chosen({ tags: ['tagged'], skipTags: ['always'] })).to.equal('ab')
    expect(await chosen({ startAtTask: 'c' })).to.equal('cd')
  }))

  it('[fault 36] fails a task whose own code fails depending on facts, without a stack but with file and line, and stops', async () => {
    const report = await runLocally(({ task, host }) => void task('broken', () => { throw new Error(host.cores > 0 ? 'no such thing' : '') }))
    expect(report.tasks[0]?.error).to.match(/^here "broken": no such thing\n {2}It comes from spec\/lib\/apply\/converge\.spec\.ts:\d+:\d+\.$/)
  })

  it('lays a playbook out by facts when it looks at them, for one round trip more', () => inTemporaryDirectory(async place => {
    const report = await runLocally(({ task, host }) => {
      for (let core = 0; core < Math.min(host.cores, 1); core += 1) task(`core ${core}`, file({ path: `${place}/${core}`, content: host.os.id }))
    })
    expect([statuses(report), report.roundTrips]).to.deep.equal([['core 0: change'], 3])
  }))

  it('says what the playbook has to say at the end, with results of tasks', () => inTemporaryDirectory(async place => {
    const report = await runLocally(({ task, summary }) => {
      const made = task('make', line({ path: `${place}/name`, line: 'a' }))
      summary(async () => [`It is ${(await made).line}.`])
    })
    expect(report.summary).to.deep.equal(['It is a.'])
  }))
})

describe('writing a file', () => {
  it('keeps owner, mode and the link that leads to it', () => inTemporaryDirectory(async place => {
    writeFileSync(`${place}/real`, 'old', { mode: 0o640 })
    symlinkSync('real', `${place}/link`)
    await runLocally(({ task }) => void task('through', file({ path: `${place}/link`, content: 'new' })))
    expect(lstatSync(`${place}/link`).isSymbolicLink()).to.equal(true)
    expect([text(place, 'real'), (statSync(`${place}/real`).mode & 0o777).toString(8)]).to.deep.equal(['new', '640'])
  }))

  it('is refused if something of another type is there, which is kept', () => inTemporaryDirectory(async place => {
    mkdirSync(`${place}/d`)
    writeFileSync(`${place}/f`, 'kept')
    const report = await runLocally(({ task }) => {
      task('file on directory', file({ path: `${place}/d`, content: 'x' }), { ignoreErrors: true })
      task('directory on file', directory({ path: `${place}/f` }), { ignoreErrors: true })
      task('link on file', symlink({ path: `${place}/f`, target: 'x' }), { ignoreErrors: true })
    })
    expect(report.tasks.map(({ error }) => /but should be (?:a|a symbolic) (\w+): move it away first/.exec(error ?? '')?.[1])).to.deep.equal(['file', 'directory', 'link'])
    expect([statSync(`${place}/d`).isDirectory(), text(place, 'f')]).to.deep.equal([true, 'kept'])
  }))

  it('copes with names that shells and scripts could trip over', () => inTemporaryDirectory(async place => {
    const names = ["it's", 'two words', '-rf', '$HOME', '%s', 'new\nline', '`id`', '*', 'ü', '\\n', '.stead']
    const tasks: Tasks = ({ task }) => names.forEach(name => void task(name, file({ path: `${place}/${name}`, content: name, mode: '0600' })))
    const first = await runLocally(tasks)
    expect(first.tasks.map(({ status, error }) => error ?? status)).to.deep.equal(names.map(() => 'change'))
    expect(names.map(name => text(place, name))).to.deep.equal(names)
    expect((await runLocally(tasks)).status).to.equal('ok')
  }))
})

describe('handlers', () => {
  /** Tasks that write a, b and c, and two handlers that note down that they ran. */
  const noting = (place: string, more: Partial<{ fail: boolean; flush: boolean; handlerFails: boolean }> = {}): Tasks => ({ task, handler, flushHandlers }) => {
    const note = (name: string) => command({ argv: ['sh', '-c', `echo ${name} >>${place}/ran${more.handlerFails ? '; false' : ''}`] })
    const [first, second] = [handler('first', note('first')), handler('second: with / and %', note('second'))]
    task('a', file({ path: `${place}/a`, content: 'a' }), { notify: second })
    if (more.flush) flushHandlers()
    task('b', file({ path: `${place}/b`, content: 'b' }), { notify: [second, first] })
    if (more.fail) task('fails', lie({ path: `${place}/x` }))
    task('c', file({ path: `${place}/c`, content: 'c' }), { notify: second })
  }
  const ran = (place: string): string => (existsSync(`${place}/ran`) ? text(place, 'ran').trim().replaceAll('\n', ' ') : '')

  it('[handlers 1, handlers 2] run once each, in the order of their definition, after the tasks, and only when something changed', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    const report = await runOver(connect, noting(place))
    expect(report.handlers.map(({ name, status }) => [name, status])).to.deep.equal([['first', 'change'], ['second: with / and %', 'change']])
    expect(ran(place)).to.equal('first second')
    expect((await runOver(connect, noting(place))).handlers).to.deep.equal([])
    expect(ran(place)).to.equal('first second')
  }))

  it('[handlers 1] are only those that were notified', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    writeFileSync(`${place}/b`, 'b')
    expect((await runOver(connect, noting(place))).handlers.map(({ name }) => name)).to.deep.equal(['second: with / and %'])
  }))

  it('run at a flush as well, and again when notified again', () => inTemporaryDirectory(async place => {
    await runOver(privateConnect(`${place}/host`), noting(place, { flush: true }))
    expect(ran(place)).to.equal('second first second')
  }))

  it('[handlers 4, handlers 5] are not lost when a task fails after their notification: the next run runs them', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    const failed = await runOver(connect, noting(place, { fail: true }))
    expect([failed.status, failed.handlers, ran(place)]).to.deep.equal(['failed', [], ''])
    const foretold = await runOver(connect, noting(place), { check: true })
    expect(foretold.handlers.map(({ status }) => status)).to.deep.equal(['change', 'change'])
    const next = await runOver(connect, noting(place))
    expect([statuses(next), ran(place)]).to.deep.equal([['a: ok', 'b: ok', 'c: change'], 'first second'])
    expect((await runOver(connect, noting(place))).handlers).to.deep.equal([])
  }))

  it('[handlers 5] are not lost when the connection is cut in the frame of the change', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    const cutting: Connect = async () => {
      const connection = await connect()
      let frames = 0
      return { ...connection, start: async command => {
        const channel = await connection.start(command)
        // The second frame writes `a`: its answer never arrives.
        channel.stdout.on('data', () => { if ((frames += 1) > 1) connection.close() })
        return channel
      } }
    }
    // Ended at the first loss: to try again would take a minute.
    const stopping = new AbortController()
    const cut = await runOver(cutting, noting(place), { observer: { ...silent, note: () => stopping.abort(), stop: stopping.signal } }).then(report => report.status, (error: unknown) => error)
    expect(cut).to.be.instanceOf(ConnectionLost)
    await runOver(connect, noting(place))
    // Once too often is right here, once too seldom is not.
    expect(ran(place)).to.match(/first/).and.match(/second/)
  }))

  it('[handlers 5] that fail are reported and stay pending', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    const failed = await runOver(connect, noting(place, { handlerFails: true }))
    expect(failed.handlers.map(({ name, status }) => [name, status])).to.deep.equal([['first', 'failed']])
    expect(failed.handlers[0]?.error).to.include('here "first"')
    const next = await runOver(connect, noting(place))
    expect(next.handlers.map(({ name, status }) => [name, status])).to.deep.equal([['first', 'change'], ['second: with / and %', 'change']])
  }))

  it('belong to their playbook', () => inTemporaryDirectory(async place => {
    const connect = privateConnect(`${place}/host`)
    await runOver(connect, noting(place, { fail: true }))
    const other = await runOver(connect, ({ handler }) => void handler('another', command({ argv: ['true'] })))
    expect(other.handlers).to.deep.equal([])
  }))
})

describe('a connection that is lost', () => {
  it('[fault 74] before the first answer is opened again, in a run and in a check', () => inTemporaryDirectory(async place => {
    for (const check of [true, false]) {
      let connections = 0
      const notes: string[] = []
      const flaky: Connect = async () => {
        const connection = await privateConnect(`${place}/host`)()
        connections += 1
        // The first host ends as one that loses power; the second does not even start a shell.
        if (connections === 1) return { ...connection, start: () => connection.start('kill -KILL $$') }
        if (connections === 2) return { ...connection, start: () => Promise.reject(new NotReachable('The connection was lost: gone.')) }
        return connection
      }
      const report = await runOver(flaky, ({ task }) => void task('a', file({ path: `${place}/a`, content: 'a' })), { check, observer: { ...silent, note: (_, message) => notes.push(message) } })
      expect([statuses(report), connections, notes.length]).to.deep.equal([['a: change'], 3, 2])
      expect(notes[0]).to.include('The connection was lost').and.include('Connecting again in 0.5 s')
    }
  })).timeout(180_000)

  it('is opened again, and the run goes on where it was', () => inTemporaryDirectory(async place => {
    let connections = 0
    const notes: string[] = []
    const flaky: Connect = async () => {
      const connection = await privateConnect(`${place}/host`)()
      const isFirst = (connections += 1) === 1
      return { ...connection, start: async script => {
        const channel = await connection.start(script)
        if (isFirst) setTimeout(() => connection.close(), 400)
        return channel
      } }
    }
    const report = await runOver(flaky, ({ task }) => {
      task('a', file({ path: `${place}/a`, content: 'a' }))
      task('slow', command({ argv: ['sh', '-c', `sleep 1; echo >${place}/slow`], creates: `${place}/slow` }))
      task('b', file({ path: `${place}/b`, content: 'b' }))
    }, { observer: { ...silent, note: (_, message) => notes.push(message) } })
    expect(report.status).to.equal('change')
    expect(statuses(report)).to.deep.equal(['a: change', 'slow: change', 'b: change'])
    expect(connections).to.equal(2)
    expect(notes.join()).to.include('Connecting again')
    expect([existsSync(`${place}/a`), existsSync(`${place}/slow`), existsSync(`${place}/b`)]).to.deep.equal([true, true, true])
  }))
})
