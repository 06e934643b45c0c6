import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import path from 'node:path'

/**
 * Everything below a directory, one line each: path, type and mode, owner, size, both times to the
 * nanosecond, and its content.
 */
export function fileListing(directory: string): string[] {
  const entries = ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })].sort()
  return entries.map(name => {
    const entry = path.join(directory, name)
    const { mode, uid, gid, size, mtimeNs, ctimeNs } = lstatSync(entry, { bigint: true })
    const type = lstatSync(entry)
    const holds = type.isFile() ? createHash('sha256').update(readFileSync(entry)).digest('hex') : type.isSymbolicLink() ? readlinkSync(entry) : ''
    return [name, mode.toString(8), uid, gid, size, mtimeNs, ctimeNs, holds].join(' ')
  })
}
