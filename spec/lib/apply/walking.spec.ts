import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { expect } from 'chai'
import type { Observer } from '../../../lib/walk/host-walk.ts'
import { Interrupted } from '../../../lib/walk/stop.ts'
import { ReadError, want } from '../../../lib/resource.ts'
import { apply, read } from '../../../lib/shell/script.ts'
import { command } from '../../../modules/command.ts'
import { statuses, type Tasks } from '../run/local-run.ts'
import { inTemporaryDirectory, privateConnect } from '../shell/local-session.ts'
import type { ResourceKind } from '../../../lib/state/resource-kind.ts'
import { lineWith, recorded, scripted, wanting, wantLine } from './recorded.ts'

const note = (place: string, name: string, end = ':') => command({ argv: ['sh', '-c', `echo ${name} >>${place}/ran; ${end}`] })
const ran = (place: string): string => (existsSync(`${place}/ran`) ? readFileSync(`${place}/ran`, 'utf8').trim().replaceAll('\n', ' ') : '')
const listed = (entries: readonly { name: string; status: string }[]): string[] => entries.map(({ name, status }) => `${name}: ${status}`)

describe('What a run reports while it walks', () => {
  it('is when tasks and handlers start and end, in their order', () => inTemporaryDirectory(async place => {
    const heard: string[] = []
    const observer: Partial<Observer> = {
      taskStarted: (host, name) => heard.push(`${host} begins ${name}`), taskDone: (host, { name, status }) => heard.push(`${host} ${name}: ${status}`), handlerDone: (host, { name, status }) => heard.push(`${host} ran ${name}: ${status}`),
    }
    const { tasks, handlers } = await recorded(privateConnect(`${place}/host`), ({ task, handler }) => {
      const restart = handler('restart', note(place, 'restart'))
      task('a', wantLine(`${place}/a`, 'x'), { notify: restart })
      task('skip', wantLine(`${place}/b`, 'x'), { when: () => false })
      task('there', wantLine(`${place}/c`, null))
    }, { observer })
    expect(heard).to.deep.equal(['here begins a', 'here a: change', 'here begins skip', 'here skip: skipped', 'here begins there', 'here there: ok', 'here begins restart', 'here ran restart: change'])
    expect(tasks.map(({ durationMs, ...task }) => ({ ...task, took: durationMs >= 0 && durationMs < 60_000 }))).to.deep.equal([
      { name: 'a', module: 'wanting', status: 'change', changes: [{ resource: `line[${place}/a]`, diff: 'absent → present\nline: (none) → x' }], took: true },
      { name: 'skip', module: '', status: 'skipped', changes: [], took: true },
      { name: 'there', module: 'wanting', status: 'ok', changes: [], took: true },
    ])
    expect(handlers).to.deep.equal([{ name: 'restart', status: 'change', after: 3 }])
  }))

  it('is why something failed, and whether that is ignored', () => inTemporaryDirectory(async place => {
    const { tasks, handlers } = await recorded(privateConnect(`${place}/host`), ({ task, handler }) => {
      const [first, second] = [handler('first', note(place, 'first', 'false'), { ignoreErrors: true }), handler('second', note(place, 'second'))]
      task('a', wantLine(`${place}/a`, 'x'), { notify: [first, second] })
      task('fail', wantLine(`${place}/b`, 'x', scripted(apply`:`)), { ignoreErrors: true })
      task('stop', wantLine(`${place}/b`, 'x', scripted(apply`:`)))
    })
    const error = `line[${place}/b]: It was written, but does not read back as desired:\n  absent → present\n  line: (none) → x`
    expect(tasks.slice(1).map(({ durationMs, ...task }) => ({ ...task, took: durationMs >= 0 && durationMs < 60_000 }))).to.deep.equal([
      { name: 'fail', module: '', status: 'failed', changes: [], error: `here "fail" ${error}`, ignored: true, took: true }, { name: 'stop', module: '', status: 'failed', changes: [], error: `here "stop" ${error}`, took: true },
    ])
    expect(handlers).to.deep.equal([])
    const next = await recorded(privateConnect(`${place}/host`), ({ task, handler }) => {
      handler('first', note(place, 'first', 'false'), { ignoreErrors: true })
      handler('second', note(place, 'second'))
      task('a', wantLine(`${place}/a`, 'x'))
    })
    expect([listed(next.handlers), next.handlers.map(({ ignored }) => ignored), next.handlers[0]?.error?.split(':')[0], ran(place)]).to.deep.equal([['first: failed', 'second: change'], [true, undefined], 'here "first" command[sh -c echo first >>' + place + '/ran; false]', 'first second'])
  }))

  it('starts with what an interrupted run left, as a change of its own', () => inTemporaryDirectory(async place => {
    mkdirSync(`${place}/host/lib/stead/temporary`, { recursive: true })
    writeFileSync(`${place}/host/lib/stead/temporary/thing`, `a thing\n999999 1\nrm ${place}/thing\n`)
    writeFileSync(`${place}/thing`, '')
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => void task('gone', wantLine(`${place}/thing`, null)))
    expect(tasks.map(({ durationMs, ...task }) => ({ ...task, took: durationMs >= 0 && durationMs < 60_000 }))).to.deep.equal([
      { name: 'Clean up after an interrupted run', module: 'stead', status: 'change', changes: [{ resource: 'temporary[thing]', diff: 'a thing: present → absent' }], took: true },
      { name: 'gone', module: 'wanting', status: 'ok', changes: [], took: true },
    ])
  }))
})

