import { expect } from 'chai'
import fc from 'fast-check'
import { z } from 'zod'
import { unknownVariables } from '../../../lib/playbook/unknown-variables.ts'

const unknown = (schema: z.ZodType, vars: Record<string, unknown>): string[] => unknownVariables(schema, vars).map(({ variable }) => variable)

describe('variables that a schema does not ask for', () => {
  const plain = z.object({ port: z.number(), tls: z.object({ key: z.string() }).optional(), hosts: z.array(z.object({ name: z.string() })).default([]) })

  it('[fault 15] are found at any depth, with suggestions', () => {
    expect(unknownVariables(plain, { prot: 1, tls: { kye: 'x', key: 'y' }, hosts: [{ name: 'a' }, { nmae: 'b' }], port: 'of another type' })).to.deep.equal([
      { variable: 'prot', known: ['port', 'tls', 'hosts'] }, { variable: 'tls.kye', known: ['tls.key'] }, { variable: 'hosts.1.nmae', known: ['hosts.1.name'] },
    ])
    expect(unknown(plain, { port: 1, tls: 'a text', hosts: 7 })).to.deep.equal([])
    expect(unknown(z.object({}), { a: 1 })).to.deep.equal(['a'])
  })

  it('[fault 15] do not exist if the schema accepts anything, as a passthrough schema does', () => {
    for (const open of [z.looseObject({ a: z.string() }), z.object({ a: z.string() }).catchall(z.number()), z.record(z.string(), z.number()), z.unknown(), z.any(), z.custom<object>(), z.object({ a: z.unknown() })]) {
      expect(unknown(open, open instanceof z.ZodObject && open.def.catchall === undefined ? { a: { b: 1 } } : { a: '', b: 1 })).to.deep.equal([])
    }
    expect(unknown(z.object({ deep: z.looseObject({}), list: z.array(z.unknown()) }), { deep: { a: 1 }, list: [{ b: 1 }], c: 1 })).to.deep.equal(['c'])
  })

  it('[fault 15] are found through everything that a schema may be wrapped in', () => {
    const inner = z.object({ a: z.string() })
    const wrapped = [z.strictObject({ a: z.string() }), inner.refine(() => true), inner.transform(value => value), z.preprocess(value => value, inner), inner.default({ a: '' }), inner.optional(), inner.nullable(), inner.readonly(), z.lazy(() => inner), inner.pipe(z.object({ a: z.string() })), inner.brand('x'), inner.catch({ a: '' })]
    for (const schema of wrapped) expect(unknown(schema, { a: '', b: 1 }), schema.type).to.deep.equal(['b'])
    const either = z.union([inner, z.object({ b: z.object({ c: z.number() }) })])
    expect(unknown(either, { a: '', b: { c: 1, d: 2 }, e: 3 })).to.deep.equal(['b.d', 'e'])
    expect(unknown(z.discriminatedUnion('kind', [z.object({ kind: z.literal('x'), a: z.string() }), z.object({ kind: z.literal('y') })]), { kind: 'x', a: '', b: 1 })).to.deep.equal(['b'])
    expect(unknown(z.intersection(inner, z.object({ b: z.string() })), { a: '', b: '', c: '' })).to.deep.equal(['c'])
    expect(unknown(z.union([inner, z.looseObject({})]), { a: '', b: 1 })).to.deep.equal([])
  })

  it('[fault 15] are found in a recursive schema', () => {
    const tree = z.object({ name: z.string(), get inner() { return z.array(tree) } })
    expect(unknown(tree, { name: '', inner: [{ name: '', inner: [{ nmae: '' }] }] })).to.deep.equal(['inner.0.inner.0.nmae'])
    const holder = z.object({ first: tree, second: tree })
    expect(unknown(holder, { first: { x: 1 }, second: { inner: [{ y: 1 }] } })).to.deep.equal(['first.x', 'second.inner.0.y'])
  })

  it('[fault 15] are exactly those that zod drops', () => {
    const value = fc.dictionary(fc.constantFrom('port', 'tls', 'hosts', 'other'), fc.anything({ maxDepth: 2 }))
    fc.assert(fc.property(value, vars => {
      const kept = z.object({ port: z.unknown(), tls: z.unknown(), hosts: z.unknown() }).parse({ port: 0, tls: 0, hosts: 0, ...vars })
      expect(unknown(z.object({ port: z.unknown(), tls: z.unknown(), hosts: z.unknown() }), vars)).to.deep.equal(Object.keys(vars).filter(name => !(name in kept)))
    }))
  })
})
