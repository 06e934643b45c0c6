import { expect } from 'chai'
import { z } from 'zod'
import { defineModule, want, type Want } from '../../../lib/resource.ts'
import { SteadError } from '../../../lib/errors.ts'
import type { Play } from '../../../lib/playbook/playbook.ts'
import { sample } from '../state/sample-resource.ts'
import { act, foretold, thing, told } from './sample-host.ts'

const plain = thing()
const maybe = thing({ forecast: { mayChangeWith: () => true } }, 'maybe')
/** What a module wants as its resource: a thing, plain or one that may change with anything. */
const part = (kind: 'plain' | 'maybe' | 'look', name: string, value = 'new'): Want => want({ ...sample(kind), forecast: { mayChangeWith: () => kind === 'maybe' }, ...(kind === 'look' ? { forecast: { onlyRead: true } } : {}) }, { name }, { value })
/** A module of several such, whose result is the value of the first. */
const several = (...wants: Want[]) => defineModule<z.ZodObject, { value: string }>({
  name: 'several', args: z.object({}), placeholder: { value: 'not-known-yet' }, plan: () => ({ wants, output: ([state]) => (typeof state?.['value'] === 'string' ? { value: state['value'] } : undefined) }),
})({})
/** What is told of the last task. */
const last = async (tasks: (play: Play) => void, has: Record<string, string> = {}) => told(await foretold(tasks, { has })).at(-1)

describe('a check of tasks that await the results of others', () => {
  it('what a result that is not known has made is unsure', async () => {
    const report = await foretold(({ task, handler, flushHandlers }) => {
      const made = thing({ forecast: { mayChangeWith: () => true } }, 'made')
      task('change', plain({ name: 'x' }), { notify: handler('h', async () => act()({ name: 'h', value: (await result).value })) })
      const result = task('result', made({ name: 'r' }))
      task('of it', async () => plain({ name: 'a', value: (await result).value }))
      task('about that', plain({ name: 'a', value: '1' }))
      flushHandlers()
      task('what the handler made', plain({ name: 'h', value: '1' }))
    }, { has: { a: '1', h: '1' } })
    const depends = 'it depends on the result of "result", which is known only after applying'
    expect(told(report)).to.deep.equal([
      'change: change', 'result: may-change; it also covers what tasks above will create', `of it: may-change; ${depends}`, 'about that: may-change; what "of it" does to it is known only after applying',
      'what the handler made: may-change; what "h" does to it is known only after applying',
    ])
  })

  it('a result is known once it follows from what was foretold, or from what is there', async () => {
    const report = await foretold(({ task }) => {
      const [same, changed] = [task('same', plain({ name: 'a', value: '1' })), task('changed', plain({ name: 'b', value: '2' }))]
      task('of both', async () => plain({ name: 'c', value: `${(await same).value}${(await changed).value}` }))
      const removed = task('removed', plain({ name: 'd', value: null }))
      task('of what is gone', async () => plain({ name: 'e', value: (await removed).value }))
    }, { has: { a: '1', b: '1', c: '1', d: 'x', e: 'x' } })
    expect(report.tasks.map(({ name, status, changes }) => [name, status, ...changes.map(({ diff }) => diff)])).to.deep.equal([
      ['same', 'ok'], ['changed', 'change', 'value: 1 → 2'], ['of both', 'change', 'value: 1 → 12'], ['removed', 'change', 'present → absent'], ['of what is gone', 'may-change', 'value: x → not-known-yet'],
    ])
  })

  it('the result of what may change is not known, nor is that of a look at a host that is about to change', async () => {
    const looked = thing({ forecast: { onlyRead: true } }, 'look')
    const maybe = thing({ forecast: { mayChangeWith: () => true } }, 'maybe')
    const use = (says: typeof plain, changes: boolean) => foretold(({ task }) => {
      if (changes) task('change', plain({ name: 'first' }))
      const found = task('find', says({ name: 'a', value: '1' }))
      task('use', async () => plain({ name: 'b', value: (await found).value }))
    }, { has: { a: '1', b: 'old' } }).then(report => told(report).at(-1))
    const unknown = 'use: may-change; it depends on the result of "find", which is known only after applying'
    expect([await use(looked, false), await use(looked, true), await use(maybe, true), await use(plain, true)]).to.deep.equal(['use: change', unknown, unknown, 'use: change'])
  })

  it('the result of a task that is left out is that of the host, where the host is as it says', async () => {
    const use = (value: string) => foretold(({ task }) => {
      const left = task('left out', plain({ name: 'a', value }), { tags: ['x'] })
      task('use', async () => plain({ name: 'b', value: (await left).value }))
    }, { has: { a: '1', b: '1' }, choose: ({ options }) => options.tags === undefined })
    expect(told(await use('1'))).to.deep.equal(['use: ok'])
    expect(told(await use('2'))).to.deep.equal(['use: may-change; it depends on the result of "left out", which is known only after applying'])
  })

  it('knows the result of a task of several parts only where all of them are certain', async () => {
    const use = (...kinds: ('plain' | 'maybe' | 'look')[]) => last(({ task }) => {
      task('change', plain({ name: 'x' }))
      const found = task('find', several(...kinds.map((kind, index) => part(kind, `${index}`, '1'))))
      task('use', async () => plain({ name: 'b', value: (await found).value }))
    }, { 0: '1', 1: '1', b: 'old' })
    const unknown = 'use: may-change; it depends on the result of "find", which is known only after applying'
    expect([await use('plain', 'plain'), await use('plain', 'maybe'), await use('plain', 'look'), await use('look', 'plain')]).to.deep.equal(['use: change', unknown, unknown, unknown])
  })

  it('knows the result of a wait that is over', async () => {
    const over = thing({ event: { effect: 'wait', verify: () => undefined, describe: () => 'wait' } }, 'wait')
    expect(await last(({ task }) => {
      const found = task('wait', over({ name: 'a' }))
      task('use', async () => plain({ name: 'b', value: (await found).value }))
    }, { a: '1', b: '1' })).to.equal('use: ok')
  })

  it('names all the results that a task depends on', async () => {
    const both = (options: (value: () => Promise<string>) => { when?: () => Promise<boolean> }) => last(({ task }) => {
      task('change', plain({ name: 'x' }))
      const [one, other] = [task('one', maybe({ name: 'o' })), task('other', maybe({ name: 'p' }))]
      const value = async () => (await one).value + (await other).value
      task('both', async () => plain({ name: 'b', value: await value() }), options(value))
    }, { b: 'old' })
    expect(await both(() => ({}))).to.equal('both: may-change; it depends on the result of "one", "other", which is known only after applying')
    expect(await both(value => ({ when: async () => (await value()) === 'x' }))).to.contain('whether it is skipped depends on the result of "one", "other"')
  })

  it('cannot predict a task or handler, even one that may be skipped, that awaits a result without a placeholder', async () => {
    const gives = defineModule({ name: 'gives', args: z.strictObject({}), plan: () => ({ wants: [part('maybe', 'g')], output: () => 'x' }) })
    const report = await foretold(({ task, handler }) => {
      task('change', plain({ name: 'x' }), { notify: handler('h', async () => act()({ name: 'h', value: await result })) })
      const [result, other] = [task('result', gives({})), task('other', maybe({ name: 'o' }))]
      task('of it', async () => plain({ name: 'a', value: await result }))
      task('may be left out', async () => plain({ name: 'b', value: await result }), { when: async () => (await other).value === 'x' })
    })
    expect(told(report).slice(3)).to.deep.equal([
      'of it: may-change; cannot be predicted until the changes above are applied: here "of it": The result of "result" is known only after applying.',
      'may be left out: may-change; cannot be predicted until the changes above are applied: here: whether it is skipped depends on the result of "other"',
    ])
    expect(report.handlers).to.deep.equal([{ name: 'h', status: 'change', after: 5 }])
  })

  it('leaves nothing in doubt that has nothing to do with a result that is not known', async () => {
    expect(told(await foretold(({ task }) => {
      task('change', plain({ name: 'x' }))
      const result = task('result', maybe({ name: 'r' }))
      task('of it', async () => plain({ name: 'a', value: (await result).value }))
      task('missing', thing({ forecast: { mayComeWithPackage: () => true } })({ name: 'm' }))
    })).at(-1)).to.equal('missing: change')
  })
})

