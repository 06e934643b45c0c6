import { realpathSync, statSync } from 'node:fs'

/**
 * A path, and what told its content apart: null where it was not there. The time of change (ctime) notices what keeps size and time, as `cp -p` does.
 *
 * @typedef {[path: string, size: number, modified: number, changed: number, inode: number] | [path: string, absent: null]} Stamp
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
 * What a path leads to; null where it leads nowhere.
 *
 * @param {string} path
 */
export function target(path) {
  return statSync(path, { throwIfNoEntry: false }) ? realpathSync(path) : null
}

/**
 * Whether every file that has a say in a bundle is as it was.
 *
 * @param {{ stamps: Stamp[], links: [string, string | null][] }} entry
 */
export function unchanged({ stamps, links }) {
  return stamps.every(before => stamp(before[0]).every((value, index) => value === before[index])) && links.every(([path, led]) => target(path) === led)
}
