import { expect } from 'chai'
import { Overlay } from '../../../lib/check/overlay.ts'
import type { SideEffect } from '../../../lib/state/forecast.ts'
import type { AnyResource, Resource, State } from '../../../lib/state/resource.ts'
import { sample, type SampleKey, type SampleState } from '../state/sample-resource.ts'

type Sample = Resource<SampleKey, SampleState, Partial<SampleState>>
/** A kind of state that says of itself what `says` does. */
const kind = (name: string, says: Partial<Sample> = {}): AnyResource => ({ ...sample(name), forecast: {}, ...says })
const request = (resource: AnyResource, name = 'it') => ({ resource, key: { name } })
/** An overlay in which `resource` was foretold. */
function foretold(says: Partial<Sample>, { current = null, desired = { value: 'new' }, name = 'it', known = true }: { current?: State | null; desired?: State | null; name?: string; known?: boolean } = {}): Overlay {
  const overlay = new Overlay()
  overlay.foretell(request(kind('thing', says), name), current, desired, known)
  return overlay
}
const valueOf = ({ value }: State): string => (typeof value === 'string' ? value : '')
const make = (on: Overlay, resource: AnyResource, name: string, desired: State | null) => on.foretell(request(resource, name), null, desired)
const alsoMakes = (...made: SideEffect[]) => ({ forecast: { sideEffects: () => made } })

