import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { PlaybookError } from '../errors.ts'
import { setPlaybookPath } from './directory.ts'
import { isAPlaybook, type Playbook } from './playbook.ts'

/**
 * Loads a playbook's file; its default export is a playbook or a list of them.
 *
 * @throws PlaybookError for a file that is not there, does not compile, or is no playbook.
 */
export async function loadPlaybooks(path: string): Promise<Playbook[]> {
  const absolute = resolve(path)
  if (!existsSync(absolute)) throw new PlaybookError(`The playbook ${path} is not there.`, { hint: 'Give the path of a playbook, as in playbooks/synapse.ts.' })
  setPlaybookPath(absolute)
  const loaded = await load(path, absolute)
  const exported: unknown = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined
  const list: unknown[] = Array.isArray(exported) ? exported : [exported]
  const playbooks = list.filter(isAPlaybook)
  if (playbooks.length === 0 || playbooks.length !== list.length) {
    throw new PlaybookError(`${path} is no playbook.`, { hint: 'Its default export must be playbook({ name, hosts, tasks }), or a list of such.' })
  }
  return playbooks
}

/** Where no package.json says "type": "module", tsx makes CommonJS of the file, and its default export lies one deeper. */
function unwrap(loaded: unknown): unknown {
  const exported = typeof loaded === 'object' && loaded !== null && 'default' in loaded ? loaded.default : undefined
  return typeof exported === 'object' && exported !== null && 'default' in exported && '__esModule' in exported ? exported : loaded
}

async function load(path: string, absolute: string): Promise<unknown> {
  try {
    return unwrap(await import(pathToFileURL(absolute).href))
  } catch (error) {
    if (error instanceof PlaybookError) throw error
    const place = error instanceof Error ? error.stack?.split('\n').find(line => line.includes(absolute))?.trim() : undefined
    throw new PlaybookError(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`, { hint: place })
  }
}
