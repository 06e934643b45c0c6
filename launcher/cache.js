import { createHash, randomBytes } from 'node:crypto'
import { closeSync, fstatSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'

/**
 * A bundle, and what it was made from.
 *
 * @typedef {object} Entry
 * @property {Buffer} code JavaScript
 * @property {Buffer} map its source map
 * @property {Buffer} codeCache what V8 compiled of it; empty until its first run has ended
 * @property {import('./stamps.js').Stamp[]} stamps of every file that affects it
 * @property {[string, string | null][]} links paths through which files were found, and what they
 * pointed to
 * @property {boolean} mayBeKept whether its files certainly did not change while it was built
 */

/** An entry that was not rebuilt for this long (days) is removed. */
const KEPT_DAYS = 30

/** The first line of an entry: what it is, and the checksum of the rest. */
const mark = 'stead-bundle-1'

/** Where bundles are kept: $XDG_CACHE_HOME/stead, or ~/.cache/stead. */
function folder() {
  const { XDG_CACHE_HOME: given } = process.env
  return path.join(given && path.isAbsolute(given) ? given : path.join(homedir(), '.cache'), 'stead')
}

/**
 * The name of an entry, which is specific to a Node.js, a stead and certain scripts.
 *
 * @param {readonly string[]} paths
 */
export function keyOf(paths) {
  return createHash('sha256').update(JSON.stringify([process.version, process.arch, ...paths])).digest('hex').slice(0, 32)
}

/** @param {Buffer[]} parts */
function checksum(...parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

/**
 * Whether only this user can write there. The content of the cache is executed, so it must not come
 * from anybody else.
 *
 * @param {import('node:fs').Stats} found
 */
function isOurs(found) {
  return found.uid === process.getuid?.() && (found.mode & 0o022) === 0
}

/**
 * Reads an entry; undefined if there is none, or if there is any doubt about it.
 *
 * @param {string} key
 * @returns {Entry | undefined}
 */
export function readEntry(key) {
  try {
    const place = path.join(folder(), key)
    if (!isOurs(lstatSync(folder()))) return undefined
    const whole = readOwn(place)
    const [first, second] = [whole.indexOf('\n'), whole.indexOf('\n', whole.indexOf('\n') + 1)]
    if (whole.toString('latin1', 0, first) !== `${mark} ${checksum(whole.subarray(first + 1))}`) return undefined
    /** @type {{ lengths: [number, number, number] } & Pick<Entry, 'stamps' | 'links'>} */
    const { lengths, stamps, links } = JSON.parse(whole.toString('utf8', first + 1, second))
    return { ...cut(whole.subarray(second + 1), lengths), stamps, links, mayBeKept: true }
  } catch {
    // Missing, unreadable, or not what we wrote: it is built again.
    return undefined
  }
}

/** @param {string} place */
function readOwn(place) {
  const descriptor = openSync(place, 'r')
  try {
    const found = fstatSync(descriptor)
    if (!found.isFile() || !isOurs(found)) throw new Error('not a file of ours')
    return readFileSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * @param {Buffer} whole
 * @param {[number, number, number]} lengths
 */
function cut(whole, [code, map, codeCache]) {
  return { code: whole.subarray(0, code), map: whole.subarray(code, code + map), codeCache: whole.subarray(code + map, code + map + codeCache) }
}

/**
 * Stores an entry. It is written under a temporary name and renamed, so that a run that starts at
 * the same moment finds a complete one. If it cannot be stored (a full disk, somebody else's home)
 * the next run builds it again.
 *
 * @param {string} key
 * @param {Entry} entry
 */
export function writeEntry(key, { code, map, codeCache, stamps, links }) {
  const beside = path.join(folder(), `.${key}.${randomBytes(6).toString('hex')}`)
  try {
    mkdirSync(folder(), { recursive: true, mode: 0o700 })
    if (!isOurs(lstatSync(folder()))) return
    const header = Buffer.from(`${JSON.stringify({ lengths: [code.length, map.length, codeCache.length], stamps, links })}\n`)
    const parts = [header, code, map, codeCache]
    writeFileSync(beside, Buffer.concat([Buffer.from(`${mark} ${checksum(...parts)}\n`), ...parts]), { mode: 0o600, flag: 'wx' })
    renameSync(beside, path.join(folder(), key))
    removeOld()
  } catch {
    // A cache that cannot be written only costs time.
    discard(beside)
  }
}

/**
 * Removes an entry, if there is one.
 *
 * @param {string} key
 */
export function removeEntry(key) {
  discard(path.join(folder(), key))
}

/** @param {string} place */
function discard(place) {
  try {
    rmSync(place, { force: true })
  } catch {
    // If its folder does not exist, or is not a folder, neither does the file.
  }
}

function removeOld() {
  const before = Date.now() - KEPT_DAYS * 24 * 3600 * 1000
  for (const name of readdirSync(folder())) {
    const place = path.join(folder(), name)
    if ((statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < before) rmSync(place, { force: true })
  }
}
