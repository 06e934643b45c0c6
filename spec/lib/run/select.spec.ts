import { expect } from 'chai'
import { prepare } from '../../../lib/apply/host.ts'
import { UsageError } from '../../../lib/errors.ts'
import { playbook, type HostPlay } from '../../../lib/playbook/playbook.ts'
import { checkSelection, chooser, tagsOf, type Selection } from '../../../lib/run/select.ts'
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

  it('begins at that task on each host anew', () => {
    const [first, second] = [chosen({ startAtTask: 'both' }), chosen({ startAtTask: 'both' })]
    expect(first).to.equal(second)
  })

  it('refuses a tag or task that there is not, with those there are', () => {
    const check = (selection: Partial<Selection>) => () => checkSelection({ tags: [], skipTags: [], ...selection }, [play()])
    expect(check({ tags: ['one', 'oen'] })).to.throw(UsageError, 'Unknown tag: oen.')
    expect(check({ tags: ['x'], skipTags: ['y'] })).to.throw(UsageError, 'Unknown tags: x, y.')
    expect(check({ startAtTask: 'Plain' })).to.throw(UsageError, 'No task is called "Plain".')
    expect(check({ tags: ['all', 'tagged', 'one'], skipTags: ['never'], startAtTask: 'plain' })).to.not.throw()
    expect(tagsOf([play(), play()])).to.deep.equal(['always', 'never', 'one', 'three', 'two'])
  })
})
