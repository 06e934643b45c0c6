import { basename, dirname } from 'node:path'

let current = { directory: process.cwd(), name: 'playbook' }

/**
 * The folder of the running playbook and its name without extension, from which templates are
 * found.
 */
export function playbookDirectory(): { directory: string; name: string } {
  return current
}

/** Set once, when the playbook is loaded. */
export function setPlaybookPath(path: string): void {
  current = { directory: dirname(path), name: basename(path).replace(/\.[^.]*$/, '') }
}
