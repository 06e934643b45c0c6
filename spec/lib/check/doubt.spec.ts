import { expect } from 'chai'
import { subjectsOf } from '../../../lib/check/subjects-of.ts'
import { doubtOf } from '../../../lib/check/doubt.ts'
import { doubtOfNeeds } from '../../../lib/check/needs.ts'
import { Overlay } from '../../../lib/check/overlay.ts'
import { CertainError } from '../../../lib/errors.ts'
import type { PlannedWant, TaskPlan } from '../../../lib/plan/plan-task.ts'
import { Reader } from '../../../lib/state/reader.ts'
import type { Need } from '../../../lib/state/forecast.ts'
import type { AnyResource, Resource, State } from '../../../lib/state/resource.ts'
import { output, sample, type SampleKey, type SampleState } from '../state/sample-resource.ts'

type Sample = Resource<SampleKey, SampleState, Partial<SampleState>>
const kind = (name: string, says: Partial<Sample> = {}): AnyResource => ({ ...sample(name), forecast: {}, ...says })
const planned = (resource: AnyResource, current: State | null = null, differences: PlannedWant['differences'] = [{ field: 'value', current: undefined, desired: 'new' }], name = 'it'): PlannedWant => (
  { want: { resource, key: { name }, desired: { value: 'new' } }, identity: `${resource.kind}[${name}]`, current, differences })
const plan = (about: Partial<TaskPlan> = {}): TaskPlan => ({ skipped: false, module: 'm', wants: [], output: undefined, unknown: new Set(), placeholders: [], conditional: false, seen: [], ...about })
const bringing = (task = 'odd') => {
  const overlay = new Overlay()
  overlay.markUnknown(task, [], { brings: true })
  return overlay
}

describe('why a check is not certain', () => {
  it('of nothing, where nothing changes before and nothing is unknown', () => {
    expect(doubtOf(planned(kind('thing')), plan(), new Overlay())).to.equal(undefined)
  })

  it('what is missing may come with something else, if its kind says so', () => {
    const may = (resource: AnyResource, current: State | null = null, overlay = bringing()) => doubtOf(planned(resource, current), plan(), overlay)
    const comes = kind('thing', { forecast: { mayComeWithPackage: () => true } })
    const reason = 'it may come with "odd", which is not known yet'
    expect([may(comes), may(comes, { value: 'there' }), may(comes, null, new Overlay()), may(kind('thing', { forecast: { mayComeWithPackage: () => false } })), may(kind('thing'))]).to.deep.equal([reason, undefined, undefined, undefined, undefined])
    expect(may(kind('thing', { forecast: undefined })), 'it says nothing').to.equal(reason)
    expect(may(kind('thing', { forecast: { mayComeWithPackage: () => false, mayChangeWith: () => false } }))).to.equal(undefined)
  })

  it('one that says nothing of what changes it may be changed by anything', () => {
    const touched = new Overlay()
    touched.foretell({ resource: kind('other'), key: { name: 'x' } }, null, {})
    const silent = kind('thing', { forecast: undefined })
    expect(doubtOf(planned(silent), plan(), touched)).to.contain('thing does not say whether')
    expect(doubtOf(planned(silent), plan(), new Overlay())).to.equal(undefined)
    expect(doubtOf(planned(kind('thing', { forecast: { mayChangeWith: () => false } })), plan(), touched)).to.equal(undefined)
    expect(doubtOf(planned(kind('thing', { forecast: { mayChangeWith: () => true } })), plan(), touched)).to.equal('it also covers what tasks above will create')
  })

  it('what a task above makes is known in part: by its fields, and by what it was edited from', () => {
    const made = new Overlay()
    made.foretell({ resource: kind('thing'), key: { name: 'it' } }, null, { value: 'new' })
    const partly = 'a task above creates it, and how is known only after applying'
    const of = (differences: PlannedWant['differences'], current: State | null = { value: 'new' }) => doubtOf(planned(kind('thing'), current, differences), plan(), made)
    expect([of([{ field: 'mode', current: undefined, desired: 'x' }]), of([{ field: 'mode', current: 'y', desired: 'x' }]), of([{ field: undefined, current: undefined, desired: 'x' }]), of([{ field: 'mode', current: undefined, desired: 'x' }], null), of([])]).to.deep.equal([partly, undefined, undefined, undefined, undefined])
    const edited = bringing()
    const from = (how: 'what is there' | 'its own' | undefined) => kind('file', { madeFrom: () => how })
    edited.foretell({ resource: from('its own'), key: { name: 'it' } }, null, { value: 'new' })
    const why = 'its current content is known only in part until the tasks above are applied'
    const content = [{ field: 'content', current: 'a', desired: 'b' }]
    expect(doubtOf(planned(from('its own'), { value: '' }, content), plan(), edited)).to.equal(undefined)
    expect(doubtOf(planned(from('its own'), { value: '' }, [...content, { field: 'mode', current: 'a', desired: 'b' }]), plan(), edited)).to.equal(why)
    expect(doubtOf(planned(from('what is there'), { value: '' }, content), plan(), edited)).to.equal(why)
    expect(doubtOf(planned(kind('file'), { value: '' }, []), plan(), edited)).to.equal(why)
  })

  it('it depends on a result that is not known, but where it is made whatever that is', () => {
    const unknown = new Set(['a', 'b'])
    const reason = 'it depends on the result of "a", "b", which is known only after applying'
    const of = (about: Partial<TaskPlan>, current: State | null = null) => doubtOf(planned(kind('thing'), current), plan({ unknown, ...about }), new Overlay())
    expect([of({}), of({ conditional: true }), of({ placeholders: ['it'] }), of({ placeholders: ['other'] }), of({ placeholders: [''] }), of({}, { value: 'x' })]).to.deep.equal([undefined, reason, reason, undefined, reason, reason])
  })

  it('what is unknown about it comes first', () => {
    const overlay = new Overlay()
    overlay.markUnknown('odd', [{ resource: kind('thing'), key: { name: 'it' } }], { brings: true })
    expect(doubtOf(planned(kind('thing', { forecast: { mayComeWithPackage: () => true } })), plan(), overlay)).to.equal('what "odd" does to it is known only after applying')
  })
})

