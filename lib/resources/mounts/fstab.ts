import { isDeepStrictEqual } from 'node:util'

/** One entry of /etc/fstab. */
export interface FstabEntry {
  /**
   * A device, `UUID=…`, `LABEL=…`, a directory to bind, an export (`host:/path`), or any word for a
   * file system without a device.
   */
  source: string
  /** The mount point. */
  path: string
  type: string
  options: readonly string[]
  /** Whether dump(8) backs it up: 0 or 1. */
  dump: number
  /** When fsck(8) checks it at boot: 1 for the root, 2 for others, 0 never. */
  pass: number
}

const quoteField = (text: string): string => text.replace(/[\0-\x20\x7f\\#]/g, character => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
const unquoteField = (text: string): string => text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)))

/**
 * An entry as a line of fstab, without its newline. Source: fstab(5).
 * @example fstabLine({ source: 'tmpfs', path: '/srv/a page', type: 'tmpfs', options: ['nofail'], dump: 0, pass: 0 }) // 'tmpfs /srv/a\\040page tmpfs nofail 0 0'
 */
export function fstabLine({ source, path, type, options, dump, pass }: FstabEntry): string {
  return [...[source, path, type, options.join(',')].map(quoteField), dump, pass].join(' ')
}

/**
 * Parses a line of fstab; undefined for a comment or anything else that is not an entry. Missing
 * fields get their defaults.
 */
export function parseFstabLine(line: string): FstabEntry | undefined {
  const fields = line.split(/[ \t\r\n]+/).filter(field => field !== '')
  const [source = '', path = '', type = '', options = 'defaults', dump = '0', pass = '0'] = fields.map(unquoteField)
  if (line.trimStart().startsWith('#') || fields.length < 3) return undefined
  return { source, path: path.replace(/(.)\/+$/, '$1'), type, options: options.split(','), dump: Number(dump), pass: Number(pass) }
}

/**
 * Sets the entry for one mount point in an fstab; null removes it. All other lines stay as they
 * are, and so does the entry's own line if it means the same. Of several lines for the mount point
 * the last one is kept, since it is mounted on top.
 *
 * @param text decoded as latin1, so that every byte is preserved.
 * @example mergeFstab('# mine\n', '/srv', { source: 'tmpfs', path: '/srv', type: 'tmpfs', options: ['nofail'], dump: 0, pass: 0 }) // '# mine\ntmpfs /srv tmpfs nofail 0 0\n'
 */
export function mergeFstab(text: string, path: string, entry: FstabEntry | null): string {
  const bytewise = (word: string) => Buffer.from(word, 'utf8').toString('latin1')
  const wanted = entry && parseFstabLine(bytewise(fstabLine(entry)))
  const lines = text.split(/(?<=\n)/)
  const found = lines.map(parseFstabLine)
  const last = found.findLastIndex(each => each?.path === bytewise(path))
  const kept = lines.flatMap((line, index) => {
    if (found[index]?.path !== bytewise(path)) return [line]
    if (entry === null || index !== last) return []
    return [isDeepStrictEqual(found[index], wanted) ? line : `${bytewise(fstabLine(entry))}\n`]
  })
  if (entry === null || last >= 0) return kept.join('')
  const before = kept.join('')
  return `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${bytewise(fstabLine(entry))}\n`
}
