/** What a screen draws on: standard output, or a stand-in of a spec. */
export interface Canvas {
  columns?: number
  rows?: number
  write(text: string): unknown
}

const HIDE_CURSOR = '\u001b[?25l'
const SHOW_CURSOR = '\u001b[?25h'
/** The terminal cuts live lines that are too long: only it knows how wide its characters are. */
const NO_WRAP = '\u001b[?7l'
const WRAP = '\u001b[?7h'

/**
 * Lines that scroll away as in any terminal, above live lines at the bottom that are redrawn each
 * time.
 */
export class Screen {
  readonly #canvas: Canvas
  #live = 0
  #open = true

  constructor(canvas: Canvas) {
    this.#canvas = canvas
    canvas.write(HIDE_CURSOR)
  }

  /** The number of live lines that fit. */
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

  /** Removes the live lines and restores the cursor; calling it twice is harmless. */
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