describe('[fault 56] what a change needs', () => {
  const needs: readonly Need[] = [{ program: 'nginx', packages: ['nginx-light', 'nginx'] }]
  const needing = kind('site', { forecast: { needs: () => needs } })
  let asked = 0
  const reader = (found: boolean) => new Reader(parts => {
    asked += parts.length
    return Promise.resolve(parts.map(() => output(found ? '1\n' : '\n')))
  })
  const lookFor = (overlay: Overlay, { found = false, want = planned(needing) } = {}) => doubtOfNeeds(want, reader(found), overlay)
  const refused = (overlay: Overlay) => lookFor(overlay).then(() => undefined, (error: unknown) => error)

  it('is there, or comes with a package that a task installs', async () => {
    expect(await lookFor(new Overlay(), { found: true })).to.equal(undefined)
    const overlay = new Overlay()
    overlay.foretell({ resource: kind('package', { forecast: { brings: () => ({ what: 'package', name: 'nginx-light', startsServices: true }) } }), key: { name: 'nginx-light' } }, null, {})
    expect(await lookFor(overlay)).to.equal(undefined)
  })

  it('is not looked for if nothing is written, or nothing is needed', async () => {
    asked = 0
    expect([await lookFor(new Overlay(), { want: planned(needing, null, []) }), await lookFor(new Overlay(), { want: planned(kind('file')) }), asked]).to.deep.equal([undefined, undefined, 0])
  })

  it('is an error where nothing brings it, and unknown where something may', async () => {
    const error = await refused(new Overlay())
    expect(error).to.be.instanceOf(CertainError).and.to.include({ resource: 'site[it]', hint: 'Install it in an earlier task: apt({ packages: [\'nginx-light\'] }).' }).and.to.have.property('message').that.contains('This needs nginx, which is not on the host')
    expect(await lookFor(new Overlay(), { want: planned(kind('site', { forecast: { needs: () => [{ program: 'odd', packages: [] }] } })) }).catch((failure: unknown) => failure)).to.have.property('hint').that.contains("'odd'")
    expect(await lookFor(bringing())).to.equal('it needs nginx, and it is not known whether the tasks above install that')
    const makes = new Overlay()
    makes.foretell({ resource: kind('file'), key: { name: 'nginx' } }, null, {})
    expect(await lookFor(makes)).to.contain('it needs nginx')
  })
})

describe('what a task is about', () => {
  it('is what it asked for, but not the directories above, nor users and groups that it looked up for that', () => {
    const ask = (name: string, of: string) => ({ resource: kind(of), key: { name } })
    const names = (...asked: [string, string][]) => subjectsOf(asked.map(([of, name]) => ask(name, of))).map(({ resource, key }) => `${resource.kind} ${resource.identify(key)}`)
    expect(names(['file', '/a'], ['file', '/a/b'], ['file', '/ab'], ['user', 'root'], ['group', 'root'], ['account-number', 'passwd 0'])).to.deep.equal(['file /a/b', 'file /ab'])
    expect(names(['user', 'a'], ['group', 'a'], ['account-number', 'passwd 1'])).to.deep.equal(['user a', 'group a', 'account-number passwd 1'])
    expect(names(['file', '/a'], ['file', '/a'])).to.deep.equal(['file /a', 'file /a'])
    expect(names()).to.deep.equal([])
  })
})