describe('A run that is told to stop', () => {
  const stopping = async (place: string, at: string, tasks: Tasks) => {
    const controller = new AbortController()
    const stop = (_host: string, { name }: { name: string }) => void (name === at && controller.abort('SIGINT'))
    const run = await recorded(privateConnect(`${place}/host`), tasks, { observer: { stop: controller.signal, taskDone: stop, handlerDone: stop } })
    return [...listed(run.tasks), ...listed(run.handlers), run.error instanceof Interrupted && run.error.message]
  }

  it('finishes the current step, and starts no other task', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task }) => {
      for (const name of ['a', 'b', 'c']) task(name, wantLine(`${place}/${name}`, 'x'))
    }
    expect(await stopping(place, 'a', tasks)).to.deep.equal(['a: change', 'Stopped (SIGINT) before "b".'])
    expect([existsSync(`${place}/a`), existsSync(`${place}/b`)]).to.deep.equal([true, false])
    // a is as it should be now, and walked in one window with the others.
    expect(await stopping(place, 'a', tasks)).to.deep.equal(['a: ok', 'Stopped (SIGINT) before "b".'])
  }))

  it('starts no other handler, which the next run runs', () => inTemporaryDirectory(async place => {
    const tasks: Tasks = ({ task, handler }) => {
      task('a', wantLine(`${place}/a`, 'x'), { notify: ['first', 'second'].map(name => handler(name, note(place, name))) })
    }
    expect(await stopping(place, 'first', tasks)).to.deep.equal(['a: change', 'first: change', 'Stopped (SIGINT) before the handler "second".'])
    expect([listed((await recorded(privateConnect(`${place}/host`), tasks)).handlers), ran(place)]).to.deep.equal([['second: change'], 'first second'])
  }))
})

