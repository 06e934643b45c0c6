import { createHash } from 'node:crypto'
import { apply, read, type ApplyScript } from '../shell/script.ts'
import type { Output } from '../shell/output.ts'

/** Where a host remembers which handlers must still run. Survives the run and a reboot. */
const directory = '/var/lib/stead/notified'

/** File systems allow names of 255 bytes. */
const LONGEST_NAME = 200

/** A handler's name on the host: of its playbook, and safe as a file name. */
function entry(playbook: string, handler: string): string {
  const name = encodeURIComponent(`${playbook}: ${handler}`).replaceAll('*', '%2A')
  const short = name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 65)}-${createHash('sha256').update(name).digest('hex')}`
  return `${directory}/${short}`
}

/** Asks for the handlers that an earlier run left to be run. */
export const readJournal = read`ls -1 ${directory} 2>/dev/null || :`

/** The handlers of this playbook, out of `names`, that are still to be run. */
export function parseJournal({ stdout }: Output, playbook: string, names: readonly string[]): Set<string> {
  const entries = new Set(stdout.toString().split('\n'))
  return new Set(names.filter(name => entries.has(entry(playbook, name).slice(directory.length + 1))))
}

/** Notes handlers down, in the frame of the change that needs them and before it: a run cut off in between runs them once too often, never once too seldom. */
export function writeJournal(playbook: string, handlers: readonly string[]): ApplyScript {
  return apply`mkdir -p -m 700 /var/lib/stead ${directory} && touch -- ${handlers.map(name => entry(playbook, name))} && sync -- ${directory}`
}

/** Crosses a handler out that has run. */
export function clearJournal(playbook: string, handler: string): ApplyScript {
  return apply`rm -f -- ${entry(playbook, handler)}`
}
