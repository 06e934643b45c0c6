import { expect } from 'chai'
import fc from 'fast-check'
import { differences, sameValue } from '../../../lib/state/compare.ts'
import { Content } from '../../../lib/state/content.ts'
import type { State, Value } from '../../../lib/state/resource.ts'

const value: fc.Arbitrary<Value | undefined> = fc.oneof(
  fc.string({ maxLength: 3 }), fc.integer(), fc.boolean(), fc.constant(null), fc.array(fc.string({ maxLength: 2 }), { maxLength: 3 }),
  fc.dictionary(fc.string({ maxLength: 2 }), fc.option(fc.string({ maxLength: 2 })), { maxKeys: 3 }), fc.string({ maxLength: 3 }).map(text => Content.of(text)),
)
const state: fc.Arbitrary<State> = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(value, { nil: undefined }))

describe('differences', () => {
  it('are none where every desired field is as it is', () => {
    fc.assert(fc.property(state, state, (current, extra) => {
      expect(differences({ ...extra, ...current }, current)).to.deep.equal([])
    }))
  })

  it('are gone once the desired fields are laid over the current ones', () => {
    fc.assert(fc.property(state, state, (current, desired) => {
      const defined = Object.fromEntries(Object.entries(desired).filter(([, field]) => field !== undefined))
      expect(differences({ ...current, ...defined }, desired)).to.deep.equal([])
      for (const { field } of differences(current, desired)) expect(field && desired[field]).to.not.equal(undefined)
    }))
  })

  it('are only of the fields that are desired; one left out or undefined stays as it is', () => {
    expect(differences({ mode: '0644', owner: 'root' }, { mode: '0640', group: undefined })).to.deep.equal([{ field: 'mode', current: '0644', desired: '0640' }])
    expect(differences({ mode: '0644' }, {})).to.deep.equal([])
  })

  it('begin with being there at all', () => {
    expect(differences(null, null)).to.deep.equal([])
    expect(differences(null, {})).to.deep.equal([{ field: undefined, current: 'absent', desired: 'present' }])
    expect(differences(null, { mode: '0640' })).to.deep.equal([{ field: undefined, current: 'absent', desired: 'present' }, { field: 'mode', current: undefined, desired: '0640' }])
    expect(differences({ mode: '0640' }, null)).to.deep.equal([{ field: undefined, current: 'present', desired: 'absent' }])
  })
})

describe('sameValue', () => {
  it('takes null in a record for no entry', () => {
    expect(sameValue({ a: null }, {})).to.equal(true)
    expect(sameValue({ a: '1', b: null }, { a: '1' })).to.equal(true)
    expect(sameValue({ a: null }, { a: '' })).to.equal(false)
    expect(sameValue({ a: null }, null)).to.equal(false)
  })

  it('does not mind the order of keys, and does mind the order of lists', () => {
    expect(sameValue({ a: '1', b: null }, { b: null, a: '1' })).to.equal(true)
    for (const keys of ['abc', 'acb', 'bac', 'bca', 'cab', 'cba']) expect(sameValue({ a: '1', b: '2', c: '3' }, Object.fromEntries([...keys].map(key => [key, String('abc'.indexOf(key) + 1)]))), keys).to.equal(true)
    expect(sameValue(['a', 'b'], ['b', 'a'])).to.equal(false)
    expect(sameValue(['a', 'b'], ['a', 'b'])).to.equal(true)
  })

  it('takes a value for the same as itself', () => {
    const same = ['a', '', 1, false, null, undefined]
    for (const value of same) expect(sameValue(value, value), String(value)).to.equal(true)
  })

  it('takes nothing for another type that prints alike', () => {
    const different: [Value | undefined, Value | undefined][] = [['1', 1], [true, 'true'], [null, undefined], [null, 'null'], ['', undefined], [[], {}], [['a'], 'a'], [{ a: 'null' }, { a: null }], [['a,b'], ['a', 'b']], [{ 0: 'a' }, 'a'], ['a', { 0: 'a' }], [{ 0: 'a' }, ['a']], [{}, 1]]
    for (const [one, other] of different) expect(sameValue(one, other), `${JSON.stringify(one)} and ${JSON.stringify(other)}`).to.equal(false)
  })

  it('compares contents by checksum, whether or not their bytes are known', () => {
    const content = Content.of('hello')
    expect(sameValue(content, Content.known(content.sha256, 5))).to.equal(true)
    expect(sameValue(content, Content.of('hello '))).to.equal(false)
    expect(sameValue(content, content.sha256)).to.equal(false)
    expect(sameValue({}, content)).to.equal(false)
  })
})
