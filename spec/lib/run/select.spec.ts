import { expect } from 'chai'
import { prepare } from '../../../lib/run/open-host.ts'
import { UsageError } from '../../../lib/errors.ts'
import { playbook, type HostPlay } from '../../../lib/playbook/playbook.ts'
import { checkSelection, chooser, choosers, tagsOf, tasksOf, type Selection } from '../../../lib/run/select.ts'
import { apt } from '../../../modules/apt.ts'

const tags: Record<string, string[] | undefined> = { plain: undefined, one: ['one'], both: ['one', 'two'], always: ['always'], never: ['never', 'three'] }
const play = (): HostPlay => {
  const laid = prepare(playbook({ name: 'x', hosts: 'all', tasks({ task }) { for (const [name, own] of Object.entries(tags)) task(name, apt({ packages: [] }), { tags: own }) } }), { name: 'x', address: 'x', groups: [] }, {}).play
  if (!laid) throw new Error('it was not laid out')
  return laid
}
const chosen = (selection: Partial<Selection>): string => {
  const choose = chooser({ tags: [], skipTags: [], ...selection })
  return play().steps.flatMap(step => ('task' in step && choose(step.task) ? [step.task.name] : [])).join(' ')
}

describe('choosing tasks', () => {
  it('takes all but those that are never wanted unasked', () => {
    expect(chosen({})).to.equal('plain one both always')
    expect(chosen({ tags: ['all'] })).to.equal('plain one both always')
  })

  it('takes those with one of the tags, and those that are always wanted', () => {
    expect(chosen({ tags: ['two'] })).to.equal('both always')
    expect(chosen({ tags: ['one', 'two'] })).to.equal('one both always')
    expect(chosen({ tags: ['untagged'] })).to.equal('plain always')
    expect(chosen({ tags: ['tagged'] })).to.equal('one both always')
  })

  it('leaves out those with a tag to skip, whatever else they carry', () => {
    expect(chosen({ tags: ['one'], skipTags: ['two'] })).to.equal('one always')
    expect(chosen({ skipTags: ['always'] })).to.equal('plain one both')
    expect(chosen({ skipTags: ['untagged'] })).to.equal('one both always')
  })

  it('takes one that is never wanted when it is asked for by its own tag or by never', () => {
    expect(chosen({ tags: ['three'] })).to.equal('always never')
    expect(chosen({ tags: ['never'] })).to.equal('always never')
  })

  it('begins at a task', () => {
    expect(chosen({ startAtTask: 'both' })).to.equal('both always')
    expect(chosen({ startAtTask: 'one', tags: ['two'] })).to.equal('both always')
  })

  const laid = (...names: string[]): HostPlay => {
    const { play: found } = prepare(playbook({ name: 'x', hosts: 'all', tasks({ task }) { for (const name of names) task(name, apt({ packages: [] })) } }), { name: 'x', address: 'x', groups: [] }, {})
    if (!found) throw new Error('it was not laid out')
    return found
  }
  /** The names of the tasks that are chosen, playbook by playbook and host by host. */
  const over = (startAtTask: string | undefined, ...playbooks: Record<string, string[]>[]): string[] => {
    const laidOut = playbooks.map(each => new Map(Object.entries(each).map(([host, names]) => [host, laid(...names)])))
    const choose = choosers({ tags: [], skipTags: [], startAtTask }, laidOut)
    return laidOut.flatMap((each, index) => [...each].map(([host, found]) => `${host}: ${tasksOf(found).filter(choose(index, host)).map(({ name }) => name).join(' ')}`))
  }

  it('[fault 38] starts at that task on each host separately, and once on each', () => {
    expect(over('b', { one: ['a', 'b', 'c', 'a'], two: ['a', 'a', 'b'] })).to.deep.equal(['one: b c a', 'two: b'])
    expect(over('b', { one: ['a', 'b', 'c'], two: ['a', 'x', 'c', 'x'], three: ['a'] }), 'a host that has no such task starts where others go on').to.deep.equal(['one: b c', 'two: c x', 'three: '])
    expect(over('b', { one: ['c', 'b', 'c', 'd'], two: ['c', 'd'] })).to.deep.equal(['one: b c d', 'two: d'])
  })

  it('[fault 13] starts in the first playbook that has the task: earlier ones are skipped, later ones run completely, on other hosts too', () => {
    expect(over('b', { one: ['x'] }, { one: ['a', 'b'] }, { one: ['c', 'b'], two: ['d', 'b'] })).to.deep.equal(['one: ', 'one: b', 'one: c b', 'two: d b'])
    expect(over('c', { one: ['a', 'b'] }, { two: ['c', 'd'] })).to.deep.equal(['one: ', 'two: c d'])
    expect(over(undefined, { one: ['a'] }, { two: ['b'] })).to.deep.equal(['one: a', 'two: b'])
  })

  it('[fault 13] refuses a name only if all plays are known: one that waits for facts may contain it', () => {
    const check = (selection: Partial<Selection>, ...plays: (HostPlay | undefined)[]) => () => checkSelection({ tags: [], skipTags: [], ...selection }, [new Map(plays.map((each, index) => [`${index}`, each]))])
    for (const selection of [{ tags: ['x'] }, { startAtTask: 'x' }]) {
      expect(check(selection, laid('a'))).to.throw(UsageError)
      expect(check(selection, laid('a'), undefined)).to.not.throw()
      expect(check(selection)).to.not.throw()
    }
    expect(check({ startAtTask: 'Instal' }, laid('Install', 'Other'))).to.throw(UsageError, 'No task is called "Instal". Did you mean "Install"?')
    expect(() => checkSelection({ tags: ['noe'], skipTags: [] }, [new Map([['x', play()]])])).to.throw(UsageError, 'Unknown tag: noe. Did you mean "one"?')
  })

  it('refuses a tag or task that there is not, with those there are', () => {
    const check = (selection: Partial<Selection>) => () => checkSelection({ tags: [], skipTags: [], ...selection }, [new Map([['x', play()]])])
    expect(check({ tags: ['one', 'oen'] })).to.throw(UsageError, 'Unknown tag: oen.')
    expect(check({ tags: ['x'], skipTags: ['y'] })).to.throw(UsageError, 'Unknown tags: x, y.')
    expect(check({ startAtTask: 'Plain' })).to.throw(UsageError, 'No task is called "Plain".')
    expect(check({ tags: ['all', 'tagged', 'one'], skipTags: ['never'], startAtTask: 'plain' })).to.not.throw()
    expect(tagsOf([play(), play()])).to.deep.equal(['always', 'never', 'one', 'three', 'two'])
  })
})
