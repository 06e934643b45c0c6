import { expect } from 'chai'
import fc from 'fast-check'
import { FrameParser, OutOfStep } from '../../../lib/shell/frame-parser.ts'
import type { Output } from '../../../lib/shell/output.ts'

const token = '01234567-89ab-cdef-0123-456789abcdef'
const answer = fc.record({
  notes: fc.array(fc.string({ maxLength: 20 }).map(text => text.replaceAll('\n', ' ')), { maxLength: 2 }),
  stdout: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('\n', '0123', `\n${token.slice(0, -1)}`, ` ${token} 1.1`).map(text => new TextEncoder().encode(text))),
  exitCode: fc.nat(255), stderr: fc.string({ maxLength: 60 }).map(text => text.replace(/\n+$/, '')),
})

/** An answer as the host's shell writes it. */
const encode = (number: string, { notes = [], stdout = '', stderr = '', exitCode = 0 }: { notes?: string[]; stdout?: Uint8Array | string; stderr?: string; exitCode?: number } = {}): Buffer => Buffer.concat([
  ...notes.map(note => Buffer.from(`${note}\n${token} note\n`)), Buffer.from(stdout), Buffer.from(`\n${token} ${number}\n${stderr}\n${token} ${exitCode}\n`),
])

function all(parser: FrameParser, frame: number): Output[] {
  const found: Output[] = []
  for (let next = parser.next(frame, 1); next; next = parser.next(frame, found.length + 1)) found.push(next)
  return found
}

describe('FrameParser', () => {
  it('gives the same answers and notes, however their bytes are cut into pieces (property)', () => {
    fc.assert(fc.property(fc.array(answer, { minLength: 1, maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 }), (answers, sizes) => {
      const bytes = Buffer.concat(answers.map((each, index) => encode(`7.${index + 1}`, each)))
      const notes: string[] = []
      const parser = new FrameParser(token, note => notes.push(note))
      const found: Output[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1
        parser.push(bytes.subarray(at, at + size))
        at += size
        for (let next = parser.next(7, found.length + 1); next; next = parser.next(7, found.length + 1)) found.push(next)
      }
      expect(found).to.deep.equal(answers.map(({ stdout, exitCode, stderr }) => ({ stdout: Buffer.from(stdout), exitCode, stderr })))
      expect(notes).to.deep.equal(answers.flatMap(each => each.notes))
      expect(() => parser.begin()).to.not.throw()
    }), { numRuns: 300 })
  })

  it('[fault 1] never takes an answer for that of another part or frame', () => {
    for (const number of ['1.1', '2.2', '3.1', '2.1 ', '', '-1', 'note ']) {
      const parser = new FrameParser(token)
      parser.push(encode(number))
      expect(() => parser.next(2, 1), number).to.throw(OutOfStep, 'instead of 2.1')
    }
    const parser = new FrameParser(token)
    parser.push(Buffer.from(`\n${token} 2.1\n\n${token} 2.2\n`))
    expect(() => parser.next(2, 1)).to.throw(OutOfStep, 'instead of an exit code')
  })

  it('[fault 1] starts no frame while something is left over from the previous one', () => {
    const parser = new FrameParser(token)
    parser.push(Buffer.concat([encode('1.1', { stdout: 'x' }), Buffer.from('late')]))
    expect(all(parser, 1)).to.have.length(1)
    expect(() => parser.begin()).to.throw(OutOfStep)
  })

  it('[fault 3] drops an answer that is too long, says so, and goes on with the next', () => {
    for (const size of [100, 1000, 100_000]) {
      const parser = new FrameParser(token, undefined, 50)
      const bytes = Buffer.concat([encode('1.1', { stdout: 'x'.repeat(20) }), encode('1.2', { stdout: 'y'.repeat(size), exitCode: 3 }), encode('1.3', { stdout: 'z'.repeat(20) })])
      for (let at = 0; at < bytes.length; at += 17) parser.push(bytes.subarray(at, at + 17))
      expect(all(parser, 1).map(({ stdout, exitCode, tooLong }) => [stdout.toString(), exitCode, tooLong])).to.deep.equal([['x'.repeat(20), 0, undefined], ['', 3, true], ['z'.repeat(20), 0, undefined]])
    }
  })

  it('[fault 3] keeps no more of an endless answer than the limit', () => {
    const parser = new FrameParser(token, undefined, 1_000_000)
    const piece = Buffer.alloc(100_000, 'x')
    const before = process.memoryUsage().arrayBuffers
    for (let count = 0; count < 3000; count += 1) {
      parser.push(Buffer.from(piece))
      expect(parser.next(1, 1)).to.equal(undefined)
    }
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(100_000_000)
    parser.push(encode('1.1'))
    expect(parser.next(1, 1)).to.deep.equal({ stdout: Buffer.alloc(0), stderr: '', exitCode: 0, tooLong: true })
  })

  it('takes a large answer in small pieces in a time that grows with its size, not with the square of it', () => {
    const seconds = (megabytes: number): number => {
      const parser = new FrameParser(token)
      const begun = process.hrtime.bigint()
      const piece = Buffer.alloc(32_000, 'x')
      for (let count = 0; count < megabytes * 32; count += 1) {
        parser.push(piece)
        expect(parser.next(1, 1)).to.equal(undefined)
      }
      parser.push(encode('1.1'))
      expect(parser.next(1, 1)?.stdout.length).to.equal(megabytes * 32 * 32_000)
      return Number(process.hrtime.bigint() - begun) / 1e9
    }
    seconds(1)
    // Sixteen times as much would take 256 times as long by the square; what a busy machine adds is far less.
    expect(seconds(64)).to.be.below(Math.max(seconds(4), 0.05) * 100)
  }).timeout(180_000)
})
