import { createHash } from 'node:crypto'
import { inspect } from 'node:util'

/**
 * The content of a file, or what is known of it: always its size and SHA-256, its bytes only where
 * they are needed. Two contents are equal if their checksums are.
 */
export class Content {
  readonly sha256: string
  readonly size: number
  readonly bytes: Buffer | undefined
  /**
   * `true`: all of it is secret, and no line of it, old or new, is ever shown. `parts`: it contains
   * secrets, which are never shown, and neither are old lines.
   */
  readonly secret: boolean | 'parts'

  private constructor(sha256: string, size: number, bytes: Buffer | undefined, secret: boolean | 'parts') {
    this.sha256 = sha256
    this.size = size
    this.bytes = bytes
    this.secret = secret
  }

  /**
   * Content that is known in full. Text is encoded as UTF-8.
   * @example Content.of('listen 80;\n')
   */
  static of(data: string | Uint8Array, options: { secret?: boolean | 'parts' } = {}): Content {
    const bytes = Buffer.from(data)
    return new Content(createHash('sha256').update(bytes).digest('hex'), bytes.length, bytes, options.secret ?? false)
  }

  /** Content of which only the checksum and the size (bytes; -1: unknown) are known. */
  static known(sha256: string, size: number): Content {
    return new Content(sha256, size, undefined, false)
  }

  /**
   * The checksum with which a host is asked whether it already has this content. Empty for a
   * secret: all users of a host may see what it is asked.
   */
  get askedBy(): string {
    return this.secret ? '' : this.sha256
  }

  equals(other: Content): boolean {
    return this.sha256 === other.sha256
  }

  /** A Content has no text, and its bytes may be secret. */
  toString(): never {
    throw new TypeError('A Content was used as text. Use its bytes instead.')
  }

  toJSON(): never {
    return this.toString()
  }

  [Symbol.toPrimitive](): never {
    return this.toString()
  }

  [inspect.custom](): string {
    return this.secret ? '<secret>' : `Content(${this.size} bytes, sha256 ${this.sha256})`
  }
}
