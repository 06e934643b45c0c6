import { closeSync, lstatSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { codeOf, LabError } from './lab-error.ts'
import { defaultDirectory, type Place } from './place.ts'
import { readRecord } from './record.ts'

/** The file that says that a directory is a lab, so that all of it may be deleted. It is the first thing of a lab that is written, and the last to go. */
export const markerName = 'stead-lab'

/** What labs made before there was a marker have in their directories. */
const known = new Set(['base', 'base.partial', 'debian.sources', 'files', 'host-keys', 'hosts', 'id_ed25519', 'id_ed25519.pub', 'known_hosts',
  'lab.json', 'lab.json.new', 'lock', 'started-by-specs', 'tor'])

/** What a state directory is: `ours` may be changed and deleted, `free` may become a lab, anything else is somebody's and left alone. */
export type Ownership = 'ours' | 'free' | 'foreign'

/** Looks only. A lab of an earlier version, without a marker, is known by its record and by having nothing in it that is not a lab's. */
export function ownership(place: Place): Ownership {
  const found = lstatSync(place.dir, { throwIfNoEntry: false })
  if (found === undefined) return 'free'
  if (!found.isDirectory()) return 'foreign'
  if (isMarked(place)) return 'ours'
  const names = readdirSync(place.dir)
  if (names.every((name) => name === 'lock' && isOwnLock(path.join(place.dir, name)))) return 'free'
  return names.every((name) => known.has(name)) && hasRecord(place) ? 'ours' : 'foreign'
}

/** Makes the state directory with its marker, or finds it; throws LabError where it is somebody else's. */
export function claimDirectory(place: Place): void {
  if (ownership(place) === 'foreign') throw foreign(place, 'No lab can be made there, and nothing was changed')
  mkdirSync(place.dir, { recursive: true, mode: 0o755 })
  closeSync(openSync(path.join(place.dir, markerName), 'a', 0o644))
}

/** Throws LabError unless the directory is a lab's, or may become one. */
export function refuseForeign(place: Place): void {
  if (ownership(place) === 'foreign') throw foreign(place, 'Nothing was ended and nothing was deleted')
}

function isMarked(place: Place): boolean {
  const found = lstatSync(path.join(place.dir, markerName), { throwIfNoEntry: false })
  return found !== undefined && found.isFile() && found.uid === process.getuid?.()
}

/** `down` removes the lock after the marker: a directory with nothing else is free again. */
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
    return `it holds ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOTDIR' || codeOf(thrown) === 'ENOENT') return 'it is not a directory'
    throw thrown
  }
}