describe('A task that awaits one that gives no result', () => {
  const fails = /gave no result: it was skipped, it failed, or it comes later/
  const awaiting = (place: string, options: Parameters<Parameters<Tasks>[0]['task']>[2], resource = lineWith()): Tasks => ({ task }) => {
    const first = task('first', wantLine(`${place}/a`, 'x', resource), options)
    task('second', async () => wantLine(`${place}/${String(await first)}`, 'x'))
  }

  it('fails, be it that the other was left out, was only shown, or failed', () => inTemporaryDirectory(async place => {
    for (const [status, tasks] of [['skipped', awaiting(place, { when: () => false })], ['may-change', awaiting(place, { checkMode: true })], ['failed', awaiting(place, { ignoreErrors: true }, scripted(apply`false`))]] as const) {
      const { tasks: reported } = await recorded(privateConnect(`${place}/host`), tasks)
      expect([statuses({ tasks: reported }), fails.test(reported[1]?.error ?? '')]).to.deep.equal([[`first: ${status}`, 'second: failed'], true])
    }
    expect(existsSync(`${place}/a`)).to.equal(false)
  }))

  it('is shown what it would change, with the reason why it does not', () => inTemporaryDirectory(async place => {
    const { tasks: [task] } = await recorded(privateConnect(`${place}/host`), ({ task }) => void task('never', wantLine(`${place}/a`, 'x'), { checkMode: true }))
    expect({ ...task, durationMs: 0 }).to.deep.equal({ name: 'never', module: 'wanting', status: 'may-change', durationMs: 0, changes: [{ resource: `line[${place}/a]`, diff: 'absent → present\nline: (none) → x', reason: 'the task is never applied (checkMode: true)' }] })
  }))

  it('is only compared, as in a check, if nothing has to be done, and is applied if checkMode is false', () => inTemporaryDirectory(async place => {
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      task('there', wantLine(`${place}/a`, null), { checkMode: true })
      task('applied', wantLine(`${place}/b`, 'x'), { checkMode: false })
    })
    expect(statuses({ tasks })).to.deep.equal(['there: ok', 'applied: change'])
  }))
})

describe('Handlers and flushes', () => {
  it('run at a flush before later tasks, which are planned only then', () => inTemporaryDirectory(async place => {
    const planned: string[] = []
    const { tasks, handlers } = await recorded(privateConnect(`${place}/host`), ({ task, handler, flushHandlers }) => {
      const make = handler('make', command({ argv: ['sh', '-c', `echo x >${place}/made`] }))
      task('a', wantLine(`${place}/a`, 'x'), { notify: make })
      flushHandlers()
      task('made', () => {
        planned.push(existsSync(`${place}/made`) ? 'after' : 'before')
        return wantLine(`${place}/made`, 'x')
      })
    })
    expect([statuses({ tasks }), handlers.map(({ after, status }) => [after, status])]).to.deep.equal([['a: change', 'made: ok'], [[1, 'change']]])
    // Once ahead of all, which needs no host.
    expect(planned).to.deep.equal(['before', 'after'])
  }))

  it('that fail at a flush stop the run there, unless ignored', () => inTemporaryDirectory(async place => {
    for (const [ignoreErrors, expected] of [[false, ['a: change']], [true, ['a: change', 'b: change']]] as const) {
      mkdirSync(`${place}/${ignoreErrors}`)
      const { tasks, handlers } = await recorded(privateConnect(`${place}/${ignoreErrors}/host`), ({ task, handler, flushHandlers }) => {
        task('a', wantLine(`${place}/${ignoreErrors}/a`, 'x'), { notify: handler('fail', note(place, 'fail', 'false'), { ignoreErrors }) })
        flushHandlers()
        task('b', wantLine(`${place}/${ignoreErrors}/b`, 'x'))
      })
      expect([statuses({ tasks }), listed(handlers)]).to.deep.equal([expected, ['fail: failed']])
    }
  }))

  it('let a handler await a task before the flush, and fail it if it awaits a later one', () => inTemporaryDirectory(async place => {
    const { handlers, tasks } = await recorded(privateConnect(`${place}/host`), ({ task, handler, flushHandlers }) => {
      const restart = handler('restart', async () => command({ argv: ['sh', '-c', `echo ${typeof await before} >${place}/ran`] }))
      const wrong = handler('wrong', async () => command({ argv: ['touch', String(await behind)] }), { ignoreErrors: true })
      const before = task('before', wantLine(`${place}/a`, 'x'), { notify: [restart, wrong] })
      flushHandlers()
      const behind = task('behind', wantLine(`${place}/b`, 'x'))
      task('last', async () => wantLine(`${place}/${typeof await behind}`, 'x'))
    })
    expect([listed(handlers), statuses({ tasks }), ran(place)]).to.deep.equal([['restart: change', 'wrong: failed'], ['before: change', 'behind: change', 'last: change'], 'undefined'])
  }))

  it('cost two round trips, of which the first is spared where the change before could ask for it', () => inTemporaryDirectory(async place => {
    const run = await recorded(privateConnect(`${place}/host`), ({ task, handler }) => {
      task('a', wantLine(`${place}/a`, 'x'), { notify: [handler('first', note(place, 'first')), handler('second', note(place, 'second'))] })
    })
    // All reads, the change with the reads of the first handler, that handler with those of the second, the second.
    expect([run.session.roundTrips, ran(place)]).to.deep.equal([4, 'first second'])
  }))

  it('are asked for by the change before a flush, and what comes behind is not', () => inTemporaryDirectory(async place => {
    const kinds = (name: ResourceKind) => lineWith({ kind: name })
    const run = await recorded(privateConnect(`${place}/host`), ({ task, handler, flushHandlers }) => {
      const restart = handler('restart', wanting(want(kinds('restarted'), { path: `${place}/r` }, { line: 'x' })))
      task('a', wantLine(`${place}/a`, 'x', kinds('first')), { notify: restart })
      task('b', wantLine(`${place}/b`, 'x', kinds('second')))
      flushHandlers()
      task('c', wantLine(`${place}/c`, 'x', kinds('third')))
      flushHandlers()
      task('d', wantLine(`${place}/d`, 'x', kinds('fourth')))
      task('e', wantLine(`${place}/e`, 'x', kinds('fifth')))
    })
    const reads = run.session.written.map(({ parts }) => parts.flatMap(({ about }) => /^reading the current state \((.*)\)$/.exec(about ?? '')?.[1] ?? []).join(' '))
    // Each change reads itself back first; a handler after itself what comes next.
    expect(reads).to.deep.equal(['first second restarted', 'second restarted', 'restarted third fourth', 'third fourth fifth', 'fourth fifth', 'fifth'])
  }))
})

