import { PlaybookError } from '../../errors.ts'

const READ = 0o444
const WRITE = 0o222
const EXECUTE = 0o111
/**
 * The umask of a session (umask(2)): a symbolic mode that names neither u, g, o nor a does not set
 * these bits.
 */
const MASK = 0o022
const WHO: Readonly<Record<string, number>> = { u: 0o4700, g: 0o2070, o: 0o1007, a: 0o7777 }

/**
 * The mode that results from a mode argument: octal as it is, symbolic applied to the current mode.
 * Source: chmod(1), and "Mode Structure" and "Symbolic Modes" in the manual of coreutils.
 *
 * @param current octal digits.
 * @throws PlaybookError for a mode that would change its own result, such as `g=u,u=rw`: it would
 * be a change on every run.
 * @example changeMode('u+x,go-w', '0664', false) // '0744'
 */
export function changeMode(given: string, current: string, isDirectory: boolean): string {
  if (/^[0-7]+$/.test(given)) return given.padStart(4, '0')
  const changed = changeOnce(given, current, isDirectory)
  if (changeOnce(given, changed, isDirectory) !== changed) throw new PlaybookError(`The mode ${given} never settles: it turns ${current} into ${changed}, and that into something else.`, { hint: 'Put the parts that others copy from first, or write the mode in octal.' })
  return changed
}

function changeOnce(given: string, current: string, isDirectory: boolean): string {
  let mode = parseInt(current, 8)
  for (const clause of given.split(',')) {
    const [, who = '', actions = ''] = /^([ugoa]*)(.*)$/.exec(clause) ?? []
    const affected = [...who].reduce((bits, letter) => bits | (WHO[letter] ?? 0), 0)
    for (const [, operator = '', letters = ''] of actions.matchAll(/([-+=])([rwxXstugo]*)/g)) {
      const mentioned = bitsOf(letters, mode, isDirectory)
      // chmod keeps setuid and setgid of a directory unless they are named.
      const special = isDirectory ? 0o6000 & ~(who ? affected & mentioned : mentioned) : 0
      const value = mentioned & (who ? affected : ~MASK) & ~special
      if (operator === '+') mode |= value
      else if (operator === '-') mode &= ~value
      else mode = (mode & ((who ? ~affected : 0) | special)) | value
    }
  }
  return (mode & 0o7777).toString(8).padStart(4, '0')
}

function bitsOf(letters: string, mode: number, isDirectory: boolean): number {
  let bits = 0
  for (const letter of letters) {
    if (letter === 'r') bits |= READ
    else if (letter === 'w') bits |= WRITE
    else if (letter === 'x' || (letter === 'X' && (isDirectory || (mode & EXECUTE) !== 0))) bits |= EXECUTE
    else if (letter === 's') bits |= 0o6000
    else if (letter === 't') bits |= 0o1000
    else if (letter === 'u' || letter === 'g' || letter === 'o') bits |= ((mode >> { u: 6, g: 3, o: 0 }[letter]) & 7) * 0o111
  }
  return bits
}
