import { expect } from 'chai'
import { foretell } from '../../../lib/check/foretell.ts'
import { CertainError, ConnectError, PlaybookError } from '../../../lib/errors.ts'
import type { Play } from '../../../lib/playbook/playbook.ts'
import { ConnectionLost } from '../../../lib/shell/shell.ts'
import { act, foretold, thing, told, walkOf, type Given } from './sample-host.ts'

const plain = thing()
const maybe = thing({ forecast: { mayChangeWith: () => true } }, 'maybe')
const fails = (error: Error) => act({ compare: () => { throw error } })
const failure = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, (error: unknown) => error)

/** Does something while every pause is over at once. */
async function withoutPauses<Result>(work: () => Promise<Result>): Promise<Result> {
  const real = setTimeout
  const pausing = (value: unknown) => Object.defineProperty(globalThis, 'setTimeout', { value, configurable: true, writable: true, enumerable: true })
  pausing((then: () => void) => real(then, 0))
  try {
    return await Promise.race([work(), new Promise<never>((_resolve, reject) => void real(() => reject(new Error('It hangs.')), 1000).unref())])
  } finally {
    pausing(real)
  }
}

/** What is told of tasks and handlers: `1 h: change` is a handler after the first task. */
async function both(tasks: (play: Play) => void, given: Given = {}): Promise<string[]> {
  const report = await foretold(tasks, given)
  return [...told(report), ...report.handlers.map(({ name, status, after, error, ignored, reason }) => [`${after ?? '?'} ${name}: ${status}`, ...(ignored ? ['ignored'] : []), error, reason].filter(part => part !== undefined).join('; '))]
}

describe('[handlers] a check, handler by handler', () => {
  it('reports once, at the next flush, those that a change notifies, and those that an earlier run left', async () => {
    expect(await both(({ task, handler, flushHandlers }) => {
      const [one, two] = [handler('one', act()({ name: 'one' })), handler('two', act()({ name: 'two' }))]
      handler('never', act()({ name: 'never' }))
      handler('left', act()({ name: 'left' }))
      task('a', plain({ name: 'a' }), { notify: [two, one] })
      task('b', plain({ name: 'b' }), { notify: one })
      flushHandlers()
      task('same', plain({ name: 'a' }), { notify: two })
      task('c', plain({ name: 'c' }), { notify: one })
      flushHandlers()
    }, { walk: { pending: new Set(['left']) } })).to.deep.equal(['a: change', 'b: change', 'same: ok', 'c: change', '2 one: change', '2 two: change', '2 left: change', '4 one: change'])
  })

  it('is as sure of a handler as of the surest task that notifies it, in whatever order', async () => {
    const unsure = '; a task that notifies it may change'
    const order = async (...names: ('sure' | 'unsure')[]) => (await both(({ task, handler }) => {
      const h = handler('h', act()({ name: 'h' }))
      task('first', plain({ name: 'x' }))
      for (const name of names) task(name, (name === 'sure' ? plain : maybe)({ name }), { notify: h })
    })).at(-1)
    expect([await order('unsure'), await order('unsure', 'sure'), await order('sure', 'unsure')]).to.deep.equal([`2 h: may-change${unsure}`, '3 h: change', '3 h: change'])
  })

  it('is not notified by a task that does nothing, is left out, or fails', async () => {
    expect(await both(({ task, handler }) => {
      const h = handler('h', act()({ name: 'h' }))
      task('same', plain({ name: 'a', value: '1' }), { notify: h })
      task('out', plain({ name: 'b' }), { notify: h, when: () => false })
      task('fails', fails(new PlaybookError('x'))({ name: 'c' }), { notify: h, ignoreErrors: true })
    }, { has: { a: '1' } })).to.deep.equal(['same: ok', 'out: skipped', 'fails: failed; here "fails" thing[c]: x'])
  })

  it('shows later tasks the host as it leaves it; one that may run leaves that unsure, and brings nothing', async () => {
    const after = (notifies: typeof plain) => both(({ task, handler, flushHandlers }) => {
      task('first', plain({ name: 'x' }))
      task('notify', notifies({ name: 'n' }), { notify: handler('h', act()({ name: 'h' })) })
      flushHandlers()
      task('what it makes', plain({ name: 'h' }))
      task('missing', thing({ forecast: { mayComeWithPackage: () => true } })({ name: 'm' }))
    })
    const unsure = await foretold(({ task, handler, flushHandlers }) => {
      task('first', plain({ name: 'x' }))
      task('notify', maybe({ name: 'n' }), { notify: handler('h', act()({ name: 'h' })) })
      flushHandlers()
      task('as it is', plain({ name: 'h' }))
    }, { has: { h: 'old' } })
    expect(unsure.tasks[2]?.changes[0]?.diff, 'held against what is there').to.equal('value: old → new')
    expect((await after(plain)).slice(2)).to.deep.equal(['what it makes: ok', 'missing: change', '2 h: change'])
    expect((await after(maybe)).slice(2)).to.deep.equal(['what it makes: may-change; what "h" does to it is known only after applying', 'missing: change', '2 h: may-change; a task that notifies it may change'])
  })

  it('takes what only a handler may do', async () => {
    const only = act({}, 'is for handlers')
    expect(await both(({ task, handler, flushHandlers }) => {
      task('a', plain({ name: 'a' }), { notify: handler('h', () => only({ name: 'h' })) })
      flushHandlers()
      task('what it makes', plain({ name: 'h' }))
    })).to.deep.equal(['a: change', 'what it makes: ok', '1 h: change'])
  })

  it('fails if it will certainly run and fail; what is not known yet is left to its run', async () => {
    const check = (error: Error, notifies: typeof plain, options = {}) => both(({ task, handler, flushHandlers }) => {
      task('first', plain({ name: 'x' }))
      task('notify', notifies({ name: 'n' }), { notify: handler('h', fails(error)({ name: 'h' }), options) })
      flushHandlers()
      task('what it makes', plain({ name: 'h' }))
      task('missing', thing({ forecast: { mayComeWithPackage: () => true } })({ name: 'm' }))
    }).then(list => list.slice(2))
    const behind = ['what it makes: may-change; what "h" does to it is known only after applying', 'missing: change']
    expect(await check(new CertainError('no such thing'), plain)).to.deep.equal([...behind, '2 h: failed; here "h" thing[h]: no such thing'])
    expect(await check(new CertainError('no such thing'), plain, { ignoreErrors: true })).to.deep.equal([...behind, '2 h: failed; ignored; here "h" thing[h]: no such thing'])
    expect(await check(new CertainError('no such thing'), maybe)).to.deep.equal([...behind, '2 h: may-change; a task that notifies it may change'])
    expect(await check(new PlaybookError('not yet'), plain)).to.deep.equal([...behind, '2 h: change'])
  })
})

