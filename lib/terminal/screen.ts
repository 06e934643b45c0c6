/** What a screen is drawn on: standard output, or a spec's. */
export interface Canvas {
  columns?: number
  rows?: number
  write(text: string): unknown
}

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** A live line that is too long is cut by the terminal itself, which alone knows how wide its characters are. */
const NO_WRAP = '\u001b[?7l'
const WRAP = '\u001b[?7h'

/** Lines that scroll away as in any terminal, above lines at the bottom that are drawn anew each time. */
export class Screen {
  readonly #canvas: Canvas
  #live = 0
  #open = true

  constructor(canvas: Canvas) {
    this.#canvas = canvas
    canvas.write(HIDE_CURSOR)
  }

  /** How many live lines there is room for. */
  get room(): number {
    return Math.max(1, (this.#canvas.rows ?? 24) - 1)
  }

  /** Writes lines that stay, and draws the live ones below them. */
  draw(stay: readonly string[], live: readonly string[]): void {
    if (!this.#open) return
    const shown = live.slice(0, this.room)
    this.#canvas.write(this.#clear() + stay.map(line => `${line}\n`).join('') + NO_WRAP + shown.join('\n') + WRAP)
    this.#live = shown.length
  }

  /** Takes the live lines away and gives the cursor back; a second time does nothing. */
  close(): void {
    if (!this.#open) return
    this.#canvas.write(this.#clear() + SHOW_CURSOR)
    this.#open = false
  }

  #clear(): string {
    if (this.#live === 0) return ''
    return `${this.#live > 1 ? `\u001b[${this.#live - 1}A` : ''}\r\u001b[J`
  }
}
