import { expect } from 'chai'
import { FactsNotKnown } from '../../../lib/state/facts.ts'
import { Pass } from '../../../lib/playbook/pass.ts'
import { Task, type Body, type TaskOptions } from '../../../lib/playbook/task.ts'
import { prefetchLeftOut, planTask, settle, type StateSource, type TaskPlan } from '../../../lib/plan/plan-task.ts'
import { having, lamp, light, planning, planOne } from './plan-one.ts'
import { want } from '../../../lib/resource.ts'

/** A task of which nothing is known before it is applied, but what stands for its result. */
function unknown(placeholder: string): Task<string> {
  const task = new Task<string>('unknown', () => Promise.reject(new Error('not to be planned')), {}, 0)
  task.placeholder = placeholder
  return task
}

describe('A task with a condition', () => {
  const body = light({ name: 'hall', light: 'on' })
  const skipped = { skipped: true, module: '', wants: [], output: undefined, unknown: new Set(), placeholders: [], conditional: true, seen: [] }
  const asked = async (when: TaskOptions['when'], pass = new Pass('ahead')) => {
    const plan = await planOne(body, having({}), { when }, pass)
    return { skipped: plan.skipped, uncertain: pass.uncertain, conditional: plan.conditional }
  }

  it('is left out where that says no, and wants nothing', async () => {
    expect(await planOne(body, having({}), { when: () => false })).to.deep.equal(skipped)
  })

  it('is certain where nothing unknown has a say in that', async () => {
    expect(await asked(() => true)).to.deep.equal({ skipped: false, uncertain: false, conditional: false })
  })

  it('is uncertain if it depends on a placeholder, whatever its value', async () => {
    const before = unknown('dim')
    expect(await asked(async () => (await before) === 'dim', new Pass('check'))).to.deep.equal({ skipped: false, uncertain: true, conditional: true })
    expect(await asked(async () => (await before) === 'on', new Pass('check'))).to.deep.equal({ skipped: true, uncertain: true, conditional: true })
  })

  it('is not conditional by what its function awaits, nor by what others of its pass have awaited', async () => {
    const before = unknown('dim')
    const plan = await planOne(async () => light({ name: await before, light: 'on' }), having({}), {}, new Pass('check'))
    expect([plan.conditional, [...plan.unknown], plan.placeholders]).to.deep.equal([false, ['unknown'], ['dim']])
    const pass = new Pass('check')
    pass.unknown.add('another')
    expect((await planOne(body, having({}), {}, pass)).conditional).to.equal(false)
  })

  it('that fails without facts, or because of a placeholder, counts as possibly true ahead; at its turn it fails', async () => {
    const ofFacts = () => { throw new FactsNotKnown('os') }
    const ofResult = async () => { throw new Error(`no ${await unknown('dim')}`) }
    for (const when of [ofFacts, ofResult]) {
      expect(await asked(when)).to.include({ skipped: false, uncertain: true })
      const told = await asked(when, new Pass('check')).catch((error: unknown) => String(error))
      expect(told).to.match(/The fact os is not known until|no dim/)
    }
    expect(await asked(() => { throw new Error('mistyped') }).catch((error: unknown) => String(error))).to.include('mistyped')
  })
})

