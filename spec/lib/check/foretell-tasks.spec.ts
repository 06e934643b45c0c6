import { expect } from 'chai'
import { z } from 'zod'
import { Overlay } from '../../../lib/check/overlay.ts'
import { CertainError, ConnectError } from '../../../lib/errors.ts'
import { Content, defineModule } from '../../../lib/resource.ts'
import { read } from '../../../lib/shell/script.ts'
import { act, foretold, thing, told } from './sample-host.ts'

const plain = thing()
const fails = (error: Error) => thing({ compare: () => { throw error } })

describe('a check, task by task', () => {
  it('reports each task as it ends, with its module, its changes and its duration', async () => {
    const events: unknown[] = []
    const before = performance.now()
    const { tasks, handlers } = await foretold(({ task, handler }) => {
      task('same', plain({ name: 'a', value: '1' }))
      task('other', plain({ name: 'b' }), { notify: handler('h', act()({ name: 'c' })) })
    }, { has: { a: '1', b: '2' }, observer: {
      taskStarted: (host, name) => events.push(['started', host, name]), taskDone: (host, report) => events.push(['done', host, report]), handlerDone: (host, report) => events.push(['handler', host, report]),
    } })
    const took = performance.now() - before
    expect(tasks.map(({ durationMs, ...report }) => [report, durationMs >= 0 && durationMs <= took])).to.deep.equal([
      [{ name: 'same', module: 'thing', status: 'ok', changes: [] }, true],
      [{ name: 'other', module: 'thing', status: 'change', changes: [{ resource: 'thing[b]', diff: 'value: 2 → new' }] }, true],
    ])
    expect(handlers).to.deep.equal([{ name: 'h', status: 'change', after: 2 }])
    expect(events).to.deep.equal([['started', 'here', 'same'], ['done', 'here', tasks[0]], ['started', 'here', 'other'], ['done', 'here', tasks[1]], ['handler', 'here', handlers[0]]])
  })

  it('says of a task the surest of what it says of its parts', async () => {
    const maybe = thing({ forecast: { mayChangeWith: () => true } }, 'maybe')
    const parts = await foretold(({ task }) => {
      task('sure', plain({ name: 'a' }))
      task('unsure', maybe({ name: 'b' }))
      task('neither', plain({ name: 'a' }))
    })
    expect(told(parts)).to.deep.equal(['sure: change', 'unsure: may-change; it also covers what tasks above will create', 'neither: ok'])
    expect(parts.tasks[1]?.changes).to.deep.equal([{ resource: 'maybe[b]', diff: 'absent → present\nvalue: (none) → new', reason: 'it also covers what tasks above will create' }])
  })

  it('[fault 66] first cleans up what an interrupted run left, once for all playbooks', async () => {
    const overlay = new Overlay()
    const leftovers = [{ name: 'x', what: 'a mark' }]
    const seen: unknown[] = []
    const given = { overlay, walk: { leftovers }, observer: { taskDone: (host: string, report: unknown) => seen.push([host, report]) } }
    const { tasks } = await foretold(({ task }) => void task('a', plain({ name: 'a' })), given)
    expect(told({ tasks })).to.deep.equal(['Clean up after an interrupted run: change', 'a: change'])
    expect(tasks[0]?.changes).to.deep.equal([{ resource: 'temporary[x]', diff: 'a mark: present → absent' }])
    expect(seen).to.deep.equal([['here', tasks[0]], ['here', tasks[1]]])
    expect(told(await foretold(({ task }) => void task('b', plain({ name: 'a' })), given)), 'the playbook after it').to.deep.equal(['b: ok'])
  })

  it('a task that a `when` leaves out is skipped; one that it may leave out may change', async () => {
    const report = await foretold(({ task }) => {
      task('out', plain({ name: 'x' }), { when: () => false })
      const out = [task('change', plain({ name: 'b', value: 'x' })), task('look', thing({ forecast: { onlyRead: true } }, 'look')({ name: 'l', value: '1' }))][1]
      task('may be left out', plain({ name: 'c' }), { when: async () => (await out)?.value === 'x' })
      task('may be made', plain({ name: 'c' }), { when: async () => (await out)?.value === 'not-known-yet' })
    }, { has: { b: 'old', l: '1' } })
    expect(told(report)).to.deep.equal([
      'out: skipped', 'change: change', 'look: ok',
      'may be left out: may-change; cannot be predicted until the changes above are applied: here: whether it is skipped depends on the result of "look"',
      'may be made: may-change; what "may be left out" does to it is known only after applying',
    ])
    expect(report.tasks.map(({ module }) => module)).to.deep.equal(['', 'thing', 'look', 'thing', 'thing'])
    expect(report.tasks[0]?.changes).to.deep.equal([])
  })

  it('a task fails that awaits the result of one that is left out or that fails, as it will in a run', async () => {
    const report = await foretold(({ task }) => {
      const out = task('out', plain({ name: 'x' }), { when: () => false })
      const failing = task('failing', fails(new CertainError('x'))({ name: 'y' }), { ignoreErrors: true })
      task('of it', async () => plain({ name: 'b', value: (await out).value }), { ignoreErrors: true })
      task('of the failing one', async () => plain({ name: 'b', value: (await failing).value }), { ignoreErrors: true })
      task('where it is so', plain({ name: 'c' }), { when: async () => (await out).value === 'x', ignoreErrors: true })
      task('left out too', async () => plain({ name: 'd', value: (await out).value }), { when: () => false })
    }, { has: { b: 'old' } })
    const failed = (name: string, awaited: string) => `${name}: failed; here "${name}": The task "${awaited}" gave no result: it was skipped, it failed, or it comes later.`
    expect(told(report).map(line => line.split('\n')[0])).to.deep.equal([
      'out: skipped', 'failing: failed; here "failing" thing[y]: x', failed('of it', 'out'), failed('of the failing one', 'failing'), failed('where it is so', 'out'), 'left out too: skipped',
    ])
  })

  it('one that may be left out fails of nothing for that, and what it asks for until then is unsure', async () => {
    const report = (error: Error) => foretold(({ task }) => {
      const looked = [task('change', plain({ name: 'x' })), task('look', thing({ forecast: { onlyRead: true } }, 'look')({ name: 'l', value: '1' }))][1]
      task('may fail', fails(error)({ name: 'a' }), { when: async () => (await looked)?.value === 'x' })
      task('about it', plain({ name: 'a', value: '1' }))
      task('may be wrong', async () => thing()({ name: '', value: (await looked)?.value ?? '' }), { when: async () => (await looked)?.value === 'x' })
    }, { has: { a: '1', l: '1' } })
    const cannot = (name: string) => `${name}: may-change; cannot be predicted until the changes above are applied: here: whether it is skipped depends on the result of "look"`
    expect(told(await report(new CertainError('x'))).slice(2)).to.deep.equal([cannot('may fail'), 'about it: may-change; what "may fail" does to it is known only after applying', cannot('may be wrong')])
    expect(await report(new ConnectError('refused')).catch(String)).to.contain('refused')
  })

  it('[check 2] a task that is never applied may change, changes nothing for later ones, and has no result', async () => {
    const report = await foretold(({ task }) => {
      const dry = task('dry', plain({ name: 'a', value: '2' }), { checkMode: true })
      task('after it', plain({ name: 'a', value: '1' }))
      task('of it', async () => plain({ name: 'b', value: (await dry).value }))
      task('as it is', plain({ name: 'a', value: '1' }), { checkMode: true })
    }, { has: { a: '1', b: 'old' } })
    expect(told(report)).to.deep.equal(['dry: may-change; the task is never applied (checkMode: true)', 'after it: ok', 'of it: may-change; it depends on the result of "dry", which is known only after applying', 'as it is: ok'])
    expect([report.tasks[0]?.module, report.tasks[0]?.changes[0]?.diff]).to.deep.equal(['thing', 'value: 1 → 2'])
  })

  it('[check 2] a task that runs for real in a check fails if it would write, whatever comes before it', async () => {
    const report = await foretold(({ task }) => {
      task('reads', plain({ name: 'a', value: '1' }), { checkMode: false })
      task('changes', plain({ name: 'b' }))
      task('writes', plain({ name: 'c' }), { checkMode: false })
      task('not reached', plain({ name: 'd' }))
    }, { has: { a: '1' } })
    expect(report.tasks.map(({ name, status }) => `${name}: ${status}`)).to.deep.equal(['reads: ok', 'changes: change', 'writes: failed'])
    expect(report.tasks[2]).to.deep.include({ module: '', changes: [] })
    expect(report.tasks[2]?.error).to.match(/^here: A task with checkMode: false runs for real in check mode, so it must only read, but this one would write\.\n +Use checkMode: false only for tasks that read/)
  })

  it('lets a module know what may come, what may exist, and whether anything changes before', async () => {
    const seen: unknown[] = []
    const asks = defineModule({ name: 'asks', args: z.strictObject({}), plan: (_args, host) => { seen.push([host.packagesPending(), host.anythingPending(), host.foretold?.()]); return { wants: [] } } })
    const brings = (what: 'package' | 'command') => thing({ forecast: { brings: () => ({ what, name: 'x', startsServices: false }) } }, what)
    await foretold(({ task }) => {
      const steps = [plain({ name: 'a' }), brings('command')({ name: 'b' }), brings('package')({ name: 'c' })]
      task('ask', asks({}))
      for (const step of steps) {
        task('change', step)
        task('ask', asks({}))
      }
    })
    expect(seen.slice(-4)).to.deep.equal([[false, false, false], [false, false, true], [false, true, true], [true, true, true]])
  })

  it('hides the lines of a private file that is edited, which are not the playbook\'s own', async () => {
    const shown = async (madeFrom: 'its own' | undefined) => (await foretold(({ task }) => void task('a', thing({
      madeFrom: () => madeFrom, compare: () => [{ field: 'content', current: Content.of('theirs\n'), desired: Content.of('theirs\nours\n') }],
      read: () => ({ script: read`private`, parse: () => [{ value: '', mode: '0600' }] }),
    })({ name: 'a' })))).tasks[0]?.changes[0]?.diff
    expect(await shown(undefined)).to.contain('theirs')
    expect(await shown('its own')).to.not.contain('theirs')
  })
})
