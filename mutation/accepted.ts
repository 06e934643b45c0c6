import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { project } from './copy.ts'
import type { Mutant } from './find-mutants.ts'

/** A mutant that may survive, and why: the code as `code` says it, or any where only `file` and `kind` are told. */
const accepted = z.strictObject({ file: z.string(), code: z.string(), to: z.string().optional(), reason: z.string().min(10) })
export type Accepted = z.infer<typeof accepted>

export const acceptedFile = 'docs/mutants.yml'

/** The mutants of docs/mutants.yml. */
export function readAccepted(): Accepted[] {
  return z.array(accepted).parse(parse(readFileSync(path.join(project, acceptedFile), 'utf8')))
}

export function covers({ file, code, to }: Accepted, mutant: Mutant): boolean {
  return file === mutant.file && code === mutant.code && (to === undefined || to === mutant.to)
}
