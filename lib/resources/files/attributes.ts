import { apply, applyLines, type ApplyScript, type ReadScript } from '../../shell/script.ts'

/** The desired owner, group and mode, if any. */
export interface Attributes {
  owner?: string
  group?: string
  mode?: string
}

/**
 * Sets owner, group and mode of an open descriptor; `X` explains a failure. Ownership comes first:
 * chown(2) clears setuid and setgid of a file, so its own mode is set again if none is desired. The
 * mode has five digits, since chmod(1) otherwise keeps setuid and setgid of a directory.
 */
export function attributes(path: ReadScript, { owner, group, mode }: Attributes, current?: { type?: string; mode?: string } | null): ApplyScript {
  const who = `${owner ?? ''}${group === undefined ? '' : `:${group}`}`
  const cleared = who !== '' && current?.type === 'file' && /^[2-7]/.test(current.mode ?? '') ? current.mode : undefined
  const wanted = mode ?? cleared
  return applyLines([who === '' ? apply`:` : apply`chown -- ${who} ${path} || X "$t"`, wanted === undefined ? apply`:` : apply`chmod ${`0${wanted}`} -- ${path} || X "$t"`])
}
