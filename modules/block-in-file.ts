import { z } from 'zod'
import { absolutePath, attributeArguments, Content, defineModule, file, mergeBlock, PlaybookError, want, type BlockPlace, type HostView, type Want } from '../lib/index.ts'

const pattern = z.instanceof(RegExp, { message: 'must be a regular expression' }).optional()

/** Arguments of a block in a file; modules that write a block of a particular file share them. */
export const blockArguments = z.strictObject({
  path: absolutePath,
  /** The lines between the markers. Empty: the block is taken out. */
  block: z.string('must be text'),
  /** The marker lines; `{mark}` becomes BEGIN and END. @default '# {mark} stead' */
  marker: z.string().refine(marker => marker.includes('{mark}') && !marker.includes('\n'), 'must be one line that contains {mark}').default('# {mark} stead'),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Put a new block after the last line that matches. @default at the end */
  insertAfter: pattern,
  /** Put a new block before the last line that matches. */
  insertBefore: pattern,
  /** Make the file where it is missing. @default false */
  create: z.boolean().default(false),
  ...attributeArguments,
  /** A command that must accept the new content before it goes live; `%s` stands for the file. */
  validate: z.array(z.string()).refine(words => words.includes('%s'), 'must contain the word \'%s\', which stands for the new file').optional(),
}).superRefine(({ block, marker }, context) => {
  const markers = [marker.replace('{mark}', 'BEGIN'), marker.replace('{mark}', 'END')]
  if (block.split(/\r?\n/).some(line => markers.includes(line))) context.addIssue({ code: 'custom', path: ['block'], message: 'must not hold one of its own marker lines' })
})

/** What one block of a file should be, against the file as it is. */
export async function planBlock(given: z.output<typeof blockArguments>, host: HostView): Promise<Want[]> {
  const { path, block, marker, state, insertAfter, insertBefore, create, owner, group, mode, validate } = given
  const key = { path, content: 'always' as const, validate }
  const current = await host.current(file, key)
  if (current === null && state === 'absent') return []
  if (current === null && !create && !host.mayCome()) {
    throw new PlaybookError(`${path} is not there, so no block can be put into it.`, { hint: 'Give create: true to make the file.' })
  }
  const place: BlockPlace = insertAfter ? { after: insertAfter } : insertBefore ? { before: insertBefore } : 'end'
  const markers = { begin: marker.replace('{mark}', 'BEGIN'), end: marker.replace('{mark}', 'END') }
  // latin1 maps every byte to one character and back, so that bytes of any encoding pass through.
  const text = current?.content?.bytes?.toString('latin1') ?? ''
  const wanted = state === 'absent' ? undefined : Buffer.from(block, 'utf8').toString('latin1')
  const merged = Buffer.from(mergeBlock(text, wanted, markers, place), 'latin1')
  return [want(file, key, { type: 'file', content: Content.of(merged), owner, group, mode })]
}

/**
 * Some lines of a file between two marker lines; every other byte of the file stays.
 *
 * @example
 * blockInFile({ path: '/etc/hosts', block: '192.0.2.10 files', marker: '# {mark} file server' })
 */
export const blockInFile = defineModule({
  name: 'block-in-file',
  args: blockArguments,
  plan: async (given, host) => ({ wants: await planBlock(given, host) }),
})
