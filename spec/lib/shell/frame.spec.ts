import { expect } from 'chai'
import fc from 'fast-check'
import { FrameParser } from '../../../lib/shell/frame.ts'

const token = 'stead-0123456789abcdef0123456789abcdef'
const answer = fc.record({ stdout: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('\n', 'stead-', `\n${token.slice(0, -1)}`).map(text => new TextEncoder().encode(text))), exitCode: fc.nat(255), stderr: fc.string({ maxLength: 60 }).filter(text => !text.includes(token)) })

describe('FrameParser', () => {
  it('gives the same answers, however their bytes are cut into pieces (property)', () => {
    fc.assert(fc.property(fc.array(answer, { minLength: 1, maxLength: 4 }), fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 }), (answers, sizes) => {
      const bytes = Buffer.concat(answers.flatMap(({ stdout, exitCode, stderr }) => [Buffer.from(stdout), Buffer.from(`\n${token} ${exitCode}\n${stderr}\n${token}\n`)]))
      const parser = new FrameParser(token)
      const found = []
      for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1
        parser.push(bytes.subarray(at, at + size))
        at += size
        for (let next = parser.next(); next; next = parser.next()) found.push(next)
      }
      expect(found).to.deep.equal(answers.map(({ stdout, exitCode, stderr }) => ({ stdout: Buffer.from(stdout), exitCode, stderr })))
    }), { numRuns: 300 })
  })

  it('takes a large answer in small pieces in a time that grows with its size, not with the square of it', () => {
    const seconds = (megabytes: number): number => {
      const parser = new FrameParser(token)
      const begun = process.hrtime.bigint()
      const piece = Buffer.alloc(32_000, 'x')
      for (let count = 0; count < megabytes * 32; count += 1) {
        parser.push(piece)
        expect(parser.next()).to.equal(undefined)
      }
      parser.push(Buffer.from(`\n${token} 0\n\n${token}\n`))
      expect(parser.next()?.stdout.length).to.equal(megabytes * 32 * 32_000)
      return Number(process.hrtime.bigint() - begun) / 1e9
    }
    seconds(1)
    // Sixteen times as much would take 256 times as long by the square; what a busy machine adds is far less.
    expect(seconds(64)).to.be.below(Math.max(seconds(4), 0.05) * 100)
  }).timeout(60_000)
})
