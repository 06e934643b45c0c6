/**
 * Quotes one word for a POSIX shell, in single quotes, where nothing is special (POSIX.1-2017,
 * Shell Command Language 2.2.2).
 *
 * @throws RangeError for a NUL byte, which a program argument cannot hold (execve(2)).
 * @example quote("it's") // 'it'\''s'
 */
export function quote(word: string): string {
  if (word.includes('\0')) throw new RangeError(`A shell word must not contain a NUL byte: ${JSON.stringify(word)}.`)
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
