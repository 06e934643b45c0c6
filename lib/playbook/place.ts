import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { PlaybookError, SteadError } from '../errors.ts'

const root = path.resolve(import.meta.dirname, '..', '..')

/** stead's own code, and what it uses: an error in it was caused by whoever called it. */
const own = ['lib', 'modules', 'node_modules'].map(folder => path.join(root, folder) + path.sep)

/** Where in a playbook, or in what it imports, an error comes from, as `playbooks/site.ts:12:5`; undefined where its stack does not tell. */
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

/** An error of a playbook's own code, told without a stack but with its place. @param saying makes the message of the error's own. */
export function asPlaybookError(error: unknown, saying: (message: string) => string = message => message): SteadError {
  if (error instanceof SteadError) return error
  const message = error instanceof Error ? `${error.name === 'Error' ? '' : `${error.name}: `}${error.message}` : String(error)
  const place = placeOf(error)
  return new PlaybookError(saying(message), { hint: place && `It comes from ${place}.` })
}
