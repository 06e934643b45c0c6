import type { Output } from './output.ts'

/** What a frame's answers may come to together (bytes); what is beyond it is not kept. Edited files may have 100 MB. */
export const LONGEST_ANSWER = 200_000_000

/** What came up to a line that begins with the token, and the rest of that line. */
interface Piece {
  bytes: Buffer
  line: string
  tooLong: boolean
}

/** A host said something else than the answer that was due. */
export class OutOfStep extends Error {}

/** Takes a session's output in pieces and gives the answers of a frame, one by one. */
export class FrameParser {
  readonly #boundary: Buffer
  readonly #note: (text: string) => void
  readonly #limit: number
  /** Joined only where it may end a piece, so that a long one is not copied again and again. */
  #chunks: Buffer[] = []
  #size = 0
  #tooLong = false
  #mayEnd = false
  /** What is still allowed to this frame. */
  #budget: number
  #stdout: Piece | undefined

  /** @param note takes what a part tells while it is at work. */
  constructor(token: string, note: (text: string) => void = () => undefined, limit = LONGEST_ANSWER) {
    this.#boundary = Buffer.from(`\n${token} `)
    this.#note = note
    this.#limit = limit
    this.#budget = limit
  }

  /** A frame begins: nothing may be left of the one before it. */
  begin(): void {
    if (this.#size > 0) throw new OutOfStep('it wrote what belongs to no answer')
    this.#budget = this.#limit
  }

  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    const reach = this.#boundary.length
    const seam = Buffer.concat([this.#last(reach), chunk.subarray(0, reach)])
    this.#mayEnd ||= chunk.includes(this.#boundary) || seam.includes(this.#boundary) || chunk.length < reach
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (!this.#mayEnd && this.#size > this.#budget) this.#forget()
  }

  /** The answer of part `part` (from 1) of frame `frame`, or undefined while it is not complete. @throws OutOfStep */
  next(frame: number, part: number): Output | undefined {
    const due = `${frame}.${part}`
    for (let piece = this.#piece(); piece; piece = this.#piece()) {
      const { bytes, line, tooLong } = piece
      if (this.#stdout) {
        const stdout = this.#stdout
        this.#stdout = undefined
        if (!/^\d+$/.test(line)) throw new OutOfStep(`it answered ${JSON.stringify(line.slice(0, 40))} where an exit code was due`)
        const output = { stdout: stdout.bytes, stderr: bytes.toString().replace(/\n+$/, ''), exitCode: Number(line) }
        return stdout.tooLong || tooLong ? { ...output, tooLong: true } : output
      }
      if (line === 'note') this.#note(bytes.toString())
      else if (line === due) this.#stdout = piece
      else throw new OutOfStep(`it answered ${JSON.stringify(line.slice(0, 40))} where ${due} was due`)
    }
    return undefined
  }

  #piece(): Piece | undefined {
    if (!this.#mayEnd) return undefined
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all]
    const at = all.indexOf(this.#boundary)
    const from = at + this.#boundary.length
    const lineEnd = at < 0 ? -1 : all.indexOf('\n', from)
    if (lineEnd < 0) {
      this.#mayEnd = false
      if (at < 0 && this.#size > this.#budget) this.#forget()
      return undefined
    }
    const tooLong = this.#tooLong || at > this.#budget
    const bytes = tooLong ? Buffer.alloc(0) : Buffer.from(all.subarray(0, at))
    this.#budget -= bytes.length
    this.#chunks = [all.subarray(lineEnd + 1)]
    this.#size = all.length - lineEnd - 1
    this.#tooLong = false
    return { bytes, line: all.toString('latin1', from, lineEnd), tooLong }
  }

  /** Lets go of a piece that is too long, but for an end in which its boundary may begin. */
  #forget(): void {
    const end = this.#last(this.#boundary.length)
    this.#chunks = [end]
    this.#size = end.length
    this.#tooLong = true
  }

  /** The last bytes that came, at most so many. */
  #last(count: number): Buffer {
    const end: Buffer[] = []
    let length = 0
    for (let index = this.#chunks.length - 1; index >= 0 && length < count; index -= 1) {
      const chunk = this.#chunks[index] ?? Buffer.alloc(0)
      end.unshift(chunk)
      length += chunk.length
    }
    const joined = Buffer.concat(end.map((chunk, index) => (index === 0 && length > count ? chunk.subarray(length - count) : chunk)))
    // A copy, so that what it was cut from can go.
    return Buffer.from(joined)
  }
}
