import { setImmediate as turn } from 'node:timers/promises'
import { expect } from 'chai'
import { z } from 'zod'
import { read } from '../../../lib/shell/script.ts'
import type { Answer, ReadPart } from '../../../lib/state/batch.ts'
import { Content } from '../../../lib/state/content.ts'
import { Reader } from '../../../lib/state/reader.ts'
import type { State } from '../../../lib/state/resource.ts'
import type { Output } from '../../../lib/shell/output.ts'
import { output, sample, type SampleKey } from './sample-resource.ts'

const alpha = sample('alpha')
const beta = sample('beta')

/** A host whose names all have the number of the frame that read them as their value. */
function host(answer: (part: ReadPart, frame: number) => Output = (part, frame) => output(part.script.text.split(' ').slice(1).map(name => `${name}=${frame}`).join('\n'))) {
  const frames: string[][] = []
  const reader = new Reader(async parts => {
    frames.push(parts.map(({ script }) => script.text))
    await turn()
    return parts.map(part => answer(part, frames.length))
  })
  return { frames, reader }
}

const reason = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'it did not reject', (error: unknown) => (error instanceof Error ? error.message : error))

describe('Reader', () => {
  it('sends all that is asked in one tick as one frame', async () => {
    const { frames, reader } = host()
    const answers = await Promise.all([
      reader.current(alpha, { name: 'a' }), reader.current(beta, { name: 'x' }),
      Promise.resolve().then(() => reader.current(alpha, { name: 'b' })),
      (async () => { await Promise.resolve(); await Promise.resolve(); return reader.current(beta, { name: 'y' }) })(),
    ])
    expect(frames).to.deep.equal([['alpha a b', 'beta x y']])
    expect(answers).to.deep.equal([{ value: '1' }, { value: '1' }, { value: '1' }, { value: '1' }])
  })

  it('sends what an answer leads to as a second frame', async () => {
    const { frames, reader } = host()
    const chain = (name: string) => reader.current(alpha, { name }).then(() => reader.current(beta, { name }))
    await Promise.all([chain('a'), chain('b')])
    expect(frames).to.deep.equal([['alpha a b'], ['beta a b']])
  })

  it('does not read again what it knows, until it is told to forget', async () => {
    const { frames, reader } = host()
    await reader.current(alpha, { name: 'a' })
    expect(await reader.current(alpha, { name: 'a' })).to.deep.equal({ value: '1' })
    expect(frames).to.have.length(1)
    reader.forget()
    expect(await reader.current(alpha, { name: 'a' })).to.deep.equal({ value: '2' })
  })

  it('keeps what came with the frame that wrote, and nothing from before it', async () => {
    const { frames, reader } = host()
    await Promise.all([reader.current(alpha, { name: 'a' }), reader.current(alpha, { name: 'b' })])
    reader.forget(new Map([['alpha a', { value: 'after' }]]))
    expect(await reader.current(alpha, { name: 'a' })).to.deep.equal({ value: 'after' })
    expect(await reader.current(alpha, { name: 'b' })).to.deep.equal({ value: '2' })
    expect(frames).to.deep.equal([['alpha a b'], ['alpha b']])
  })

  it('[fault 11] can forget a read that failed ahead of its turn and repeat it, and never keeps a failure of its own', async () => {
    let broken = true
    const { frames, reader } = host((part, frame) => (broken ? output('', { exitCode: 1, stderr: 'not yet' }) : output(part.script.text.split(' ').slice(1).map(name => `${name}=${frame}`).join('\n'))))
    reader.learn(new Map<string, Answer>([['alpha a', new Error('not yet, ahead')], ['alpha b', { value: 'known' }]]))
    expect(await reason(reader.current(alpha, { name: 'a' }))).to.equal('not yet, ahead')
    expect([reader.forgetErrors(), reader.forgetErrors()]).to.deep.equal([true, false])
    expect(await reason(reader.current(alpha, { name: 'a' }))).to.equal('not yet')
    expect(reader.forgetErrors()).to.equal(false)
    broken = false
    expect(await Promise.all([reader.current(alpha, { name: 'a' }), reader.current(alpha, { name: 'b' })])).to.deep.equal([{ value: '2' }, { value: 'known' }])
    expect(frames).to.deep.equal([['alpha a'], ['alpha a']])
  })

  it('adds what came by another frame to what it knows', async () => {
    const { frames, reader } = host()
    reader.learn(new Map([['alpha a', { value: 'learnt' }], ['alpha b', null]]))
    expect(await Promise.all([reader.current(alpha, { name: 'a' }), reader.current(alpha, { name: 'b' })])).to.deep.equal([{ value: 'learnt' }, null])
    expect(frames).to.deep.equal([])
  })

  it('asks again when more is wanted of a thing than is known', async () => {
    const { frames, reader } = host()
    await reader.current(alpha, { name: 'a' })
    expect(await reader.current(alpha, { name: 'a', more: true })).to.deep.equal({ value: '2', detail: 'more of a' })
    await reader.current(alpha, { name: 'a' })
    expect(frames).to.have.length(2)
  })

  it('rejects a failed read for those who asked for it, and no one else', async () => {
    const { reader } = host(part => (part.script.text.startsWith('beta') ? output('', { exitCode: 1, stderr: 'beta cannot be read' }) : output('a=1\nb=broken')))
    const [a, b, x] = await Promise.all([reader.current(alpha, { name: 'a' }), reason(reader.current(alpha, { name: 'b' })), reason(reader.current(beta, { name: 'x' }))])
    expect([a, b, x]).to.deep.equal([{ value: '1' }, 'b is broken', 'beta cannot be read'])
  })

  it('rejects everything that was waiting when the frame is lost, and reads again afterwards', async () => {
    let lost = true
    const reader = new Reader(async parts => {
      if (lost) throw new Error('connection lost')
      return parts.map(() => output('a=1'))
    })
    expect(await Promise.all([reason(reader.current(alpha, { name: 'a' })), reason(reader.current(beta, { name: 'a' }))])).to.deep.equal(['connection lost', 'connection lost'])
    lost = false
    expect(await reader.current(alpha, { name: 'a' })).to.deep.equal({ value: '1' })
  })

  it('says first what was foretold, even of what it knows already', async () => {
    const { frames, reader } = host()
    await reader.current(alpha, { name: 'b' })
    reader.foretold = ({ key, resource }) => (resource.identify(key) === 'b' ? { value: 'foretold' } : resource.identify(key) === 'gone' ? null : undefined)
    expect(await reader.current(alpha, { name: 'b' })).to.deep.equal({ value: 'foretold' })
    expect(await reader.current(alpha, { name: 'gone' })).to.equal(null)
    expect(await reader.current(alpha, { name: 'a' })).to.deep.equal({ value: '2' })
    expect(frames).to.deep.equal([['alpha b'], ['alpha a']])
  })

  it('reads from the host what was not foretold, and puts the foretold fields over it', async () => {
    const { frames, reader } = host()
    reader.foretold = () => ({ value: 'foretold' })
    expect(await reader.current(alpha, { name: 'a', more: true })).to.deep.equal({ value: 'foretold', detail: 'more of a' })
    expect(frames).to.deep.equal([['alpha a']])
  })

  it('fails if the host does not know what was not foretold', async () => {
    const { reader } = host(() => output('a=broken'))
    reader.foretold = () => ({ value: 'foretold' })
    expect(await reason(reader.current(alpha, { name: 'a', more: true }))).to.equal('a is broken')
  })

  it('keeps the bytes of a content that the host gave, where the one foretold is the same and has none', async () => {
    const content = Content.of('text')
    const whole = { ...alpha, read: () => ({ script: read`whole`, parse: () => [{ value: content, detail: 'the host has it' }] }), schema: z.custom<State>(() => true), answers: (state: State) => state['detail'] !== undefined }
    const { reader } = host()
    reader.foretold = () => ({ value: Content.known(content.sha256, 4) })
    expect((await reader.current<SampleKey, State, State>(whole, { name: 'a' }))?.['value']).to.equal(content)
  })

  it('lets the overlay say what becomes of what the host has, and of what it has not', async () => {
    const { reader } = host(() => output('a=1'))
    reader.adjusted = (_request, answer) => (answer ? { value: 'changed' } : { value: 'made' })
    expect(await Promise.all([reader.current(alpha, { name: 'a' }), reader.current(alpha, { name: 'b' })])).to.deep.equal([{ value: 'changed' }, { value: 'made' }])
    reader.foretold = () => null
    expect(await reader.current(alpha, { name: 'b' })).to.equal(null)
  })

  it('gives what does not exist to whoever asks, however much they want of it; what failed is asked again', async () => {
    const { frames, reader } = host(() => output('a=broken'))
    for (const more of [false, true]) expect([await reason(reader.current(alpha, { name: 'a', more })), await reader.current(alpha, { name: 'b', more })]).to.deep.equal(['a is broken', null])
    expect(frames).to.deep.equal([['alpha a'], ['alpha b'], ['alpha a']])
  })

  it('takes any answer for enough where a resource does not say otherwise', async () => {
    const { frames, reader } = host()
    const plain = { ...alpha, answers: undefined }
    reader.foretold = ({ key }) => (plain.identify({ name: 'f', ...(typeof key === 'object' ? key : {}) }) === 'f' ? { value: 'foretold' } : undefined)
    expect(await reader.current(plain, { name: 'f', more: true })).to.deep.equal({ value: 'foretold' })
    await reader.current(plain, { name: 'a' })
    expect(await reader.current(plain, { name: 'a', more: true })).to.deep.equal({ value: '1' })
    expect(frames).to.deep.equal([['alpha a']])
  })

  it('gives what was foretold alone where the host has nothing', async () => {
    const { reader } = host(() => output(''))
    reader.foretold = () => ({ value: 'foretold' })
    expect(await reader.current(alpha, { name: 'a', more: true })).to.deep.equal({ value: 'foretold' })
  })

  it('makes an error of whatever else a lost frame is rejected with', async () => {
    const odd: unknown = 'no error'
    const reader = new Reader(async () => { throw odd })
    expect(await reader.current(alpha, { name: 'a' }).catch((error: unknown) => error)).to.be.an('error').with.property('message', 'no error')
  })
})
