/**
 * Whether the words of a script or a command mention a name, or a directory above it (other than
 * one at the top).
 * @example mentions('rm -r /srv/a', '/srv/a/b') // true
 */
export function mentions(words: string, name: string): boolean {
  const named = new Set(words.split(/[\s'"`;,:=<>()[\]]+/).map(word => word.replace(/(?<=.)\/+$/, '')))
  const parts = name.split('/')
  const above = name.startsWith('/') ? parts.map((_, index) => parts.slice(0, index + 1).join('/')).slice(2) : []
  return [name, ...above].some(place => named.has(place))
}
