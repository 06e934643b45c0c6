import { apply, type ApplyScript, type ReadScript } from '../shell/script.ts'

/** Owner, group and mode, as far as they are desired. */
export interface Attributes {
  owner?: string
  group?: string
  mode?: string
}

/**
 * Gives a path owner, group and mode. Ownership first: chown(2) clears setuid and setgid. The mode has five digits, since chmod(1)
 * keeps setuid and setgid of a directory unless told so.
 */
export function attributes(path: string | ReadScript, { owner, group, mode }: Attributes): ApplyScript {
  const chown = owner !== undefined || group !== undefined ? apply`chown -- ${`${owner ?? ''}${group === undefined ? '' : `:${group}`}`} ${path}` : apply`:`
  return apply`${chown}; ${mode === undefined ? apply`:` : apply`chmod ${`0${mode}`} -- ${path}`}`
}
