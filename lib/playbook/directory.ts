import { basename, dirname } from 'node:path'

let current = { directory: process.cwd(), name: 'playbook' }

/** Where the running playbook's file is, and its name without extension: templates are found from there. */
export function playbookDirectory(): { directory: string; name: string } {
  return current
}

/** Set once, when the playbook is loaded. */
export function setPlaybookPath(path: string): void {
  current = { directory: dirname(path), name: basename(path).replace(/\.[^.]*$/, '') }
}
