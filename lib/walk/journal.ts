import { createHash } from 'node:crypto'
import { apply, read, type ApplyScript } from '../shell/script.ts'
import type { Output } from '../shell/output.ts'

/** Where a host keeps track of the handlers that must still run. Survives the run and a reboot. */
const directory = '/var/lib/stead/notified'

/** File systems allow names of 255 bytes. */
const LONGEST_NAME = 200

/** A handler's file name on the host, which includes its playbook. */
function entry(playbook: string, handler: string): string {
  const name = encodeURIComponent(`${playbook}: ${handler}`).replaceAll('*', '%2A')
  const short = name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 65)}-${createHash('sha256').update(name).digest('hex')}`
  return `${directory}/${short}`
}

/** Reads the handlers that an earlier run left to run. */
export const readJournal = read`ls -1 ${directory} 2>/dev/null || :`

/** The handlers among `names` of this playbook that still have to run. */
export function parseJournal({ stdout }: Output, playbook: string, names: readonly string[]): Set<string> {
  const entries = new Set(stdout.toString().split('\n'))
  return new Set(names.filter(name => entries.has(entry(playbook, name).slice(directory.length + 1))))
}

/**
 * Records handlers in the frame of the change that notifies them, before it: a run cut off in
 * between runs them once too often, never too rarely.
 */
export function writeJournal(playbook: string, handlers: readonly string[]): ApplyScript {
  return apply`mkdir -p -m 700 /var/lib/stead ${directory} && touch -- ${handlers.map(name => entry(playbook, name))} && sync -- ${directory}`
}

/** Removes the record of a handler that has run. */
export function clearJournal(playbook: string, handler: string): ApplyScript {
  return apply`rm -f -- ${entry(playbook, handler)}`
}
