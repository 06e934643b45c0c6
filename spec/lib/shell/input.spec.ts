import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { piecesOf, type Input } from '../../../lib/shell/input.ts'
import { inTemporaryDirectory } from './local-session.ts'

async function pieces(inputs: readonly Input[], most: number): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const piece of piecesOf(inputs, most)) all.push(Buffer.from(piece))
  return all
}

describe('standard input', () => {
  it('arrives whole, from memory and from files, in pieces no longer than allowed (property)', async () => {
    const part = fc.record({ bytes: fc.uint8Array({ maxLength: 50 }), fromFile: fc.boolean() })
    await fc.assert(fc.asyncProperty(fc.array(part, { maxLength: 4 }), fc.integer({ min: 1, max: 20 }), (parts, most) => inTemporaryDirectory(async directory => {
      const inputs = parts.map(({ bytes, fromFile }, index): Input => {
        const file = path.join(directory, String(index))
        writeFileSync(file, bytes)
        return fromFile ? { file, length: bytes.length } : bytes
      })
      const sent = await pieces(inputs, most)
      expect(Buffer.concat(sent).toString('hex')).to.equal(Buffer.concat(parts.map(({ bytes }) => bytes)).toString('hex'))
      expect(sent.filter(({ length }) => length > most)).to.deep.equal([])
    })), { numRuns: 40 })
  })

  it('of a file that changes meanwhile is as long as was told: longer is cut, shorter is an error', () => inTemporaryDirectory(async directory => {
    const file = path.join(directory, 'file')
    writeFileSync(file, '0123456789')
    expect(Buffer.concat(await pieces([{ file, length: 4 }], 3)).toString()).to.equal('0123')
    expect(await pieces([{ file, length: 11 }], 3).catch(String)).to.contain(`The file ${file} became shorter while it was being sent.`)
    expect(await pieces([{ file, length: 0 }], 3)).to.deep.equal([])
  }))
})
