import { expect } from 'chai'
import { ReadError } from '../../../lib/errors.ts'
import { linePerKey, stdoutOf } from '../../../lib/state/read-answer.ts'
import { output } from './sample-resource.ts'

describe('The answer to a read script', () => {
  it('is what the script printed, byte for byte', () => {
    expect(stdoutOf({ ...output(''), stdout: Buffer.from([0, 255]) }, 'Never said.')).to.deep.equal(Buffer.from([0, 255]))
  })

  it('is an error with the host\'s own words if the script failed', () => {
    const failing = () => stdoutOf(output('half', { stderr: 'no such file', exitCode: 3 }), 'It could not be read.', { hint: 'Look again.' })
    expect(failing).to.throw(ReadError, 'It could not be read.').that.includes({ hint: 'Look again.' }).and.has.property('message').that.does.not.contain('half')
    expect(() => linePerKey(['a'], 'It could not be read.', line => ({ line }))(output('a\n', { stderr: 'no such file', exitCode: 3 }))).to.throw(ReadError, 'It could not be read.')
  })

  it('has one line per key, in the order of the keys, and none beyond them; a missing line is empty', () => {
    const parse = linePerKey(['a', 'b', 'c'], 'Never said.', (line, key, { stderr }) => (line === '' ? null : line === '?' ? new Error(stderr) : { [key]: line }))
    const [first, second, third, ...more] = parse(output('1\n?\n', { stderr: 'odd' }))
    expect([first, second instanceof Error && second.message, third, more]).to.deep.equal([{ a: '1' }, 'odd', null, []])
    expect(parse(output('1\n2\n3\n4\n'))).to.deep.equal([{ a: '1' }, { b: '2' }, { c: '3' }])
  })
})
