import { ReadError } from '../errors.ts'
import type { Output } from '../shell/output.ts'

/**
 * The output of a read script.
 *
 * @param failure the first sentence of the error, such as "The users could not be looked up."
 * @throws ReadError with the host's own words if the script failed.
 * @example stdoutOf({ stdout: Buffer.from('12\n'), stderr: '', exitCode: 0 }, 'The load could not be read.').toString() // '12\n'
 */
export function stdoutOf({ stdout, stderr, exitCode }: Output, failure: string, { hint }: { hint?: string } = {}): Buffer {
  if (exitCode !== 0) throw new ReadError(failure, { stderr, exitCode, ...(hint === undefined ? {} : { hint }) })
  return stdout
}

/**
 * The `parse` of a read script that prints one line per key, in the order of the keys. A missing
 * line counts as ''.
 *
 * @param failure the first sentence of the error if the script failed.
 * @param answer what one line says about its key: a state, null if it does not exist, or an Error.
 * @example linePerKey(['a', 'b'], 'The sizes could not be read.', line => (line === '' ? null : { size: line }))({ stdout: Buffer.from('12\n\n'), stderr: '', exitCode: 0 }) // [{ size: '12' }, null]
 */
export function linePerKey<Key, Current>(
  keys: readonly Key[], failure: string, answer: (line: string, key: Key, output: Output) => Current | null | Error,
): (output: Output) => (Current | null | Error)[] {
  return output => {
    const lines = stdoutOf(output, failure).toString().split('\n')
    return keys.map((key, index) => answer(lines[index] ?? '', key, output))
  }
}
