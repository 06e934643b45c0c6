import { Content } from '../../state/content.ts'
import type { FileKey, FileState } from './file.ts'

/** A host's answers about files: each value by kind of answer and path, with a NUL in between. */
export type FileAnswers = ReadonlyMap<string, Buffer>

/** Whether to read a path itself, or what it points to. */
export function wayOf({ noFollow }: FileKey): 'link' | 'follow' {
  return noFollow ? 'link' : 'follow'
}

/**
 * Parses the output of the script of `readFiles`. Each answer is three words that end in NUL: the
 * kind of answer, the requested path, the value. Users of the host can put anything except NUL into
 * a name or a link, so they cannot end a word.
 */
export function answersIn(stdout: Buffer): FileAnswers {
  const answers = new Map<string, Buffer>()
  const words = wordsIn(stdout)
  for (let index = 0; index + 2 < words.length; index += 3) {
    const [tells = '', path = ''] = words.slice(index, index + 2).map(String)
    const value = words[index + 2] ?? Buffer.alloc(0)
    // The path is one that sha256sum(1) does not quote.
    if (tells === 'sums') for (const line of value.toString().split('\n')) answers.set(`sum\0${line.slice(66)}`, Buffer.from(line.slice(0, 64)))
    else if (/^(link|follow) .\//.test(tells)) {
      const [way = '', ...fields] = tells.split(' ')
      answers.set(`${way}\0${path}`, Buffer.from(fields.join(' '))).set(`${way} target\0${path}`, value)
    } else answers.set(`${tells}\0${path}`, value)
  }
  return answers
}

function wordsIn(bytes: Buffer): Buffer[] {
  const words: Buffer[] = []
  for (let from = 0, to = bytes.indexOf(0); to >= 0; from = to + 1, to = bytes.indexOf(0, from)) words.push(bytes.subarray(from, to))
  return words
}

/** The state of a key according to the answers; null if nothing is there. */
export function stateOf(key: FileKey, answers: FileAnswers): FileState | null {
  const way = wayOf(key)
  const value = (tells: string) => answers.get(`${tells}\0${key.path}`)?.toString()
  const state = typeOf(way, value)
  if (!state) return null
  const [mount, strangeLink, real] = [value('mount'), value(`${way} strange`), value(`${way} real`)]
  if (key.held && state.type === 'directory') state.empty = value('held')?.trim() === '0'
  if (key.mounts && mount !== undefined) [state.mount, state.mounted] = [mount.replace(/^=/, ''), mount.startsWith('=')]
  if (strangeLink !== undefined) state.strangeLink = strangeLink
  if (real !== undefined) state.real = real
  if (key.content && state.type === 'file') state.content = contentOf(Number(value(way)?.split('/')[2]), value('sum'), answers.get(`bytes\0${key.path}`))
  if (state.content && !state.content.bytes && answers.has('unsent\0')) state.unsent = true
  return state
}

/** The content from a file's size (bytes), checksum and base64, as far as they were sent. */
function contentOf(size: number, sha256: string | undefined, base64: Buffer | undefined): Content | undefined {
  if (base64 && (base64.length > 0 || size === 0)) return Content.of(Buffer.from(base64.toString('latin1'), 'base64'))
  return sha256 === undefined ? undefined : Content.known(sha256, size)
}

function typeOf(way: 'link' | 'follow', value: (tells: string) => string | undefined): FileState | null {
  const dangling = value(`${way} dangling`)
  if (dangling !== undefined) return { type: 'link', target: dangling.replace(/\n\.$/, ''), dangling: true }
  const fields = value(way)
  if (fields === undefined) return null
  const [letter = '', mode = '', , owner, group] = fields.split('/')
  if (letter === 'l') return { type: 'link', target: value(`${way} target`), ...(way === 'follow' ? { dangling: true } : {}) }
  const type = { f: 'file', d: 'directory' }[letter]
  return { type: type === 'file' || type === 'directory' ? type : 'other', mode: mode.padStart(4, '0'), owner, group }
}
