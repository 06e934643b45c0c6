import { z } from 'zod'
import { defineModule, filePath, type HostView, type Want } from '../lib/resource.ts'
import { mergeBlock } from '../lib/module/merge-block.ts'
import { planEdit } from '../lib/module/plan-edit.ts'
import { toBytewise } from '../lib/module/text-lines.ts'
import { editArguments, placeFrom } from './line-in-file.ts'

/** Arguments of a block in a file; modules that write a block of a particular file share them. */
export const blockArguments = z.strictObject({
  path: filePath,
  /**
   * The lines between the markers. Empty: the block is removed. If it or the file uses CRLF, so do
   * its lines.
   */
  block: z.string('must be text').default(''),
  /** The marker lines; `{mark}` becomes BEGIN and END. @default '# {mark} stead' */
  marker: z.string().refine(marker => marker.includes('{mark}') && !/[\r\n]/.test(marker), 'must be one line that contains {mark}').default('# {mark} stead'),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** An empty line before the block, unless it begins the file. @default false */
  prependNewline: z.boolean('must be true or false').default(false),
  /** An empty line after the block, unless it ends the file. @default false */
  appendNewline: z.boolean('must be true or false').default(false),
  ...editArguments,
}).superRefine(({ block, marker, insertAfter, insertBefore }, context) => {
  const { begin, end } = markersOf(marker)
  if (block.split(/\r?\n/).some(line => line === begin || line === end)) context.addIssue({ code: 'custom', path: ['block'], message: 'must not contain one of its own marker lines' })
  if (insertAfter !== undefined && insertBefore !== undefined) context.addIssue({ code: 'custom', path: ['insertBefore'], message: 'must not be given together with insertAfter' })
})

function markersOf(marker: string): { begin: string; end: string } {
  return { begin: marker.replaceAll('{mark}', 'BEGIN'), end: marker.replaceAll('{mark}', 'END') }
}

/** Plans one block of a file, given the current file. */
export function planBlock({ block, marker, state, prependNewline, appendNewline, insertAfter, insertBefore, ...file }: z.output<typeof blockArguments>, host: HostView): Promise<Want[]> {
  const { begin, end } = markersOf(marker)
  const wanted = state === 'absent' ? undefined : toBytewise(block)
  const edit = (text: string) => mergeBlock(text, wanted, { begin: toBytewise(begin), end: toBytewise(end) }, placeFrom(insertAfter, insertBefore), { prepend: prependNewline, append: appendNewline })
  return planEdit(host, { ...file, ownBlock: true, removes: wanted === undefined || wanted === '' }, edit)
}

/**
 * Lines of a file between two marker lines; every other byte stays the same. An existing block
 * stays where it is. Markers are found whatever the line ending; END before BEGIN, BEGIN without
 * END and duplicate markers are errors with the line number. The file is never removed, and a
 * missing file has no block to remove. Not supported from Ansible's `blockinfile`: `marker_begin`
 * and `marker_end`; `unsafe_writes` is `inPlace`. Not supported from pyinfra's `files.block`:
 * `try_prevent_shell_expansion` (no shell is involved) and `escape_regex_characters`.
 *
 * @example
 * blockInFile({ path: '/etc/hosts', block: '192.0.2.10 files', marker: '# {mark} file server' })
 */
export const blockInFile = defineModule({
  name: 'block-in-file',
  args: blockArguments,
  plan: async (given, host) => ({ wants: await planBlock(given, host) }),
})
