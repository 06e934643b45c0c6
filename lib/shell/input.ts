import { createReadStream } from 'node:fs'
import { SteadError } from '../errors.ts'

/**
 * Standard input of a part: bytes, or the first bytes of a local file, which is read while it is
 * sent.
 */
export type Input = Uint8Array | FileInput

export interface FileInput {
  file: string
  /** Bytes. */
  length: number
}

/**
 * Pieces of at most `most` bytes, so that a large file is never in memory as a whole. The host
 * counts what it gets: a file that has grown is sent only up to its former length.
 *
 * @throws SteadError if a file has become shorter.
 */
export async function* piecesOf(inputs: readonly Input[], most: number): AsyncGenerator<Uint8Array> {
  for (const input of inputs) {
    if ('file' in input) yield* piecesOfFile(input, most)
    else for (let at = 0; at < input.length; at += most) yield input.subarray(at, at + most)
  }
}

async function* piecesOfFile({ file, length }: FileInput, most: number): AsyncGenerator<Uint8Array> {
  if (length === 0) return
  let left = length
  const pieces: AsyncIterable<Buffer> = createReadStream(file, { end: length - 1, highWaterMark: most })
  for await (const piece of pieces) {
    left -= piece.length
    yield piece
  }
  if (left > 0) throw new SteadError(`The file ${file} became shorter while it was being sent.`)
}
