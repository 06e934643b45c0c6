import { z } from 'zod'
import { defineModule, fileAttributeArguments, filePath, validateArgument } from '../lib/resource.ts'
import { requiresBreak } from '../lib/module/line-pattern.ts'
import type { BlockPlace } from '../lib/module/merge-block.ts'
import { lostReferences, mergeLine, removeLines } from '../lib/module/merge-line.ts'
import { planEdit } from '../lib/module/plan-edit.ts'

const pattern = (other: string) => z.union([z.instanceof(RegExp), z.string().min(1)], `must be a regular expression, or a text that the line contains${other}`)
  .refine(given => !requiresBreak(given), 'must not require a line break: lines are matched one by one, so it would match none. For several lines use blockInFile')

/** Arguments of modules that edit a part of a file. */
export const editArguments = {
  /**
   * Insert after the last matching line; a string matches lines that contain it, 'end' is the end
   * of the file.
   * @default 'end'
   */
  insertAfter: pattern(', or \'end\'').optional(),
  /**
   * Insert before the last matching line; 'start' is the start of the file. Without a match, insert
   * at the end.
   */
  insertBefore: pattern(', or \'start\'').optional(),
  /** Create the file and its parent directories where they are missing. @default false */
  create: z.boolean('must be true or false').default(false),
  ...fileAttributeArguments,
  validate: validateArgument,
  /** Back up what is replaced, with its mode and owner, to `PATH.TIME~`. @default false */
  backup: z.boolean('must be true or false').default(false),
  /**
   * Write into the existing file: this keeps hard links and works on a mount point, but is not
   * atomic.
   * @default false
   */
  inPlace: z.boolean('must be true or false').default(false),
}

/** The insertion point that the arguments give. */
export function placeFrom(insertAfter: RegExp | string | undefined, insertBefore: RegExp | string | undefined): BlockPlace {
  if (insertAfter !== undefined) return insertAfter === 'end' ? 'end' : { after: insertAfter }
  if (insertBefore === undefined) return 'end'
  return insertBefore === 'start' ? 'start' : { before: insertBefore }
}

const args = z.strictObject({
  path: filePath,
  /**
   * The line, without its ending. `$` is literal unless `backReferences` is true. Required unless
   * `pattern` selects lines to remove.
   */
  line: z.string('must be text').refine(line => !/[\r\n]/.test(line), 'must be one line: several are a block (blockInFile)').optional(),
  /**
   * Selects the line to replace or, with `absent`, all lines to remove: a regular expression, or
   * text that the line contains.
   */
  pattern: pattern('').refine(given => typeof given === 'string' || given.source !== '(?:)', 'must not be empty: it would match every line').optional(),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Use the first matching line instead of the last. @default false */
  firstMatch: z.boolean('must be true or false').default(false),
  /**
   * Replace `$1`, `$<name>` and `$&` in the line by what the pattern matched (`$$` is a `$`);
   * without a match, leave the file alone. A pattern that would change its own result on every run
   * is an error.
   * @default false
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
 * One line of a file; every other byte stays the same. A line that exists anywhere is never
 * inserted again, wherever it should go, but a line that the pattern matches is still replaced. A
 * file with CRLF keeps it; a last line without a newline gets one. Ansible's `search_string` is a
 * `pattern` that is a string. Not supported: `others` and `unsafe_writes` (see `inPlace`) from
 * Ansible, `flags` and `interpolate_variables` from pyinfra's `files.line`.
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
