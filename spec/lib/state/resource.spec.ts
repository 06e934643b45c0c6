import { expect } from 'chai'
import { z } from 'zod'
import { apply, defineResource, read } from '../../../lib/resource.ts'

const define = (kind: string) => defineResource<string, { value: string }, { value: string }>({
  kind, schema: z.strictObject({ value: z.string() }), identify: key => key, read: () => ({ script: read`:`, parse: () => [] }), apply: () => ({ script: apply`:` }),
})

describe('defineResource', () => {
  it('takes any kind of lower-case letters, digits and hyphens', () => {
    expect(['mount', 'zfs-dataset', 'k8s'].map(kind => define(kind).kind)).to.deep.equal(['mount', 'zfs-dataset', 'k8s'])
  })

  it('refuses a kind that would be ambiguous in a report, and says what is allowed', () => {
    for (const kind of ['', 'Mount', 'a mount', 'mount[x]', '9p', '-x']) expect(() => define(kind), kind).to.throw(TypeError, `${JSON.stringify(kind)} cannot be the kind of a resource: use lower-case letters`)
  })
})
