import { readFile } from 'node:fs/promises'
import { PlaybookFileError } from '../errors.ts'
import { awaited } from '../playbook/pass.ts'
import { findSource } from './render.ts'

/**
 * Finds the SHA-256 of a file in a list of checksums in the format of sha256sum(1) (`HASH name`,
 * `HASH *name`, `HASH ./name`), of BSD (`SHA256 (name) = HASH`), or a hash alone.
 *
 * @throws PlaybookFileError if the list does not contain the file, or contains it with different
 * hashes.
 */
export function checksumFrom(text: string, name: string, list = 'the list'): string {
  const found = new Set<string>()
  const alone = new Set<string>()
  for (const line of text.split(/\r?\n/)) {
    const [, hash, other] = /^\\?([0-9a-f]{64})(?:\s+[ *]?(.+?))?\s*$/i.exec(line) ?? []
    const [, bsdName, bsdHash] = /^SHA256 \((.+)\) = ([0-9a-f]{64})\s*$/i.exec(line) ?? []
    if (hash && other === undefined) alone.add(hash.toLowerCase())
    if (hash && other?.replace(/^\*/, '').replace(/^\.\//, '') === name) found.add(hash.toLowerCase())
    if (bsdHash && bsdName?.replace(/^\.\//, '') === name) found.add(bsdHash.toLowerCase())
  }
  const [only, another] = found.size ? found : alone
  if (only === undefined) throw new PlaybookFileError(`There is no SHA-256 for the file ${name} in ${list}.`)
  if (another !== undefined) throw new PlaybookFileError(`There are several different SHA-256 for the file ${name} in ${list}.`)
  return only
}

const lists = new Map<string, Promise<string>>()

/**
 * A list of checksums: the list itself if it has several lines, a URL that stead downloads once per
 * run, or a local file.
 */
export function checksumList(given: string): Promise<string> {
  if (given.includes('\n') || /^[0-9a-f]{64}\s/i.test(given)) return Promise.resolve(given)
  const list = lists.get(given) ?? (/^https?:\/\//.test(given) ? download(given) : readList(given))
  lists.set(given, list)
  return awaited(list)
}

async function readList(given: string): Promise<string> {
  try {
    return await readFile(findSource(given), 'utf8')
  } catch (error) {
    if (error instanceof PlaybookFileError) throw error
    throw new PlaybookFileError(`The list of checksums ${given} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, { cause: error })
  }
}

async function download(url: string): Promise<string> {
  try {
    const response = await fetch(url)
    if (response.ok) return await response.text()
    throw new Error(`the server answered ${response.status} ${response.statusText}`)
  } catch (error) {
    throw new PlaybookFileError(`The checksums cannot be downloaded from ${url}: ${error instanceof Error ? error.message : String(error)}.`, { hint: 'Save the list next to the playbook, and use its name instead.' })
  }
}