describe('a check of the side effects of tasks', () => {
  it('knows what becomes of what the host has', async () => {
    const resets = thing({ forecast: { sideEffects: () => [{ kind: 'thing', identity: 'b', change: () => ({ value: 'reset' }) }] } })
    expect(await last(({ task }) => { task('reset', resets({ name: 'a' })); task('as it then is', plain({ name: 'b', value: 'reset' })) }, { b: 'old' })).to.equal('as it then is: ok')
  })

  it('knows what a new thing has that nobody asked for, unless something else may make it before', async () => {
    const made = (says: typeof plain) => last(({ task }) => {
      task('change', plain({ name: 'x' }))
      task('make', says({ name: 'a' }))
      task('detail', plain({ name: 'a', detail: 'usual' }))
    })
    const defaults = () => ({ detail: 'usual' })
    expect(await made(thing({ forecast: { defaults } }))).to.equal('detail: ok')
    expect(await made(thing({ forecast: { defaults, mayChangeWith: (_key, { name }) => name === 'x' } }))).to.equal('detail: may-change; a task above creates it, and how is known only after applying')
  })

  it('is in doubt of all that a task asked for before it failed, also of what it asked for only later; one that looks and writes may bring more', async () => {
    const asks = (second: 'thing' | 'look') => defineModule({ name: 'asks', args: z.strictObject({}), async plan(_args, host) {
      await host.current({ ...sample('look'), forecast: { onlyRead: true } }, { name: 'a' })
      await host.current({ ...sample(second), forecast: {}, ...(second === 'look' ? { forecast: { onlyRead: true as const } } : {}) }, { name: 'b' })
      throw new SteadError('x')
    } })({})
    const behind = (second: 'thing' | 'look') => foretold(({ task }) => {
      task('change', plain({ name: 'x' }))
      task('fails', asks(second))
      task('second', plain({ name: 'b', value: '1' }))
      task('missing', thing({ forecast: { mayComeWithPackage: () => true } })({ name: 'm' }))
    }, { has: { b: '1' } }).then(report => told(report).slice(2))
    expect(await behind('thing')).to.deep.equal(['second: may-change; what "fails" does to it is known only after applying', 'missing: may-change; it may come with "fails", which is not known yet'])
    expect(await behind('look')).to.deep.equal(['second: ok', 'missing: change'])
  })

  it('says of an error that is a mistake in a module where it is from, and goes no further', async () => {
    const [report, ...others] = (await foretold(({ task }) => { task('wrong', thing({ forecast: { needs: () => { throw new RangeError('a mistake') } } })({ name: 'a' })); task('next', plain({ name: 'b' })) })).tasks
    expect([report?.status, report?.error?.split('\n')[0], others]).to.deep.equal(['failed', 'RangeError: a mistake', []])
  })
})
