import type { ReadSession } from '../shell/session.ts'
import { read } from '../shell/script.ts'

/** Where programs write besides what they are asked to. */
const USUAL = ['/etc', '/var/lib', '/var/tmp', '/tmp', '/run', '/usr', '/home']

/**
 * Prints, for the file system that each path is on (or is to be), `MOUNT OPTIONS FREE TOTAL INODES ALL`: free blocks for anybody, all blocks, free
 * inodes, all inodes. What is not there yet is on the file system of the directory above it.
 */
const look = (paths: readonly string[]) => read`for p in ${[...paths]}; do
while [ ! -e "$p" ] && [ "$p" != / ]; do p=\${p%/*}; p=\${p:-/}; done
printf '%s %s %s\n' "$(findmnt -rno TARGET -T "$p")" "$(findmnt -rno OPTIONS -T "$p" | tail -n 1)" "$(stat -f -c '%a %b %d %c' -- "$p")"; done | sort -u`

/** One line of {@link look} as a reason why nothing can be written there, or undefined. A file system without any blocks or inodes of its own counts none. */
export function reasonOf(line: string): string | undefined {
  const [mount = '', options = '', free = '', total = '', inodes = '', all = ''] = line.split(' ')
  const place = mount.replace(/\\x([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  if (options.split(',').includes('ro')) return `the file system of ${place} is mounted read-only (mount -o remount,rw ${place}, if it is sound)`
  if (free === '0' && Number(total) > 0) return `the file system of ${place} is full (df -h ${place})`
  if (inodes === '0' && Number(all) > 0) return `the file system of ${place} has no inodes left (df -i ${place})`
  return undefined
}

/** All lines of {@link look} as one cause, or undefined. */
export function causeOf(lines: string): string | undefined {
  // How much is free may change between two looks at one file system.
  const reasons = new Set(lines.split('\n').map(reasonOf).filter(reason => reason !== undefined))
  return reasons.size > 0 ? [...reasons].join('; ') : undefined
}

/**
 * Looks why something could not be written, in one frame: a full disk says "cannot lock /etc/passwd" in the words of usermod. Undefined where
 * nothing of the kind is found, or the host does not tell.
 *
 * @param paths what was to be written, as far as it is known.
 */
export async function findCause(session: ReadSession, paths: readonly string[]): Promise<string | undefined> {
  const [output] = await session.read([{ script: look([...paths.filter(path => path.startsWith('/')), ...USUAL]), about: 'why it could not be written' }])
  return output && causeOf(output.stdout.toString())
}
