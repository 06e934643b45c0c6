import { expect } from 'chai'
import { foretell } from '../../../lib/check/foretell.ts'
import { CertainError, PlaybookError, PlaybookFileError, ReadError, SteadError } from '../../../lib/errors.ts'
import type { State } from '../../../lib/state/resource.ts'
import { act, foretold, thing, told, walkOf } from './sample-host.ts'

const plain = thing()
const fails = (error: Error) => thing({ compare: () => { throw error } })

describe('a check of tasks that fail', () => {
  it('stops at a task that fails, unless that is ignored; then it has no result', async () => {
    const tasks = (ignoreErrors: boolean) => foretold(({ task, handler }) => {
      const broken = task('broken', fails(new SteadError('no such luck'))({ name: 'a' }), { ignoreErrors })
      task('next', async () => plain({ name: 'b', value: (await broken).value }), { notify: handler('h', act()({ name: 'c' })) })
    }, { has: { b: 'old' }, walk: { pending: new Set(['h']) } })
    const stopped = await tasks(false)
    expect([told(stopped), stopped.handlers]).to.deep.equal([['broken: failed; here "broken" thing[a]: no such luck'], []])
    expect(stopped.tasks[0]).to.have.keys('name', 'module', 'status', 'changes', 'durationMs', 'error')
    const ignored = await tasks(true)
    expect(ignored.tasks.map(({ status, ignored: isIgnored }) => [status, isIgnored])).to.deep.equal([['failed', true], ['failed', undefined]])
    expect(ignored.handlers).to.deep.equal([])
  })

  it('asks once more for what could not be read ahead, where nothing changes before; else it goes on', async () => {
    let frames = 0
    const reads = () => { frames += 1 }
    const again = async (changes: boolean, ahead: State | Error) => {
      const walk = await walkOf(({ task }) => {
        if (changes) task('change', plain({ name: 'c' }))
        task('read', plain({ name: 'a', value: '1' }))
      }, { has: { a: '1' }, reads })
      walk.reader.learn(new Map([['thing a', ahead]]))
      frames = 0
      return [...told(await foretell(walk)), frames]
    }
    expect(await again(false, new Error('not yet'))).to.deep.equal(['read: ok', 1])
    const [, read] = await again(true, new ReadError('not yet'))
    expect(read).to.equal('read: may-change; cannot be predicted until the changes above are applied: here "read" thing[a]: not yet')
  })

  it('a failure is the last word where nothing changes before, or where it is the playbook\'s own or certain; else it may be due to what is still to be made', async () => {
    const after = (error: Error, changes = true, options = {}) => foretold(({ task }) => {
      if (changes) task('change', plain({ name: 'c' }))
      task('fails', fails(error)({ name: 'a' }), options)
      task('missing', thing({ forecast: { mayComeWithPackage: () => true } })({ name: 'm' }))
      task('same', plain({ name: 'a' }))
    }).then(report => told(report).slice(changes ? 1 : 0))
    expect(await after(new SteadError('x'), false)).to.deep.equal(['fails: failed; here "fails" thing[a]: x'])
    expect(await after(new CertainError('x'))).to.deep.equal(['fails: failed; here "fails" thing[a]: x'])
    expect(await after(new PlaybookFileError('x'))).to.deep.equal(['fails: failed; here "fails" thing[a]: x'])
    expect(await after(new PlaybookError('x'), true, { checkMode: false })).to.deep.equal(['fails: failed; here "fails" thing[a]: x'])
    const unsure = 'fails: may-change; cannot be predicted until the changes above are applied: here "fails" thing[a]: x'
    expect(await after(new PlaybookError('x'))).to.deep.equal([unsure, 'missing: may-change; it may come with "fails", which is not known yet', 'same: may-change; what "fails" does to it is known only after applying'])
    expect((await after(new SteadError('x'), true, { checkMode: false }))[0]).to.equal(unsure)
  })

  it('a read that fails after changes brings nothing; a task that cannot be planned may bring anything', async () => {
    const after = (body: () => ReturnType<typeof plain>) => foretold(({ task }) => {
      task('change', plain({ name: 'c' }))
      task('fails', body)
      task('missing', thing({ forecast: { mayComeWithPackage: () => true } })({ name: 'm' }))
    })
    const looks = await after(() => thing({ forecast: { onlyRead: true }, compare: () => { throw new SteadError('x') } })({ name: 'a' }))
    expect(looks.tasks.map(({ status }) => status)).to.deep.equal(['change', 'may-change', 'change'])
    const nothing = await after(() => { throw new SteadError('x') })
    expect(nothing.tasks.map(({ status, module }) => [status, module])).to.deep.equal([['change', 'thing'], ['may-change', ''], ['may-change', 'thing']])
    expect(nothing.tasks[1]?.changes).to.deep.equal([{ resource: 'fails', diff: '', reason: 'cannot be predicted until the changes above are applied: here "fails": x' }])
    const called = await foretold(({ task }) => { task('change', plain({ name: 'c' })); task('fails', fails(new SteadError('x'))({ name: 'a' })) })
    expect(called.tasks[1]?.module).to.equal('thing')
  })

  it('[fault 56] a task whose program is missing fails; if something above may install it, the task may change', async () => {
    const needing = thing({ forecast: { needs: () => [{ program: 'odd', packages: [] }] } })
    const check = (more: boolean) => foretold(({ task }) => {
      if (more) task('unknown', thing({ forecast: undefined }, 'strange')({ name: 'a' }))
      task('needs', needing({ name: 'b' }))
    }).then(report => told(report).at(-1))
    expect(await check(false)).to.match(/^needs: failed; here thing\[b\]: This needs odd, which is not on the host/)
    expect(await check(true)).to.equal('needs: may-change; it needs odd, and it is not known whether the tasks above install that')
  })

  it('waits for nothing: what is not so yet is an error only where nothing changes before', async () => {
    const waits = (verify: () => string | undefined) => thing({ event: { effect: 'wait', verify, describe: () => 'wait' } }, 'wait')
    const check = (says: string | undefined, changes: boolean) => foretold(({ task }) => {
      if (changes) task('change', plain({ name: 'c' }))
      task('wait', waits(() => says)({ name: 'a' }))
      task('next', plain({ name: 'b', value: '1' }))
    }, { has: { b: '1' } }).then(report => told(report).slice(changes ? 1 : 0))
    expect(await check('still closed', false)).to.deep.equal(['wait: failed; here: still closed'])
    expect(await check('still closed', true)).to.deep.equal(['wait: ok', 'next: ok'])
    expect(await check(undefined, false)).to.deep.equal(['wait: ok', 'next: ok'])
  })
})
