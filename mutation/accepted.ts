import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { project } from './copy.ts'
import type { Mutant } from './find-mutants.ts'

/**
 * A mutant that may survive, and why: the one whose code is `code`, or any if only `file` and
 * `kind` are given.
 */
const accepted = z.strictObject({ file: z.string(), code: z.string(), to: z.string().optional(), reason: z.string().min(9) })
export type Accepted = z.infer<typeof accepted>

export const acceptedFile = 'docs/mutants.yml'

/** The mutants in docs/mutants.yml. */
export function readAccepted(): Accepted[] {
  return z.array(accepted).parse(parse(readFileSync(path.join(project, acceptedFile), 'utf8')))
}

export function covers({ file, code, to }: Accepted, mutant: Mutant): boolean {
  return file === mutant.file && code === mutant.code && (to === undefined || to === mutant.to)
}
