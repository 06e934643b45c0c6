import { createHash } from 'node:crypto'
import { inspect } from 'node:util'

/**
 * What a file holds, or what is known of it: always its size and SHA-256, its bytes only where somebody needs them.
 * Two contents are the same when their checksums are.
 */
export class Content {
  readonly sha256: string
  readonly size: number
  readonly bytes: Buffer | undefined
  /** `true`: it is a secret, and no line of it, old or new, is ever shown. `parts`: secrets stand in it; they are not shown, nor is an old line. */
  readonly secret: boolean | 'parts'

  private constructor(sha256: string, size: number, bytes: Buffer | undefined, secret: boolean | 'parts') {
    this.sha256 = sha256
    this.size = size
    this.bytes = bytes
    this.secret = secret
  }

  /** Content known in full. Text is encoded as UTF-8. @example Content.of('listen 80;\n') */
  static of(data: string | Uint8Array, options: { secret?: boolean | 'parts' } = {}): Content {
    const bytes = Buffer.from(data)
    return new Content(createHash('sha256').update(bytes).digest('hex'), bytes.length, bytes, options.secret ?? false)
  }

  /** Content of which only size (bytes; -1: not known) and checksum are known. */
  static known(sha256: string, size: number): Content {
    return new Content(sha256, size, undefined, false)
  }

  /** The checksum by which a host is asked whether it has this already. Not that of a secret: what a host is asked, all its users may see. */
  get askedBy(): string {
    return this.secret ? '' : this.sha256
  }

  equals(other: Content): boolean {
    return this.sha256 === other.sha256
  }

  /** It has no text of its own, and its bytes may be a secret's. */
  toString(): never {
    throw new TypeError('A Content was used as text: what it holds is in its bytes.')
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
