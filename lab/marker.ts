import { closeSync, lstatSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { codeOf, LabError } from './lab-error.ts'
import { defaultDirectory, type Place } from './place.ts'
import { readRecord } from './record.ts'

/**
 * The file that marks a directory as a lab, so that all of it may be deleted. It is written first
 * and removed last.
 */
export const markerName = 'stead-lab'

/** What the directories of labs contain that were created before there was a marker. */
const known = new Set(['base', 'base.partial', 'debian.sources', 'files', 'host-keys', 'hosts', 'id_ed25519', 'id_ed25519.pub', 'known_hosts',
  'lab.json', 'lab.json.new', 'lock', 'started-by-specs', 'tor'])

/**
 * What a state directory is: `ours` may be changed and deleted, `free` may become a lab, anything
 * else belongs to somebody and is left alone.
 */
export type Ownership = 'ours' | 'free' | 'foreign'

/**
 * Only reads. A lab of an earlier version, without a marker, is recognised by its record, and by
 * containing nothing that does not belong to a lab.
 */
export function ownership(place: Place): Ownership {
  const found = lstatSync(place.dir, { throwIfNoEntry: false })
  if (found === undefined) return 'free'
  if (!found.isDirectory()) return 'foreign'
  if (isMarked(place)) return 'ours'
  const names = readdirSync(place.dir)
  if (names.every((name) => name === 'lock' && isOwnLock(path.join(place.dir, name)))) return 'free'
  return names.every((name) => known.has(name)) && hasRecord(place) ? 'ours' : 'foreign'
}

/**
 * Creates the state directory with its marker, or finds it; throws LabError if it belongs to
 * somebody else.
 */
export function claimDirectory(place: Place): void {
  if (ownership(place) === 'foreign') throw foreign(place, 'No lab can be created there, and nothing was changed')
  mkdirSync(place.dir, { recursive: true, mode: 0o755 })
  closeSync(openSync(path.join(place.dir, markerName), 'a', 0o644))
}

/** Throws LabError unless the directory is a lab, or may become one. */
export function refuseForeign(place: Place): void {
  if (ownership(place) === 'foreign') throw foreign(place, 'Nothing was ended and nothing was deleted')
}

function isMarked(place: Place): boolean {
  const found = lstatSync(path.join(place.dir, markerName), { throwIfNoEntry: false })
  return found !== undefined && found.isFile() && found.uid === process.getuid?.()
}

/**
 * `down` removes the lock after the marker, so a directory with nothing but a lock is free again.
 */
function isOwnLock(file: string): boolean {
  return lstatSync(file).isFile() && /^(process \d+ \(.*\)\n)?$/.test(readFileSync(file, 'utf8'))
}

function hasRecord(place: Place): boolean {
  try {
    return readRecord(place) !== undefined
  } catch (thrown) {
    if (thrown instanceof LabError) return false
    throw thrown
  }
}

function foreign(place: Place, outcome: string): LabError {
  return new LabError(`${place.dir} is not a lab: it has no file ${markerName}, and ${contents(place)}. ${outcome}. Set STEAD_LAB_DIR to a directory that does not exist `
    + `yet or is empty, or unset it for ${defaultDirectory}. If all of ${place.dir} belongs to a lab and may be deleted with it: touch ${path.join(place.dir, markerName)}`)
}

function contents(place: Place): string {
  try {
    const names = readdirSync(place.dir)
    return `it contains ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOTDIR' || codeOf(thrown) === 'ENOENT') return 'it is not a directory'
    throw thrown
  }
}
