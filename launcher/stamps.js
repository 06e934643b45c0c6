import { realpathSync, statSync } from 'node:fs'

/**
 * A path, and what identifies its content; null if it did not exist. The change time (ctime) shows
 * changes that keep size and time, such as `cp -p`.
 *
 * @typedef {[path: string, size: number, modified: number, changed: number, inode: number] | [path:
 * string, absent: null]} Stamp
 */

/**
 * @param {string} path
 * @returns {Stamp}
 */
export function stamp(path) {
  const found = statSync(path, { throwIfNoEntry: false })
  return found ? [path, found.size, found.mtimeMs, found.ctimeMs, found.ino] : [path, null]
}

/**
 * The target of a path; null if it does not exist.
 *
 * @param {string} path
 */
export function target(path) {
  return statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : null
}

/**
 * Whether no file that affects a bundle has changed.
 *
 * @param {{ stamps: Stamp[], links: [string, string | null][] }} entry
 */
export function unchanged({ stamps, links }) {
  return stamps.every(before => stamp(before[0]).every((value, index) => value === before[index])) && links.every(([path, led]) => target(path) === led)
}
