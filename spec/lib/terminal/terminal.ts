/** As much of a terminal as live lines need: it wraps, scrolls, obeys what `Screen` writes, and nothing else. */
export class Terminal {
  readonly columns: number
  readonly rows: number
  #lines: string[] = ['']
  #row = 0
  #column = 0
  #wraps = true
  cursor = true

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
  }

  write(text: string): boolean {
    for (const [, sequence, character] of text.matchAll(/\u001b\[([?0-9]*[A-Za-z])|([\s\S])/gu)) {
      if (sequence !== undefined) this.#obey(sequence)
      else if (character === '\n') this.#down()
      else if (character === '\r') this.#column = 0
      else this.#put(character ?? '')
    }
    return true
  }

  /** What is seen: the last lines, without blanks at their ends. */
  get screen(): string[] {
    return this.#lines.slice(-this.rows).map(line => line.trimEnd())
  }

  /** All that was ever written and not taken back. */
  get everything(): string[] {
    return this.#lines.map(line => line.trimEnd())
  }

  #obey(sequence: string): void {
    const [, count, letter] = /^\??(\d*)([A-Za-z])$/.exec(sequence) ?? []
    if (sequence.startsWith('?25')) this.cursor = letter === 'h'
    else if (sequence.startsWith('?7')) this.#wraps = letter === 'h'
    else if (letter === 'A') this.#row -= Number(count)
    else if (letter === 'J') this.#lines.splice(this.#row, Infinity, (this.#lines[this.#row] ?? '').slice(0, this.#column))
    else if (letter !== 'm') throw new Error(`This terminal does not know ${sequence}.`)
  }

  #down(): void {
    this.#row += 1
    this.#column = 0
    this.#lines[this.#row] ??= ''
  }

  #put(character: string): void {
    if (this.#column >= this.columns) {
      if (this.#wraps) this.#down()
      else this.#column = this.columns - 1
    }
    const line = this.#lines[this.#row] ?? ''
    this.#lines[this.#row] = line.slice(0, this.#column).padEnd(this.#column) + character + line.slice(this.#column + 1)
    this.#column += 1
  }
}
