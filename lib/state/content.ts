import { createHash } from 'node:crypto'

/**
 * What a file holds, or what is known of it: always its size and SHA-256, its bytes only where somebody needs them.
 * Two contents are the same when their checksums are.
 */
export class Content {
  readonly sha256: string
  readonly size: number
  readonly bytes: Buffer | undefined
  /** Made from a secret: no line of it, old or new, is ever shown. */
  readonly secret: boolean

  private constructor(sha256: string, size: number, bytes: Buffer | undefined, secret: boolean) {
    this.sha256 = sha256
    this.size = size
    this.bytes = bytes
    this.secret = secret
  }

  /** Content known in full. Text is encoded as UTF-8. @example Content.of('listen 80;\n') */
  static of(data: string | Uint8Array, options: { secret?: boolean } = {}): Content {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'utf8') : Buffer.from(data)
    return new Content(createHash('sha256').update(bytes).digest('hex'), bytes.length, bytes, options.secret ?? false)
  }

  /** Content of which a host told only size (bytes) and checksum. */
  static known(sha256: string, size: number): Content {
    return new Content(sha256, size, undefined, false)
  }

  equals(other: Content): boolean {
    return this.sha256 === other.sha256
  }
}