describe('the host as a check foretells it', () => {
  it('says nothing of what no task speaks of, and is untouched until one does', () => {
    const overlay = new Overlay()
    expect([overlay.find(request(kind('thing'))), overlay.foretold('thing', 'it'), overlay.untouched, overlay.packagesPending, overlay.anythingPending, overlay.servicesStart]).to.deep.equal([undefined, undefined, true, false, false, false])
    expect([overlay.unsureOf(request(kind('thing'))), overlay.comesWith, overlay.isPartial(request(kind('thing'))), overlay.isEdited(request(kind('thing')))]).to.deep.equal([undefined, '', false, false])
    overlay.foretell(request(kind('thing')), null, { value: 'x' })
    expect(overlay.untouched).to.equal(false)
  })

  it('puts what is desired over what is there, and leaves other fields alone', () => {
    expect(foretold({}, { current: { value: 'old', other: 'kept' }, desired: { value: 'new', other: undefined } }).foretold('thing', 'it')).to.deep.equal({ value: 'new', other: 'kept' })
    expect(foretold({}, { current: { type: 'file', other: 'gone' }, desired: { type: 'directory' } }).foretold('thing', 'it'), 'of another type').to.deep.equal({ type: 'directory' })
    expect(foretold({}, { current: { type: 'file', other: 'kept' }, desired: { type: 'file' } }).foretold('thing', 'it'), 'of the same type').to.deep.equal({ type: 'file', other: 'kept' })
    expect(foretold({}, { current: { type: 'file', other: 'kept' } }).foretold('thing', 'it'), 'whatever its type').to.deep.equal({ type: 'file', other: 'kept', value: 'new' })
    expect(foretold({}, { desired: null, current: { value: 'old' } }).find(request(kind('thing')))).to.equal(null)
  })

  it('knows the defaults of a new one if nothing else may create it first; otherwise only the desired fields are known', () => {
    const defaults = () => ({ mode: '0644' })
    expect(foretold({ forecast: { defaults } }).foretold('thing', 'it')).to.deep.equal({ mode: '0644', value: 'new' })
    expect(foretold({ forecast: { defaults } }, { known: false }).foretold('thing', 'it')).to.deep.equal({ value: 'new' })
    expect(foretold({ forecast: { defaults } }, { current: { value: 'old' } }).foretold('thing', 'it')).to.deep.equal({ value: 'new' })
    expect([foretold({}), foretold({}, { current: { value: 'old' } })].map(overlay => overlay.isPartial(request(kind('thing'))))).to.deep.equal([true, false])
  })

  it('answers each question by itself, and is unsure of the one that another changed', () => {
    const asked = kind('thing', { question: ({ more }) => String(more) })
    const overlay = new Overlay()
    const [one, other] = [{ resource: asked, key: { name: 'it', more: true } }, { resource: asked, key: { name: 'it', more: false } }]
    overlay.foretell(one, null, { value: 'new' })
    expect([overlay.find(one), overlay.find(other)]).to.deep.equal([{ value: 'new' }, undefined])
    const reason = 'a task above changes it too, with another question'
    expect([overlay.unsureOf(one), overlay.unsureOf(other)]).to.deep.equal([undefined, reason])
    overlay.foretell(other, null, { value: 'new' })
    expect([overlay.unsureOf(one), overlay.unsureOf(other)]).to.deep.equal([reason, reason])
  })

  it('finds what comes along whatever it is asked, and counts every change', () => {
    const asked = kind('thing', { question: ({ more }) => String(more) })
    const overlay = foretold(alsoMakes({ kind: 'thing', identity: 'along', state: { value: 'made' } }), { name: 'other' })
    expect(overlay.find({ resource: asked, key: { name: 'along', more: true } })).to.deep.equal({ value: 'made' })
    overlay.markUnknown('odd', [], { brings: false })
    expect(overlay.untouched).to.equal(false)
    const plain = new Overlay()
    plain.foretell(request(kind('thing', { forecast: { defaults: () => ({ mode: '0644' }) } })), null, {})
    expect(plain.foretold('thing', 'it'), 'known unless it is said otherwise').to.deep.equal({ mode: '0644' })
  })

  it('knows what comes along: made, only where missing, changed where there, or removed', () => {
    expect(foretold(alsoMakes({ kind: 'group', identity: 'g', state: { value: '1' } })).foretold('group', 'g')).to.deep.equal({ value: '1' })
    const missing = foretold(alsoMakes({ kind: 'group', identity: 'g', state: { value: '1' }, whereMissing: true }))
    const group = request(kind('group'), 'g')
    expect(foretold(alsoMakes({ kind: 'group', identity: 'g', state: { value: '1' } })).isPartial(group), 'no more of it than told is known').to.equal(true)
    expect([missing.foretold('group', 'g'), missing.adjust(group, null), missing.adjust(group, { value: 'there' }), missing.adjust(request(kind('group'), 'other'), null)]).to.deep.equal([undefined, { value: '1' }, { value: 'there' }, null])
    missing.foretell(group, null, { name: 'g' })
    expect(missing.find(group), 'it was made before').to.deep.equal({ value: '1', name: 'g' })
    const twice = foretold({ forecast: { sideEffects: ({ name }) => [{ kind: 'group', identity: '*', change: now => ({ value: valueOf(now) + name }) }] } }, { name: 'a' })
    twice.foretell(request(kind('thing', { forecast: { sideEffects: () => [{ kind: 'group', identity: '*', change: now => ({ value: `${valueOf(now)}!` }) }] } })), null, {})
    expect([twice.adjust(group, { value: 'x' }), twice.adjust(group, null)]).to.deep.equal([{ value: 'xa!' }, null])
    const known = new Overlay()
    known.foretell(group, null, { value: 'x' })
    for (const state of [{ value: 'other' }, undefined]) known.foretell(request(kind('thing', alsoMakes({ kind: 'group', identity: 'g', state }))), null, {})
    expect(known.find(group), 'what is known already stays').to.deep.equal({ value: 'x' })
    known.foretell(request(kind('thing', alsoMakes({ kind: 'group', identity: 'g', change: now => ({ ...now, more: 'y' }) }))), null, {})
    expect(known.find(group)).to.deep.equal({ value: 'x', more: 'y' })
    known.foretell(request(kind('thing', alsoMakes({ kind: 'group', identity: 'g', state: null }))), null, {})
    expect(known.find(group)).to.equal(null)
    known.foretell(request(kind('thing', alsoMakes({ kind: 'group', identity: 'g', change: now => ({ ...now, more: 'z' }) }))), null, {})
    expect([known.find(group), known.adjust(group, { value: 'x' })], 'what is gone is not changed').to.deep.equal([null, { value: 'x' }])
  })

  it('removes with a directory what is below it, and nothing next to it', () => {
    const directory = kind('file', { forecast: { sideEffects: ({ name }, desired) => (desired === null ? [{ kind: 'file', identity: name, below: 'gone' }] : []) } })
    const overlay = new Overlay()
    for (const name of ['/a/b', '/ab']) overlay.foretell(request(directory, name), null, { value: name })
    overlay.foretell(request(kind('hostname'), '/a/b'), null, { value: 'of another kind' })
    overlay.foretell(request(directory, '/a'), { value: 'x' }, null)
    const found = (name: string) => overlay.foretold('file', name)
    expect([found('/a'), found('/a/b'), found('/a/never-seen'), found('/ab'), found('/abc'), overlay.foretold('unit', '/a/b'), overlay.foretold('hostname', '/a/b')]).to.deep.equal([null, null, null, { value: '/ab' }, undefined, undefined, { value: 'of another kind' }])
    const gone = foretold(alsoMakes({ kind: 'file', identity: '/home/x', state: null, below: true }))
    expect([gone.foretold('file', '/home/x'), gone.foretold('file', '/home/x/y'), gone.foretold('file', '/home/xy'), gone.unsureOf(request(kind('file'), '/home/x/y'))]).to.deep.equal([null, null, undefined, undefined])
    const emptied = foretold(alsoMakes({ kind: 'file', identity: '/d', below: 'gone' }))
    expect([emptied.foretold('file', '/d'), emptied.foretold('file', '/d/x')]).to.deep.equal([undefined, null])
  })

  it('does not know what is below a directory that a task brings, nor below a link to what is not new and empty', () => {
    const of = (overlay: Overlay, name: string) => overlay.unsureOf(request(kind('file'), name))
    const brought = foretold(alsoMakes({ kind: 'file', identity: '/d', state: { type: 'directory' }, below: true }))
    expect([of(brought, '/d/x'), of(brought, '/d'), of(brought, '/dx')]).to.deep.equal(['what thing[it] brings there is known only after applying', undefined, undefined])
    expect([brought.mayMake('/d'), brought.mayMake('/d/x'), brought.mayMake('/other')]).to.deep.equal([true, true, false])
    const link: SideEffect = { kind: 'file', identity: '/l', below: true, leadsTo: '/new' }
    const leading = (before: State | null, type: string, ...others: string[]) => {
      const overlay = new Overlay()
      overlay.foretell(request(kind('file'), '/new'), before, { type })
      for (const name of others) overlay.foretell(request(kind('file'), name), null, { type: 'file' })
      overlay.foretell(request(kind('thing', alsoMakes(link))), null, {})
      return [of(overlay, '/l/x'), overlay.foretold('file', '/l/x')]
    }
    const unknown = ['what thing[it] brings there is known only after applying', undefined]
    expect(leading(null, 'directory'), 'new and empty').to.deep.equal([undefined, null])
    expect(leading(null, 'directory', '/newer'), 'beside it').to.deep.equal([undefined, null])
    expect(leading(null, 'directory', '/new/y'), 'not empty').to.deep.equal(unknown)
    expect(leading(null, 'file'), 'no directory').to.deep.equal(unknown)
    expect(leading({ type: 'directory' }, 'directory'), 'not new').to.deep.equal(unknown)
    const others = new Overlay()
    make(others, kind('user'), '/new', { type: 'directory' })
    make(others, kind('file'), '/other', { type: 'directory' })
    make(others, kind('file'), '/new', null)
    make(others, kind('thing', alsoMakes(link)), 'it', {})
    expect([of(others, '/l/x'), others.foretold('file', '/l/x')], 'another is new').to.deep.equal(unknown)
  })

  it('is unsure about the effects of a task that cannot be predicted, and about what comes with it', () => {
    const overlay = new Overlay()
    const [thing, group] = [kind('thing', alsoMakes({ kind: 'group', identity: 'g' })), kind('group')]
    overlay.markUnknown('odd', [request(thing)], { brings: false })
    const reason = 'what "odd" does to it is known only after applying'
    expect([request(thing), request(thing, 'other'), request(group, 'g')].map(each => overlay.unsureOf(each))).to.deep.equal([reason, undefined, reason])
    expect([overlay.untouched, overlay.anythingPending]).to.deep.equal([false, false])
    const brings = new Overlay()
    brings.markUnknown('odd', [request(thing)], { brings: true })
    expect([brings.anythingPending, brings.packagesPending, brings.servicesStart, brings.comesWith, brings.unsureOf(request(group, 'g'))]).to.deep.equal([true, false, true, '"odd", which is not known yet', undefined])
    expect(foretold(alsoMakes({ kind: 'group', identity: 'g', state: 'unsure' })).unsureOf(request(group, 'g'))).to.equal('what thing[it] does to it is known only after applying')
    expect(foretold(alsoMakes({ kind: 'group', identity: 'g', state: 'unsure' })).unsureOf(request(group, 'gg'))).to.equal(undefined)
  })

  it('knows what packages, commands and tasks may bring, and says so together', () => {
    const overlay = new Overlay()
    const bring = (what: 'package' | 'command', name: string, startsServices: boolean, again?: true) => overlay.foretell(request(kind('thing', { forecast: { brings: () => ({ what, name, startsServices, again }) } })), null, {})
    bring('command', 'sh -c "touch /srv/x"', false, true)
    expect([overlay.anythingPending, overlay.packagesPending, overlay.comesWith]).to.deep.equal([false, false, ''])
    expect([overlay.unsureOf(request(kind('file'), '/srv/x')), overlay.unsureOf(request(kind('file'), 'sh'))]).to.deep.equal(['an earlier command may change it (sh -c "touch /srv/x")', undefined])
    bring('package', 'nginx-light', false)
    expect([overlay.anythingPending, overlay.packagesPending, overlay.servicesStart]).to.deep.equal([true, true, false])
    bring('package', 'nginx-light', true)
    bring('package', 'tor', false)
    bring('command', 'make install', false)
    expect([overlay.servicesStart, overlay.comesWith]).to.deep.equal([true, 'the packages still to be installed (nginx-light, tor), or with an earlier command (make install)'])
    expect([['nginx'], ['curl', 'to'], ['curl'], ['make']].map(names => overlay.bringsPackage(names))).to.deep.equal([true, true, false, false])
  })

  it('knows of packages that apt brings besides', () => {
    const overlay = new Overlay()
    overlay.foretell(request(kind('apt'), 'install'), { pending: { curl: ' 8' } }, { pending: {} })
    overlay.foretell(request(kind('thing'), 'install'), { pending: { nginx: ' 1' } }, { pending: {} })
    expect([overlay.bringsPackage(['curl']), overlay.bringsPackage(['nginx'])]).to.deep.equal([true, false])
    const none = new Overlay()
    for (const before of [null, { pending: null }, { pending: 'curl' }]) none.foretell(request(kind('apt'), 'install'), before, { pending: {} })
    none.foretell(request(kind('thing'), 'install'), null, {})
    expect(none.bringsPackage(['']), 'none of any name').to.equal(false)
  })

  it('takes one that says nothing of what it brings for one that brings anything', () => {
    const told = (says: Partial<Sample>) => foretold({ forecast: undefined, ...says }).comesWith
    expect([told({}), told({ forecast: { sideEffects: () => [] } }), told({ forecast: { brings: () => undefined } }), told({ forecast: {} })]).to.deep.equal(['"thing[it]", which is not known yet', '', '', ''])
    expect(foretold({ forecast: undefined }).servicesStart, 'it may start services').to.equal(true)
  })

  it('a file that is edited while something may bring it is known in part, until it is written as a whole', () => {
    const edit = kind('file', { madeFrom: () => 'what is there' })
    const overlay = new Overlay()
    overlay.foretell(request(edit), null, { value: 'x' })
    expect(overlay.isEdited(request(edit)), 'nothing brings it').to.equal(false)
    overlay.markUnknown('odd', [], { brings: true })
    overlay.foretell(request(edit, 'there'), { value: 'old' }, { value: 'x' })
    overlay.foretell(request(edit, 'new'), null, { value: 'x' })
    overlay.foretell(request(kind('file'), 'whole'), null, { value: 'x' })
    expect(['there', 'new', 'whole'].map(name => overlay.isEdited(request(edit, name)))).to.deep.equal([false, true, false])
    overlay.foretell(request(kind('file'), 'new'), null, { value: 'y' })
    expect(overlay.isEdited(request(edit, 'new'))).to.equal(false)
  })

  it('what is made disturbs what is named after its path, or is below where it led, and what says so of itself', () => {
    const overlay = new Overlay()
    overlay.foretell(request(kind('file'), '/f'), { type: 'file' }, { type: 'file' })
    overlay.foretell(request(kind('file'), '/d'), { type: 'directory' }, { type: 'link' })
    overlay.foretell(request(kind('file'), '/same'), { type: 'directory' }, { type: 'directory' })
    overlay.foretell(request(kind('file'), '/gone'), { type: 'directory' }, null)
    overlay.foretell(request(kind('file'), '/other'), { type: 'file' }, { type: 'directory' })
    overlay.foretell(request(kind('file'), '/first'), null, { type: 'directory' })
    overlay.foretell(request(kind('file'), '/link'), null, { type: 'link' })
    overlay.foretell(request(kind('user'), '/u'), null, {})
    const disturbed = (resource: AnyResource, name: string) => overlay.mayAffect(request(resource, name), null, null)
    const venv = kind('venv')
    expect(['/f', '/f/x', '/d/x', '/same/x', '/gone/x', '/other/x', '/first/x', '/link/x', '/u', 'f', '/elsewhere'].map(name => disturbed(venv, name))).to.deep.equal([true, false, true, false, true, true, false, true, false, false, false])
    expect(disturbed(kind('file'), '/f'), 'a file itself').to.equal(false)
    expect(disturbed(venv, '/first'), 'a new directory is empty').to.equal(false)
    expect(overlay.mayAffect(request(venv, '/first'), { value: 'there' }, null), 'what is there is not').to.equal(true)
    expect(disturbed(kind('unit', { forecast: { mayChangeWith: (_key, made) => made.kind === 'user' && made.after !== null } }), 'x')).to.equal(true)
    expect(disturbed(kind('unit', { forecast: { mayChangeWith: (_key, made) => made.kind === 'group' } }), 'x')).to.equal(false)
  })

  it('passes everything that is created to a kind, including side effects, with the states before and after', () => {
    const overlay = new Overlay()
    make(overlay, kind('thing', alsoMakes({ kind: 'group', identity: 'g', state: { value: '1' } })), 'it', { value: 'x' })
    make(overlay, kind('thing', alsoMakes({ kind: 'group', identity: 'g', state: null })), 'other', { value: 'y' })
    const seen: unknown[] = []
    expect(overlay.mayAffect(request(kind('unit', { forecast: { mayChangeWith: (_key, made) => { seen.push(made); return false } } })), null, null)).to.equal(false)
    expect(seen).to.deep.equal([
      { kind: 'thing', name: 'it', before: null, after: { value: 'x' } }, { kind: 'group', name: 'g', before: null, after: { value: '1' } },
      { kind: 'thing', name: 'other', before: null, after: { value: 'y' } }, { kind: 'group', name: 'g', before: { value: '1' }, after: null },
    ])
  })

  it('[fault 66] cleans up once what interrupted runs left', () => {
    const overlay = new Overlay()
    expect(overlay.cleanUp([{ name: 'a' }, { name: 'b' }])).to.deep.equal([{ name: 'a' }, { name: 'b' }])
    expect(overlay.cleanUp([{ name: 'b' }, { name: 'c' }])).to.deep.equal([{ name: 'c' }])
  })
})
