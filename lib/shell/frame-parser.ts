import type { Output } from './output.ts'

/**
 * The most that all answers of a frame may add up to (bytes); anything beyond is dropped. An edited
 * file may be 100 MB.
 */
export const LONGEST_ANSWER = 200_000_000

/** The bytes before a line that starts with the token, and the rest of that line. */
interface Piece {
  bytes: Buffer
  line: string
  tooLong: boolean
}

/** A host sent something other than the expected answer. */
export class OutOfStep extends Error {}

/** Takes a session's output in pieces and returns the answers of a frame, one by one. */
export class FrameParser {
  readonly #boundary: Buffer
  readonly #note: (text: string) => void
  readonly #limit: number
  /** Joined only when a piece may be complete, so that a long one is not copied again and again. */
  #chunks: Buffer[] = []
  #size = 0
  #tooLong = false
  #mayEnd = false
  /** How many bytes this frame may still take. */
  #budget: number
  #stdout: Piece | undefined

  /** @param note is called with the notes that a part prints while it runs. */
  constructor(token: string, note: (text: string) => void = () => undefined, limit = LONGEST_ANSWER) {
    this.#boundary = Buffer.from(`\n${token} `)
    this.#note = note
    this.#limit = limit
    this.#budget = limit
  }

  /** Starts a frame: nothing of the previous one may be left over. */
  begin(): void {
    if (this.#size > 0) throw new OutOfStep('it sent output that belongs to no answer')
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

  /**
   * The answer of part `part` (counted from 1) of frame `frame`, or undefined while it is
   * incomplete.
   * @throws OutOfStep
   */
  next(frame: number, part: number): Output | undefined {
    const due = `${frame}.${part}`
    for (let piece = this.#piece(); piece; piece = this.#piece()) {
      const { bytes, line, tooLong } = piece
      if (this.#stdout) {
        const stdout = this.#stdout
        this.#stdout = undefined
        if (!/^\d+$/.test(line)) throw new OutOfStep(`it answered ${JSON.stringify(line.slice(0, 40))} instead of an exit code`)
        const output = { stdout: stdout.bytes, stderr: bytes.toString().replace(/\n+$/, ''), exitCode: Number(line) }
        return stdout.tooLong || tooLong ? { ...output, tooLong: true } : output
      }
      if (line === 'note') this.#note(bytes.toString())
      else if (line === due) this.#stdout = piece
      else throw new OutOfStep(`it answered ${JSON.stringify(line.slice(0, 40))} instead of ${due}`)
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

  /** Drops a piece that is too long, except for its end, where its boundary may start. */
  #forget(): void {
    const end = this.#last(this.#boundary.length)
    this.#chunks = [end]
    this.#size = end.length
    this.#tooLong = true
  }

  /** The last bytes received, at most `count`. */
  #last(count: number): Buffer {
    const end: Buffer[] = []
    let length = 0
    for (let index = this.#chunks.length - 1; index >= 0 && length < count; index -= 1) {
      const chunk = this.#chunks[index] ?? Buffer.alloc(0)
      end.unshift(chunk)
      length += chunk.length
    }
    const joined = Buffer.concat(end.map((chunk, index) => (index === 0 && length > count ? chunk.subarray(length - count) : chunk)))
    // A copy, so that the large buffer can be freed.
    return Buffer.from(joined)
  }
}