describe('Plans after a change', () => {
  it('are made of two tasks, and of twice as many each time that nothing changes', () => inTemporaryDirectory(async place => {
    const planned: string[] = []
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      for (const name of names) task(name, () => {
        planned.push(name)
        return wantLine(`${place}/${name}`, ['a', 'h'].includes(name) ? 'x' : null)
      })
    }, { observer: { taskDone: (_host, { name }) => planned.push(`${name}.`) } })
    expect(statuses({ tasks }).filter(each => each.endsWith('change'))).to.deep.equal(['a: change', 'h: change'])
    // Ahead, all at first, two after the change of a, then four; h changes in the middle of a window of eight.
    expect(planned.join('')).to.equal('abcdefghij' + 'abcdefghij' + 'a.' + 'bcb.c.' + 'defgd.e.f.g.' + 'hijh.' + 'iji.j.')
  }))

  it('are of two tasks again after a failure that is ignored', () => inTemporaryDirectory(async place => {
    const planned: string[] = []
    await recorded(privateConnect(`${place}/host`), ({ task }) => {
      for (const name of ['a', 'b', 'c', 'd']) task(name, () => {
        planned.push(name)
        return name === 'a' ? wantLine(`${place}/a`, 'x', scripted(apply`false`)) : wantLine(`${place}/${name}`, null)
      }, { ignoreErrors: true })
    })
    expect(planned.join('')).to.equal('abcd' + 'abcd' + 'bc' + 'd')
  }))

  it('are repeated at the task\'s turn if they failed ahead of it, and only then fail', () => inTemporaryDirectory(async place => {
    const unread = lineWith({ kind: 'unread', read: keys => ({ script: read`echo x >>${`${place}/asked`}`, parse: () => keys.map(() => new ReadError('it is dark')) }) })
    const { tasks } = await recorded(privateConnect(`${place}/host`), ({ task }) => {
      task('fine', wantLine(`${place}/a`, null))
      task('dark', wantLine(`${place}/b`, 'x', unread))
    })
    // Ahead, in the window, and at its turn alone.
    expect([tasks[1]?.error, readFileSync(`${place}/asked`, 'utf8').split('\n').length - 1]).to.deep.equal([`here "dark" unread[${place}/b]: it is dark`, 2])
  }))
})
