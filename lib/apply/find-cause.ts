import type { ReadSession } from '../shell/session.ts'
import { read } from '../shell/script.ts'

/** Where programs also write, besides what they are asked to write. */
const USUAL = ['/etc', '/var/lib', '/var/tmp', '/tmp', '/run', '/usr', '/home']

/**
 * Prints, for the file system of each path, `MOUNT OPTIONS FREE TOTAL INODES ALL`: free blocks for
 * anybody, all blocks, free inodes, all inodes. A path that does not exist yet is on the file
 * system of the directory above it.
 */
const fileSystems = (paths: readonly string[]) => read`for p in ${[...paths]}; do
while [ ! -e "$p" ] && [ "$p" != / ]; do p=\${p%/*}; p=\${p:-/}; done
printf '%s %s %s\n' "$(findmnt -rno TARGET -T "$p")" "$(findmnt -rno OPTIONS -T "$p" | tail -n 1)" "$(stat -f -c '%a %b %d %c' -- "$p")"; done | sort -u`

/**
 * Why nothing can be written to the file system in a line of {@link fileSystems}, or undefined.
 * Some file systems report no blocks or inodes at all.
 */
export function reasonOf(line: string): string | undefined {
  const [mount = '', options = '', free = '', total = '', inodes = '', all = ''] = line.split(' ')
  const place = mount.replace(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  if (options.split(',').includes('ro')) return `the file system of ${place} is mounted read-only (if it is intact: mount -o remount,rw ${place})`
  if (free === '0' && Number(total) > 0) return `the file system of ${place} is full (df -h ${place})`
  if (inodes === '0' && Number(all) > 0) return `the file system of ${place} has no inodes left (df -i ${place})`
  return undefined
}

/** The reasons in all lines of {@link fileSystems} as one text, or undefined. */
export function causeOf(lines: string): string | undefined {
  // The same file system may appear twice, since its free space changes between two reads.
  const reasons = new Set(lines.split('\n').map(reasonOf).filter(reason => reason !== undefined))
  return reasons.size > 0 ? [...reasons].join('; ') : undefined
}

/**
 * Finds out in one frame why something could not be written: on a full disk usermod only says
 * "cannot lock /etc/passwd". Undefined if no such reason is found, or the host does not say.
 *
 * @param paths what was to be written, as far as it is known.
 */
export async function findCause(session: ReadSession, paths: readonly string[]): Promise<string | undefined> {
  const [output] = await session.read([{ script: fileSystems([...paths.filter(path => path.startsWith('/')), ...USUAL]), about: 'why it could not be written' }])
  return output && causeOf(output.stdout.toString())
}
