import { SteadError } from '../lib/errors.ts'
/**
 * An error of the lab that says what was found and what to do about it. The command line prints its
 * message alone; any other kind of error is a bug in the lab itself and keeps its stack.
 */
export class LabError extends SteadError {
  /** The lab's hosts cannot be reached. */
  override readonly exitStatus = 4
}

/** The message of anything thrown, to quote in another message. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

/**
 * The `code` of a Node.js system error (`ENOENT`, `EBUSY`, …), or undefined if `thrown` is
 * something else.
 */
export function codeOf(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
}
