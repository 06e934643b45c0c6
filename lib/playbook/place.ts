import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlaybookError, SteadError } from '../errors.ts'

const root = path.resolve(import.meta.dirname, '..', '..')

/** stead's own code and its dependencies: their callers caused an error in them. */
const own = ['lib', 'modules', 'node_modules'].map(folder => path.join(root, folder) + path.sep)

/**
 * Where in a playbook or its imports an error comes from, as `playbooks/site.ts:12:5`; undefined
 * where its stack does not show it.
 */
export function placeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  for (const line of error.stack?.split('\n') ?? []) {
    const [, where, position] = /^\s+at .*?((?:file:\/\/)?\/[^()]+?)(:\d+:\d+)\)?$/.exec(line) ?? []
    if (where === undefined || position === undefined) continue
    const file = where.startsWith('file:') ? fileURLToPath(where.replace(/\?.*$/, '')) : where
    if (own.some(folder => file.startsWith(folder)) || file.includes(`${path.sep}node_modules${path.sep}`)) continue
    const relative = path.relative(process.cwd(), file)
    return (relative.startsWith('..') ? file : relative) + position
  }
  return undefined
}

/**
 * An error in a playbook's own code, reported with its place instead of a stack.
 * @param saying turns the error's own message into the whole one.
 */
export function asPlaybookError(error: unknown, saying: (message: string) => string = message => message): SteadError {
  if (error instanceof SteadError) return error
  const message = error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : String(error)
  const place = placeOf(error)
  return new PlaybookError(saying(message), { hint: place && `It comes from ${place}.` })
}
