import { expect } from 'chai'
import { batch, questionIdentity, requestIdentity, stateIdentity } from '../../../lib/state/batch.ts'
import { identity, type Request } from '../../../lib/state/resource.ts'
import { output, sample, type SampleKey } from './sample-resource.ts'

const alpha = sample('alpha')
const beta = sample('beta', 'postgres')
const ask = (resource: typeof alpha, key: SampleKey): Request => ({ resource, key })

describe('batch', () => {
  it('makes one part a kind, with every key once, and keeps the user', () => {
    const { parts } = batch([ask(alpha, { name: 'a' }), ask(beta, { name: 'x' }), ask(alpha, { name: 'b' }), ask(alpha, { name: 'a' })])
    expect(parts.map(({ script, user, about }) => [script.text, user, about])).to.deep.equal([['alpha a b', undefined, 'reading the current state (alpha)'], ['beta x', 'postgres', 'reading the current state (beta)']])
  })

  it('makes nothing of nothing', () => {
    const { parts, parse } = batch([])
    expect(parts).to.deep.equal([])
    expect([...parse([])]).to.deep.equal([])
  })

  it('gives each request its answer by kind and name', () => {
    const requests = [ask(alpha, { name: 'x' }), ask(beta, { name: 'x' }), ask(alpha, { name: 'missing' })]
    const answers = batch(requests).parse([output('x=1'), output('x=2')])
    expect(requests.map(request => answers.get(requestIdentity(request)))).to.deep.equal([{ value: '1' }, { value: '2' }, null])
  })

  it('lets a kind that cannot be read spoil only its own answers', () => {
    const requests = [ask(alpha, { name: 'x' }), ask(beta, { name: 'x' }), ask(beta, { name: 'y' })]
    const answers = batch(requests).parse([output('x=1'), output('', { exitCode: 2, stderr: 'psql: no' })])
    const [first, ...others] = requests.map(request => answers.get(requestIdentity(request)))
    expect(first).to.deep.equal({ value: '1' })
    for (const other of others) expect(other).to.be.an('error').with.property('message', 'psql: no')
  })

  it('[fault 3] lets an answer that was too long fail only its own read', () => {
    const requests = [ask(alpha, { name: 'x' }), ask(beta, { name: 'y' })]
    const answers = batch(requests).parse([{ ...output(''), tooLong: true }, output('y=1')])
    expect(answers.get('alpha x')).to.be.an('error').with.property('message').that.includes('longer than the limit')
    expect(answers.get('beta y')).to.deep.equal({ value: '1' })
  })

  it('lets one key that cannot be read spoil only its own answer', () => {
    const requests = [ask(alpha, { name: 'x' }), ask(alpha, { name: 'y' })]
    const answers = batch(requests).parse([output('x=broken\ny=1')])
    expect(answers.get('alpha x')).to.be.an('error').with.property('message', 'x is broken')
    expect(answers.get('alpha y')).to.deep.equal({ value: '1' })
  })

  it('takes an answer that never came for an error, not for "does not exist"', () => {
    const answers = batch([ask(alpha, { name: 'x' }), ask(beta, { name: 'y' })]).parse([output('x=1')])
    expect(answers.get('beta y')).to.be.an('error')
    const short = { ...alpha, read: () => ({ ...alpha.read([]), parse: () => [] }) }
    expect(batch([ask(short, { name: 'x' })]).parse([output('')]).get('alpha x')).to.be.an('error')
  })

  it('lets the fuller of two answers to the same thing serve both who asked', () => {
    for (const keys of [[{ name: 'x', more: true }, { name: 'x' }], [{ name: 'x' }, { name: 'x', more: true }]]) {
      const answers = batch(keys.map(key => ask(alpha, key))).parse([output('x=1')])
      expect(answers.get('alpha x')).to.deep.equal({ value: '1', detail: 'more of x' })
    }
  })

  it('distinguishes keys of one name with different aspects or questions', () => {
    const looking = { ...alpha, aspect: ({ more }: SampleKey) => (more ? 'its target' : 'itself') }
    const asking = { ...alpha, question: ({ more }: SampleKey) => (more ? 'these packages' : 'those') }
    const both = { ...looking, ...asking }
    const of = (resource: typeof alpha, more: boolean) => [requestIdentity, questionIdentity, stateIdentity].map(identity => identity(ask(resource, { name: 'x', more })))
    expect(of(looking, true)).to.deep.equal(['alpha x its target', 'alpha x', 'alpha x'])
    expect(of(asking, true)).to.deep.equal(['alpha x these packages', 'alpha x these packages', 'alpha x'])
    expect(of(both, true)).to.deep.equal(['alpha x these packages its target', 'alpha x these packages', 'alpha x'])
    expect(of(both, false)).to.deep.equal(['alpha x those itself', 'alpha x those', 'alpha x'])
    expect(of(alpha, true)).to.deep.equal(['alpha x', 'alpha x', 'alpha x'])
  })

  it('says of an answer that never came that the host gave none', () => {
    const short = { ...alpha, read: () => ({ ...alpha.read([]), parse: () => [] }) }
    expect(batch([ask(short, { name: 'x' })]).parse([output('')]).get('alpha x')).to.have.property('message', 'The host gave no answer to this read.')
    expect(batch([ask(alpha, { name: 'x' })]).parse([]).get('alpha x')).to.have.property('message', 'no answer')
    const odd: unknown = 'odd'
    const throwing = { ...alpha, read: () => ({ ...alpha.read([]), parse: (): never => { throw odd } }) }
    expect(batch([ask(throwing, { name: 'x' })]).parse([output('')]).get('alpha x')).to.be.an('error').with.property('message', 'odd')
  })

  it('takes the later of two answers to the same thing where the resource does not say which is fuller', () => {
    const plain = { ...alpha, answers: undefined }
    expect(batch([ask(plain, { name: 'x' }), ask(plain, { name: 'x', more: true })]).parse([output('x=1')]).get('alpha x')).to.deep.equal({ value: '1', detail: 'more of x' })
  })

  it('names a piece of state as every diff and log does', () => expect(identity('file', '/etc/passwd')).to.equal('file[/etc/passwd]'))
})
