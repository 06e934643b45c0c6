import { readFileSync } from 'node:fs'
import type { Input } from '../../lib/shell/input.ts'

/** The whole standard input of a part. */
export function bytesOf(input: Input | undefined): Buffer | undefined {
  if (input === undefined) return undefined
  return 'file' in input ? readFileSync(input.file).subarray(0, input.length) : Buffer.from(input)
}
