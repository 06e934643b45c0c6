import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { LabError } from './lab-error.ts'
import { runCommand, tryCommand } from './run-command.ts'

/** One mount of this machine. */
export interface Mount {
  point: string
  type: string
  /** Options of the file system, such as overlay's `lowerdir=…`. */
  options: string
}

/** Parses `/proc/PID/mountinfo` (proc(5)), in which a space in a path is `\040`. */
export function parseMountinfo(text: string): Mount[] {
  const plain = (field: string): string => field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
  return text.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ')
    const point = left?.split(' ')[4]
    const [type, , options] = (right ?? '').split(' ')
    return point && type ? [{ point: plain(point), type, options: plain(options ?? '') }] : []
  })
}

/** Mounts at `dir` and below it, in the order in which they were mounted. */
export function mountsBelow(dir: string): Mount[] {
  return parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).filter(({ point }) => point === dir || point.startsWith(`${dir}/`))
}

/**
 * Unmounts everything at `dir` and below it, the last mounted first. A mount that stays busy for
 * two seconds is detached: it is then gone from the tree, and from the kernel when its last user
 * ends. Throws LabError if a mount remains anyway.
 */
export async function unmountBelow(dir: string): Promise<void> {
  const deadline = Date.now() + 2000
  for (let mount = mountsBelow(dir).pop(); mount !== undefined; mount = mountsBelow(dir).pop()) {
    const late = Date.now() > deadline
    const ran = await tryCommand('umount', late ? ['--lazy', mount.point] : [mount.point])
    if (ran.status === 0) continue
    if (late) throw new LabError(`${mount.point} cannot be unmounted: ${ran.stderr.trim()}`)
    await sleep(20)
  }
}

/**
 * Mounts an overlay (the kernel's document "Overlay Filesystem"): `lower` directories, the topmost
 * first, and all writing goes to `upper`.
 */
export async function mountOverlay(point: string, lower: readonly string[], upper: string, work: string): Promise<void> {
  const odd = [...lower, upper, work].find((dir) => /[:,\\]/.test(dir))
  if (odd !== undefined) throw new LabError(`${odd} cannot be part of an overlay: ":", "," and "\\" have a special meaning there. Choose another STEAD_LAB_DIR.`)
  await runCommand('mount', ['-t', 'overlay', 'overlay', '-o', `lowerdir=${lower.join(':')},upperdir=${upper},workdir=${work}`, point])
}
