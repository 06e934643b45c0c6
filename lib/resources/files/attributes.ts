import { apply, applyLines, type ApplyScript, type ReadScript } from '../../shell/script.ts'

/** Owner, group and mode, as far as they are desired. */
export interface Attributes {
  owner?: string
  group?: string
  mode?: string
}

/**
 * Gives what an open descriptor is of owner, group and mode; `X` explains a failure. Ownership first: chown(2) clears setuid and setgid of a
 * file, so that it is given its own mode back where none is desired. The mode has five digits, since chmod(1) keeps setuid and setgid of a
 * directory unless told so.
 */
export function attributes(path: ReadScript, { owner, group, mode }: Attributes, current?: { type?: string; mode?: string } | null): ApplyScript {
  const who = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  const cleared = who !== '' && current?.type === 'file' && /^[2-7]/.test(current.mode ?? '') ? current.mode : undefined
  const wanted = mode ?? cleared
  return applyLines([who === '' ? apply`:` : apply`chown -- ${who} ${path} || X "$t"`, wanted === undefined ? apply`:` : apply`chmod ${`0${wanted}`} -- ${path} || X "$t"`])
}
