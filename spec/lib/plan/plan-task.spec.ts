import { expect } from 'chai'
import { z } from 'zod'
import { defineModule, ReadError, want, type HostView, type ModuleCall } from '../../../lib/resource.ts'
import { waitResource } from '../../../lib/resources/commands/wait.ts'
import { SteadError } from '../../../lib/errors.ts'
import { changesAnything, isDone, planTask, type Asked, type TaskPlan } from '../../../lib/plan/plan-task.ts'
import { Pass } from '../../../lib/playbook/pass.ts'
import { Task } from '../../../lib/playbook/task.ts'
import { unitEventResource } from '../../../lib/resources/systemd/unit-event.ts'
import { apply } from '../../../lib/shell/script.ts'
import type { Difference } from '../../../lib/state/compare.ts'
import type { Resource } from '../../../lib/state/resource.ts'
import { file } from '../../../modules/file.ts'
import { facts, having, lamp, light, planning, planOne, type Lamp } from './plan-one.ts'

/** What planning fails of. */
async function failure(plan: Promise<TaskPlan>): Promise<SteadError> {
  const error: unknown = await plan.then(() => undefined, (reason: unknown) => reason)
  if (error instanceof SteadError) return error
  throw new Error(`It was to fail of something foreseen, and did of: ${String(error)}`)
}

const differencesOf = ({ wants }: TaskPlan): Difference[] => wants.flatMap(({ differences }) => differences)
const isNothingToDo = (plan: TaskPlan): [boolean, boolean] => [isDone(plan), changesAnything(plan)]