describe('A task that a run leaves out', () => {
  /** What another task is given that awaits it, or why it is given nothing. */
  async function given(left: Body<unknown>, source: StateSource, purpose: 'plan' | 'check' = 'plan', options: TaskOptions = {}): Promise<unknown> {
    const out = new Task('left', left, options, 1)
    prefetchLeftOut([out], source)
    let found: unknown = 'nothing'
    await planOne(async () => {
      found = [await out]
      return light({ name: 'hall', light: 'on' })
    }, source, {}, new Pass(purpose)).catch((error: unknown) => (found = String(error).split('\n')[0]))
    return found
  }
  const noResult = 'CertainError: The task "left" gave no result: it was skipped, it failed, or it comes later.'
  const hall = light({ name: 'hall', light: 'on' })

  it('has its result where the host is already as it says', async () => {
    expect(await given(hall, having({ hall: { light: 'on' } }))).to.deep.equal(['on'])
    expect(await given(hall, having({ hall: { light: 'on' } }), 'check')).to.deep.equal(['on'])
  })

  it('has none where it would have something to do, or its `when` says no', async () => {
    expect(await given(hall, having({ hall: { light: 'off' } }))).to.equal(noResult)
    expect(await given(hall, having({ hall: { light: 'on' } }), 'plan', { when: () => false })).to.equal(noResult)
  })

  it('has none if its module does not know it', async () => {
    const silent = planning(() => Promise.resolve({ wants: [], output: () => undefined }))
    expect(await given(silent, having({}))).to.equal(noResult)
  })

  it('is simply done where its module gives no results', async () => {
    expect(await given(planning(() => Promise.resolve({ wants: [want(lamp, { name: 'hall' }, null)] })), having({}))).to.deep.equal([undefined])
  })

  it('has none that depends on a placeholder for another result', async () => {
    const before = unknown('dim')
    const told = await given(async () => light({ name: await before, light: 'on' }), having({ dim: { light: 'on' } }), 'check')
    expect(told).to.equal('ResultNotKnown: The result of "left" is known only after applying.')
  })

  it('says in a check what it awaits that is known only after applying', async () => {
    const before = new Task<string>('before', () => Promise.reject(new Error('not to be planned')), {}, 0)
    expect(await given(async () => light({ name: await before, light: 'on' }), having({}), 'check')).to.equal('ResultNotKnown: The result of "before" is known only after applying.')
  })

  it('makes nothing else uncertain in a check, and is not made so by what the one that awaits it has met', async () => {
    const [before, source] = [unknown('dim'), having({ hall: { light: 'on' } })]
    const certain = new Task('certain', hall, {}, 1)
    const uncertain = new Task('uncertain', async () => ({ ...light({ name: await before, light: 'on' }), placeholder: 'off' }), {}, 2)
    prefetchLeftOut([certain, uncertain], source)
    let found: unknown[] = []
    const plan = async (...awaited: PromiseLike<string>[]) => (await planOne(async () => {
      found = []
      for (const each of awaited) found.push(await each)
      return hall
    }, source, {}, new Pass('check'))).unknown
    expect([[...await plan(before, certain)], found]).to.deep.equal([['unknown'], ['dim', 'on']])
    expect([[...await plan(uncertain)], found]).to.deep.equal([['uncertain'], ['off']])
  })

  it('waits in a run for what it awaits itself', async () => {
    const source = having({ hall: { light: 'on' } })
    const before = new Task('before', hall, {}, 0)
    const out = new Task('out', async () => light({ name: await before, light: 'on' }), {}, 1)
    prefetchLeftOut([out], source)
    const plan = planOne(async () => light({ name: 'hall', light: (await out) === 'on' ? 'on' : 'off' }), source)
    await new Promise(resolve => setImmediate(resolve))
    before.settle({ known: true, value: 'hall' })
    expect((await plan).wants.map(({ differences }) => differences)).to.deep.equal([[]])
  })
})

describe('The result of a task', () => {
  const planned = (output: TaskPlan['output']): TaskPlan => ({ skipped: false, module: 'light', wants: [], output, unknown: new Set(), placeholders: [], conditional: false, seen: [] })
  const first: TaskPlan['output'] = ([state]) => state?.light
  /** What an await gives once it is settled. */
  async function settled(output: TaskPlan['output'], states: Parameters<typeof settle>[2]): Promise<unknown> {
    const task = new Task('made', light({ name: 'hall', light: 'on' }), {}, 0)
    settle(task, planned(output), states)
    let found: unknown
    await planTask(new Task('awaits', async () => {
      found = [await task]
      return light({ name: 'hall', light: 'on' })
    }, {}, 1), having({}), new Pass('plan')).catch(() => (found = 'no result'))
    return found
  }

  it('is what its module makes of the states that are there', async () => {
    expect(await settled(first, [{ light: 'on' }])).to.deep.equal(['on'])
  })

  it('is nothing where its module gives none, whatever is known of the states', async () => {
    expect([await settled(undefined, undefined), await settled(undefined, [])]).to.deep.equal([[undefined], [undefined]])
  })

  it('is missing if the states are not known, or the module does not know it', async () => {
    expect([await settled(first, undefined), await settled(first, [null])]).to.deep.equal(['no result', 'no result'])
  })
})
