import { expect } from 'chai'
import { ArgumentError, PlaybookError, PlaybookFileError, ReadError } from '../../../lib/errors.ts'
import { FactsNotKnown, playbookHost } from '../../../lib/state/facts.ts'
import { Pass } from '../../../lib/playbook/pass.ts'
import { playbook, type HostPlay, type Play } from '../../../lib/playbook/playbook.ts'
import { AwaitedTooEarly, type AnyTask } from '../../../lib/playbook/task.ts'
import { prefetch, isMistake, requestsOf } from '../../../lib/plan/prefetch.ts'
import { SecretAsText } from '../../../lib/secret/secret.ts'
import { command } from '../../../modules/command.ts'
import { group } from '../../../modules/group.ts'
import { user } from '../../../modules/user.ts'
import { want } from '../../../lib/resource.ts'
import { lamp, light, planning } from './plan-one.ts'

const host = { name: 'web', address: '127.0.0.1', groups: [] }
const layOut = (tasks: (play: Play) => undefined): HostPlay => playbook({ name: 'Spec', hosts: 'all', tasks }).layOut(playbookHost(host, () => undefined), {})
const tasksOf = ({ steps }: HostPlay): AnyTask[] => steps.flatMap(step => ('task' in step ? [step.task] : []))
/** The mistakes that are told, each as the task's name and the beginning of what is said. */
const told = async (tasks: (play: Play) => undefined): Promise<string[]> => (await prefetch(layOut(tasks))).mistakes.map(({ task, message }) => `${task}: ${message.split('\n')[0]}`)