describe('a check whose host is lost, or that is told to stop', () => {
  it('ends with the reason if the host refuses the login, and keeps what was reported', async () => {
    for (const where of ['task', 'handler']) {
      const walk = await walkOf(({ task, handler }) => {
        task('a', plain({ name: 'a' }), { notify: where === 'handler' ? handler('h', fails(new ConnectError('refused'))({ name: 'h' })) : [] })
        if (where === 'task') task('b', fails(new ConnectError('refused'))({ name: 'b' }))
      })
      const done = { tasks: [], handlers: [] }
      expect(await failure(foretell(walk, undefined, done)), where).to.be.instanceOf(ConnectError).with.property('message', 'refused')
      expect([told(done), done.handlers], where).to.deep.equal([['a: change'], []])
    }
  })

  it('is not asked twice by a host that does not let it in', async () => {
    let frames = 0
    const walk = await walkOf(({ task }) => void task('a', fails(new ConnectError('refused'))({ name: 'a' })), { reads: () => { frames += 1 } })
    walk.reader.learn(new Map([['thing other', new Error('x')]]))
    expect(await failure(foretell(walk))).to.be.instanceOf(ConnectError)
    expect(frames).to.equal(1)
  })

  it('reconnects if the connection is lost, and counts losses from the last predicted task', async () => {
    const notes: string[] = []
    const losses = new Map([['a', 2], ['h', 1], ['c', 1], ['i', 1]])
    const lost = (name: string) => act({ compare: () => {
      losses.set(name, (losses.get(name) ?? 0) - 1)
      if ((losses.get(name) ?? 0) >= 0) throw new ConnectionLost(`${name}.`)
      return [{ field: 'value', current: 'a', desired: 'b' }]
    } })({ name })
    const report = await withoutPauses(() => foretold(({ task, handler, flushHandlers }) => {
      task('a', lost('a'), { notify: handler('h', lost('h')) })
      flushHandlers()
      task('c', lost('c'), { notify: handler('i', lost('i')) })
    }, { observer: { note: (host, message) => notes.push(`${host}: ${message.replace(' in a row).', '')}`) } }))
    expect([told(report), report.handlers.length]).to.deep.equal([['a: change', 'c: change'], 2])
    expect(notes).to.deep.equal([
      'here: a. Connecting again in 0.5 s (loss 1 of at most 7', 'here: a. Connecting again in 1 s (loss 2 of at most 7', 'here: h. Connecting again in 0.5 s (loss 1 of at most 7',
      'here: c. Connecting again in 1 s (loss 2 of at most 7', 'here: i. Connecting again in 0.5 s (loss 1 of at most 7',
    ])
  })

  it('starts nothing more once it is told to stop: no task, and no handlers', async () => {
    const stopAfter = async (name: string) => {
      const stop = new AbortController()
      const done = { tasks: [], handlers: [] }
      const walk = await walkOf(({ task, flushHandlers }) => {
        task('a', plain({ name: 'a' }))
        task('b', plain({ name: 'b' }))
        flushHandlers()
      }, { observer: { stop: stop.signal, taskDone: (_host, report) => { if (report.name === name) stop.abort('SIGINT') } } })
      const error = await failure(foretell(walk, undefined, done))
      return [told(done).length, error instanceof Error ? error.message : '']
    }
    expect(await stopAfter('a')).to.deep.equal([1, 'Stopped (SIGINT) before "b".'])
    expect(await stopAfter('b')).to.deep.equal([2, 'Stopped (SIGINT) before its handlers.'])
  })
})