describe('A task that is planned', () => {
  it('names each thing that it wants, its current state, and how it differs', async () => {
    const plan = await planOne(light({ name: 'hall', light: 'on' }), having({ hall: { light: 'off' } }))
    expect({ ...plan, wants: plan.wants.map(({ identity, current, differences }) => ({ identity, current, differences })), seen: plan.seen.map(({ state }) => state), output: plan.output?.([{ light: 'on' }]) }).to.deep.equal({
      skipped: false, module: 'light', wants: [{ identity: 'lamp[hall]', current: { light: 'off' }, differences: [{ field: 'light', current: 'off', desired: 'on' }] }],
      output: 'on', unknown: new Set(), placeholders: [], conditional: false, seen: [{ light: 'off' }],
    })
    expect(isNothingToDo(plan)).to.deep.equal([false, true])
  })

  it('has nothing to do where all is as it says, and something where one of its things is not', async () => {
    const both = planning(() => Promise.resolve({ wants: [want(lamp, { name: 'hall' }, { light: 'on' }), want(lamp, { name: 'cellar' }, null)] }))
    expect(isNothingToDo(await planOne(both, having({ hall: { light: 'on' } })))).to.deep.equal([true, false])
    expect(isNothingToDo(await planOne(both, having({ hall: { light: 'on' }, cellar: { light: 'on' } })))).to.deep.equal([false, true])
  })

  it('can want a thing to be absent without a state', async () => {
    const gone = planning(() => Promise.resolve({ wants: [want(lamp, { name: 'hall' }, null)] }))
    expect(differencesOf(await planOne(gone, having({ hall: { light: 'off' } })))).to.deep.equal([{ field: undefined, current: 'present', desired: 'absent' }])
  })

  it('is refused where its module wants what its resource does not know, with field and thing', async () => {
    const wrong = planning(() => Promise.resolve({ wants: [want(lamp, { name: 'hall' }, { light: 'blue' })] }))
    const { message, resource, task, exitStatus } = await failure(planOne(wrong, having({})))
    expect([resource, task, exitStatus]).to.deep.equal(['lamp[hall]', 'one', 64])
    expect(message).to.match(/^light: Invalid option/)
  })

  it('reports every wrong field, and where in it', async () => {
    const schema = z.strictObject({ light: z.enum(['on']), colour: z.record(z.string(), z.enum(['red'])) })
    const nested: Resource<{ name: string }, Lamp, { light: string; colour: { [side: string]: string } }> = {
      kind: 'lamp', schema, identify: ({ name }) => name, read: keys => lamp.read(keys), apply: () => ({ script: apply`:` }),
    }
    const wrong = planning(() => Promise.resolve({ wants: [want(nested, { name: 'hall' }, { light: 'blue', colour: { left: 'green' } })] }))
    expect((await failure(planOne(wrong, having({})))).message.split('\n').map(line => line.split(': ')[0])).to.deep.equal(['light', 'colour.left'])
  })

  it('is compared by its resource where that compares in its own way', async () => {
    const range: typeof lamp = { ...lamp, compare: (_key, current) => (current?.light === 'dim' ? [] : [{ field: 'light', current: 'not dim', desired: 'dim' }]) }
    const call = planning(() => Promise.resolve({ wants: [want(range, { name: 'hall' }, { light: 'on' })] }))
    expect(differencesOf(await planOne(call, having({ hall: { light: 'dim' } })))).to.deep.equal([])
    expect(differencesOf(await planOne(call, having({ hall: { light: 'on' } })))).to.deep.equal([{ field: 'light', current: 'not dim', desired: 'dim' }])
  })

  it('has an event to do whatever is there, and says what happens', async () => {
    const restart = planning(() => Promise.resolve({ wants: [want(unitEventResource, { unit: 'tor.service', event: 'reloaded' }, {})] }))
    const plan = await planOne(restart, having({ 'tor.service reloaded': { running: true } }), {}, new Pass('plan'), { inHandler: true })
    expect([differencesOf(plan), isNothingToDo(plan)]).to.deep.equal([[{ field: undefined, current: undefined, desired: 'tor.service is reloaded' }], [false, true]])
  })

  it('has nothing to wait for where what it waits for is so; else it waits, which changes nothing', async () => {
    const waiting = planning(() => Promise.resolve({ wants: [want(waitResource, { condition: { path: '/run/a' }, timeoutSeconds: 1 }, {})] }))
    const met = await planOne(waiting, having({ '/run/a': { met: true, found: '' } }))
    expect([differencesOf(met), isNothingToDo(met)]).to.deep.equal([[], [true, false]])
    const open = await planOne(waiting, having({ '/run/a': { met: false, found: '' } }))
    expect([differencesOf(open), isNothingToDo(open)]).to.deep.equal([[{ field: undefined, current: undefined, desired: '/run/a' }], [false, false]])
  })

  it('fails where its state cannot be read, and says of what thing', async () => {
    const unread = await failure(planOne(light({ name: 'hall', light: 'on' }), having({ hall: new ReadError('The lamp does not answer.') })))
    expect([unread.message, unread.task, unread.resource]).to.deep.equal(['The lamp does not answer.', 'one', 'lamp[hall]'])
    const other = await failure(planOne(light({ name: 'hall', light: 'on' }), having({ hall: new RangeError('out of range') })))
    expect([other.message, other.task, other.resource]).to.deep.equal(['RangeError: out of range', 'one', undefined])
  })

  it('is offered only the ways out that its module has an argument for', async () => {
    const failing = (args: z.ZodObject) => defineModule({ name: 'failing', args, plan: () => { throw new ReadError('No.', { ways: [{ argument: 'parents', hint: 'Or set parents: true.' }] }) } })({})
    expect((await failure(planOne(failing(z.strictObject({ parents: z.string().optional() })), having({})))).hint).to.equal('Or set parents: true.')
    expect((await failure(planOne(failing(z.strictObject({})), having({})))).hint).to.equal(undefined)
    const unnamed: ModuleCall<void> = { module: 'unnamed', issues: [], plan: () => Promise.reject(new ReadError('No.', { ways: [{ argument: 'parents', hint: 'Or.' }] })) }
    expect(await failure(planOne(unnamed, having({})))).to.include({ message: 'No.', hint: undefined })
    expect((await failure(planOne(() => { throw new ReadError('No.', { ways: [{ argument: 'parents', hint: 'Or.' }] }) }, having({})))).hint).to.equal(undefined)
  })

  it('is refused with wrong arguments, and as an event that only a handler may be', async () => {
    const wrong = await failure(planOne(() => file({ path: 'relative' }), having({})))
    expect([wrong.message.split('\n')[0], wrong.task]).to.deep.equal(['The arguments of file are wrong.', 'one'])
    const event = defineModule({ name: 'event', args: z.strictObject({}), plan: () => ({ wants: [] }), onlyInHandlers: () => 'is for handlers' })
    expect((await failure(planOne(event({}), having({})))).message).to.equal('The arguments of event are wrong.\nstate: is for handlers')
    expect((await planOne(event({}), having({}), {}, new Pass('plan'), { inHandler: true })).wants).to.deep.equal([])
  })

  it('sees the host\'s states, what may come, the facts, and who writes', async () => {
    const seen: unknown[] = []
    const looking = planning(async (host: HostView) => {
      seen.push(await host.current(lamp, { name: 'hall' }), host.packagesPending(), host.anythingPending(), host.foretold?.(), host.facts, host.become)
      return { wants: [] }
    })
    await planOne(looking, having({ hall: { light: 'on' } }), { become: 'ada' })
    await planOne(looking, having({}, { packagesPending: () => true, anythingPending: () => true, foretold: () => true }))
    expect(seen).to.deep.equal([{ light: 'on' }, false, false, false, facts, 'ada', null, true, true, true, facts, undefined])
  })

  it('records everything that it requests, from scratch each time, and passes on its module call', async () => {
    const task = new Task('one', () => light({ name: 'hall', light: 'on' }), {}, 0)
    const asked: Asked = new Map()
    const called: string[] = []
    for (const round of [1, 2]) {
      await planTask(task, having({}), new Pass('plan'), { asked, called: call => called.push(`${round} ${call.module}`) })
      expect(asked.get(task)).to.deep.equal([{ resource: lamp, key: { name: 'hall' } }])
    }
    expect(called).to.deep.equal(['1 light', '2 light'])
  })

  it('never ends once its pass is abandoned: its reads get no answer, but are recorded all the same', async () => {
    const pass = new Pass('plan')
    const asked: Asked = new Map()
    let sent = 0
    let went = 0
    const source = having({ hall: { light: 'on' } })
    const counting = { ...source, current: ((resource, key) => ((sent += 1), source.current(resource, key))) satisfies typeof source.current }
    const twice = new Task('twice', planning(async host => {
      await host.current(lamp, { name: 'hall' })
      went += 1
      pass.abandoned = true
      void host.current(lamp, { name: 'cellar' }).then(() => (went += 1))
      return new Promise(() => undefined)
    }), {}, 0)
    const late = new Pass('plan')
    void planTask(twice, counting, pass, { asked })
    const answered = new Task('late', planning(async host => {
      const answer = host.current(lamp, { name: 'hall' })
      late.abandoned = true
      await answer
      went += 1
      return { wants: [] }
    }), {}, 0)
    void planTask(answered, counting, late)
    await new Promise(resolve => setImmediate(resolve))
    expect([went, sent, asked.get(twice)?.map(({ key }) => key)]).to.deep.equal([1, 2, [{ name: 'hall' }, { name: 'cellar' }]])
  })
})