describe('A look ahead', () => {
  it('learns what tasks and handlers will read, in their order, of one task or of many', async () => {
    const play = layOut(({ task, handler, flushHandlers }) => {
      task('hall', light({ name: 'hall', light: 'on' }))
      flushHandlers()
      task('cellar', async () => light({ name: 'cellar', light: 'on' }))
      handler('attic', async () => { await Promise.resolve(); return command({ argv: ['true'] }) })
    })
    const { asked, mistakes } = await prefetch(play)
    const names = (tasks: AnyTask[]) => requestsOf(asked, tasks).map(({ resource, key }) => `${resource.kind} ${resource.identify(key)}`)
    const [hall, cellar] = tasksOf(play)
    expect([mistakes, names(tasksOf(play)), names(hall && cellar ? [cellar, hall] : [])]).to.deep.equal([[], ['lamp hall', 'lamp cellar'], ['lamp cellar', 'lamp hall']])
    expect([...asked].map(([{ name }, requests]) => `${name}: ${requests.length}`)).to.deep.equal(['hall: 1', 'cellar: 1', 'attic: 1'])
  })

  it('has nothing to say of a task that it was not about', async () => {
    const [other] = tasksOf(layOut(({ task }) => void task('other', light({ name: 'hall', light: 'on' }))))
    expect(requestsOf(new Map(), other ? [other] : [])).to.deep.equal([])
  })

  it('lets a module see nothing of a host, without taking that for a mistake', async () => {
    const seen: boolean[] = []
    expect(await told(({ task }) => {
      task('looks', planning(view => {
        seen.push(view.packagesPending(), view.anythingPending(), view.foretold?.() ?? true)
        return Promise.resolve({ wants: [want(lamp, { name: view.facts.hostname }, null)] })
      }))
    })).to.deep.equal([])
    expect(seen).to.deep.equal([false, false, false])
  })

  it('reports what is added too late, and how to do it in time', async () => {
    const play = layOut(({ task, flushHandlers }) => void Promise.resolve().then(() => {
      task('late', light({ name: 'hall', light: 'on' }))
      flushHandlers()
    }))
    await Promise.resolve()
    const hint = 'A function that tasks() calls must not await anything before it adds its tasks. Await inside a task\'s function instead.'
    expect((await prefetch(play)).mistakes.map(mistake => [mistake.message, mistake.hint])).to.deep.equal([
      ['the task "late" was added after tasks() had returned, so it would never run.', hint], ['flushHandlers() was added after tasks() had returned, so it would never run.', hint],
    ])
  })

  it('reports two users or groups with one number, at the later task', async () => {
    expect(await told(({ task, handler }) => {
      task('Ada', user({ name: 'ada', uid: 1500 }))
      task('Eve', user({ name: 'eve', uid: 1500 }))
      task('Ada’s', group({ name: 'adas', gid: 1500 }))
      handler('Bob', user({ name: 'bob', uid: 1500 }))
    })).to.deep.equal(['Eve: It gives the UID 1500 to user eve, but the earlier task "Ada" gives it to user ada.'])
  })

  it('does not report a user who may be skipped, or whose number comes from a result', async () => {
    expect(await told(({ task, host: { name } }) => {
      const found = task('found', command({ argv: ['id', '-u'], reads: true }))
      const lit = task('lit', { ...light({ name: 'hall', light: 'on' }), placeholder: 'on' })
      task('Ada', user({ name: 'ada', uid: 1500 }))
      task('Ivy', user({ name: 'ivy', uid: 1500 }), { when: async () => (await found).stdout === name })
      task('Eve', user({ name: 'eve', uid: 1500 }), { when: async () => (await lit) === 'on' })
      task('Joe', async () => user({ name: 'joe', uid: (await lit) === 'on' ? 1500 : 1501 }))
      task('Bob', user({ name: 'bob', uid: 1500 }), { when: () => false })
      task('Kim', user({ name: 'kim', uid: 1501 }), { when: () => true })
    })).to.deep.equal([])
  })

  it('does report one whose condition is certain', async () => {
    expect(await told(({ task }) => {
      task('Ada', user({ name: 'ada', uid: 1500 }))
      task('Kim', user({ name: 'kim', uid: 1500 }), { when: () => true })
    })).to.have.length(1)
  })

  it('does not report failures that depend on a fact, a result or an uncertain condition, or are ignored', async () => {
    const failing = (why: () => string) => () => { throw new PlaybookError(why()) }
    expect(await told(({ task, host: web }) => {
      const lit = task('lit', { ...light({ name: 'hall', light: 'on' }), placeholder: 'on' })
      task('of a fact', failing(() => web.kernel))
      task('of a result', async () => { throw new PlaybookError(await lit) })
      task('of a condition', failing(() => 'no'), { when: async () => (await lit) === 'on' })
      task('ignored', failing(() => 'no'), { ignoreErrors: true })
      task('certain', failing(() => 'for sure'))
      task('certain as well', failing(() => 'for sure'), { when: () => true })
    })).to.deep.equal(['certain: for sure', 'certain as well: for sure'])
  })
})

describe('What is a mistake whatever the host is like', () => {
  const certain = new Pass('check')
  const unsure = new Pass('check')
  unsure.unknown.add('a result')
  const mistakes = { arguments: new ArgumentError('file', []), 'a file of the playbook’s': new PlaybookFileError('nowhere'), 'a secret as text': new SecretAsText() }

  for (const [what, error] of Object.entries(mistakes)) {
    it(`is one of ${what}, unless a result that is not known has a say in it`, () => {
      expect([isMistake(error, certain), isMistake(error, unsure)]).to.deep.equal([true, false])
    })
  }

  it('is an await of a later task, in any case', () => {
    const error = new AwaitedTooEarly('later')
    expect([isMistake(error, certain), isMistake(error, unsure)]).to.deep.equal([true, true])
  })

  it('is not what a host, a fact or a task’s own code may be to blame for', () => {
    expect([new ReadError('unread'), new FactsNotKnown('os'), new PlaybookError('own code'), new Error('defect'), 'a text'].map(error => isMistake(error, certain))).to.deep.equal([false, false, false, false, false])
  })
})
