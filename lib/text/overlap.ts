/**
 * Whether two paths are equal, or one contains the other.
 *
 * @example overlap('/etc', '/etc/motd') // true
 */
export function overlap(one: string, other: string): boolean {
  return one === other || isBelow(one, other) || isBelow(other, one)
}

/** @example isBelow('/etc/motd', '/etc') // true */
export function isBelow(path: string, directory: string): boolean {
  return path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}
