import { z } from 'zod'
import { defineModule, filePath, type HostView, type Want } from '../lib/resource.ts'
import { mergeBlock } from '../lib/module/merge-block.ts'
import { planEdit } from '../lib/module/plan-edit.ts'
import { toBytewise } from '../lib/module/text-lines.ts'
import { editArguments, placeFrom } from './line-in-file.ts'

/** Arguments of a block in a file; modules that write a block of a particular file share them. */
export const blockArguments = z.strictObject({
  path: filePath,
  /** The lines between the markers. Empty: the block is taken out. With CRLF in it, or in the file, the block's lines end so. */
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
  if (block.split(/\r?\n/).some(line => line === begin || line === end)) context.addIssue({ code: 'custom', path: ['block'], message: 'must not hold one of its own marker lines' })
  if (insertAfter !== undefined && insertBefore !== undefined) context.addIssue({ code: 'custom', path: ['insertBefore'], message: 'must not be given together with insertAfter' })
})

function markersOf(marker: string): { begin: string; end: string } {
  return { begin: marker.replaceAll('{mark}', 'BEGIN'), end: marker.replaceAll('{mark}', 'END') }
}

/** What one block of a file should be, against the file as it is. */
export function planBlock({ block, marker, state, prependNewline, appendNewline, insertAfter, insertBefore, ...file }: z.output<typeof blockArguments>, host: HostView): Promise<Want[]> {
  const { begin, end } = markersOf(marker)
  const wanted = state === 'absent' ? undefined : toBytewise(block)
  const edit = (text: string) => mergeBlock(text, wanted, { begin: toBytewise(begin), end: toBytewise(end) }, placeFrom(insertAfter, insertBefore), { prepend: prependNewline, append: appendNewline })
  return planEdit(host, { ...file, ownBlock: true, removes: wanted === undefined || wanted === '' }, edit)
}

/**
 * Some lines of a file between two marker lines; every other byte of the file stays. A block that is there stays where it is. Markers are
 * found whatever the line ending; END before BEGIN, BEGIN without END and doubled markers are an error with the line. The file is never
 * removed, and where it is missing there is nothing to take out. Of Ansible's `blockinfile`: `marker_begin` and `marker_end` are left out,
 * and `unsafe_writes` is `inPlace`. Of pyinfra's `files.block`: `try_prevent_shell_expansion` (no shell looks at a block) and `escape_regex_characters`.
 *
 * @example
 * blockInFile({ path: '/etc/hosts', block: '192.0.2.10 files', marker: '# {mark} file server' })
 */
export const blockInFile = defineModule({
  name: 'block-in-file',
  args: blockArguments,
  plan: async (given, host) => ({ wants: await planBlock(given, host) }),
})
