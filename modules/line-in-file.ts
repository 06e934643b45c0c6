import { z } from 'zod'
import { defineModule, fileAttributeArguments, filePath, validateArgument } from '../lib/resource.ts'
import { asksForBreak } from '../lib/module/line-pattern.ts'
import type { BlockPlace } from '../lib/module/merge-block.ts'
import { lostReferences, mergeLine, removeLines } from '../lib/module/merge-line.ts'
import { planEdit } from '../lib/module/plan-edit.ts'

const pattern = (other: string) => z.union([z.instanceof(RegExp), z.string().min(1)], `must be a regular expression, or a text that the line contains${other}`)
  .refine(given => !asksForBreak(given), 'must not ask for a line break: lines are looked at one by one, so it would match none. For several lines see blockInFile')

/** Arguments of modules that edit a part of a file. */
export const editArguments = {
  /** Put what is new after the last line that matches; a text stands for a line that contains it, 'end' for the end of the file. @default 'end' */
  insertAfter: pattern(', or \'end\'').optional(),
  /** Put what is new before the last line that matches; 'start' stands for the start of the file. Where nothing matches, it goes to the end. */
  insertBefore: pattern(', or \'start\'').optional(),
  /** Make the file where it is missing, and directories above it. @default false */
  create: z.boolean('must be true or false').default(false),
  ...fileAttributeArguments,
  validate: validateArgument,
  /** Keep what is replaced, with its mode and owner, as `PATH.TIME~`. @default false */
  backup: z.boolean('must be true or false').default(false),
  /** Write into the file that is there: keeps its hard links and works where it is a mount point, and is not atomic. @default false */
  inPlace: z.boolean('must be true or false').default(false),
}

/** Where what is new goes, of the arguments that say so. */
export function placeFrom(insertAfter: RegExp | string | undefined, insertBefore: RegExp | string | undefined): BlockPlace {
  if (insertAfter !== undefined) return insertAfter === 'end' ? 'end' : { after: insertAfter }
  if (insertBefore === undefined) return 'end'
  return insertBefore === 'start' ? 'start' : { before: insertBefore }
}

const args = z.strictObject({
  path: filePath,
  /** The line, without its ending. `$` in it means nothing, but for `backReferences`. Needed unless a pattern says what is to be absent. */
  line: z.string('must be text').refine(line => !/[\r\n]/.test(line), 'must be one line: several are a block (blockInFile)').optional(),
  /** Finds the line that is replaced, or with `absent`, all that are taken out: a regular expression, or a text that the line contains. */
  pattern: pattern('').refine(given => typeof given === 'string' || given.source !== '(?:)', 'must not be empty: it would match every line').optional(),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** The first line that matches counts, instead of the last. @default false */
  firstMatch: z.boolean('must be true or false').default(false),
  /**
   * Put what the pattern matched for `$1`, `$<name>` and `$&` in the line (`$$` is a `$`); where nothing matches, leave the file as it is. A
   * pattern that would change its own result on every run is an error. @default false
   */
  backReferences: z.boolean('must be true or false').default(false),
  ...editArguments,
}).superRefine(({ line, pattern: given, state, backReferences, insertAfter, insertBefore }, context) => {
  const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
  if (line === undefined && (state === 'present' || given === undefined)) issue('line', state === 'present' ? 'must be given' : 'must be given, or a pattern')
  if (backReferences && !(given instanceof RegExp)) issue('pattern', 'must be a regular expression where backReferences is true')
  const lost = backReferences && given instanceof RegExp && state === 'present' ? lostReferences(line ?? '', given) : []
  if (lost.length) issue('line', `must refer to groups that the pattern has: ${lost.join(', ')} would be empty`)
  if (insertAfter !== undefined && insertBefore !== undefined) issue('insertBefore', 'must not be given together with insertAfter')
})

/**
 * One line of a file; every other byte stays. A line that is there anywhere is never put in a second time, wherever it is asked to be; but
 * one that the pattern finds is replaced by it all the same. A
 * file with CRLF keeps it; a last line without newline gets one, once. Ansible's `search_string` is a `pattern` that is text; `others` and
 * `unsafe_writes` (see `inPlace`) are left out; so are `flags` and `interpolate_variables` of pyinfra's `files.line`.
 *
 * @example
 * lineInFile({ path: '/etc/ssh/sshd_config', pattern: /^#?\s*MaxAuthTries\s/, line: 'MaxAuthTries 4', validate: ['sshd', '-t', '-f', '%s'] })
 */
export const lineInFile = defineModule({
  name: 'line-in-file',
  args,
  plan: async ({ line, pattern: given, state, firstMatch, backReferences, insertAfter, insertBefore, ...file }, host) => {
    const place = placeFrom(insertAfter, insertBefore)
    const edit = (text: string) => (state === 'absent' ? removeLines(text, { line, pattern: given }) : mergeLine(text, { line, pattern: given, place, firstMatch, backReferences }))
    return { wants: await planEdit(host, { ...file, removes: state === 'absent' }, edit) }
  },
})
