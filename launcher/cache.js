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
 * @property {Buffer} codeCache what V8 compiled of it; empty before its first run has ended
 * @property {import('./stamps.js').Stamp[]} stamps of every file that has a say in it
 * @property {[string, string | null][]} links paths by which files were found, and what they led to
 * @property {boolean} mayBeKept whether its files were surely at rest while it was made
 */

/** An entry that no run has made anew for so long (days) is removed. */
const KEPT_DAYS = 30

/** The first line of an entry: what it is, and the checksum of all behind it. */
const mark = 'stead-bundle-1'

/** Where bundles are kept: $XDG_CACHE_HOME/stead, or ~/.cache/stead. */
function folder() {
  const { XDG_CACHE_HOME: given } = process.env
  return path.join(given && path.isAbsolute(given) ? given : path.join(homedir(), '.cache'), 'stead')
}

/**
 * The name of an entry: it is of one Node.js, one stead and certain scripts.
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
 * Whether only this user can write there. What is in the cache is run: somebody else's must not be.
 *
 * @param {import('node:fs').Stats} found
 */
function isOurs(found) {
  return found.uid === process.getuid?.() && (found.mode & 0o022) === 0
}

/**
 * Reads an entry; undefined where there is none, or where there is any doubt about it.
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
    // Not there, not to be read, or not what we wrote: it is made anew.
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
 * Keeps an entry. It is written beside its place and renamed, so that a run that starts at the same moment finds a whole one. Where it cannot be
 * kept (a full disk, a home that is not ours) the next run makes it again.
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
    // A cache that cannot be written costs time, and nothing else.
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
    // Its folder is not there, or is no folder: neither is the file.
  }
}

function removeOld() {
  const before = Date.now() - KEPT_DAYS * 24 * 3600 * 1000
  for (const name of readdirSync(folder())) {
    const place = path.join(folder(), name)
    if ((statSync(place, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) < before) rmSync(place, { force: true })
  }
}
