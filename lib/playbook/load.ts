import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { asModule, importDefault, type DefaultExport } from '../default-export.ts'
import { PlaybookError } from '../errors.ts'
import { setPlaybookPath } from './directory.ts'
import { didYouMean } from '../text/nearest.ts'
import { asPlaybookError } from './place.ts'
import { isAPlaybook, type Playbook } from './playbook.ts'

/**
 * Loads a playbook file, whose default export is a playbook or a list of playbooks.
 *
 * @throws PlaybookError for a file that does not exist, does not compile, or is not a playbook.
 */
export async function loadPlaybooks(path: string): Promise<Playbook[]> {
  const absolute = resolve(path)
  refuseOtherKinds(path, absolute)
  setPlaybookPath(absolute)
  const { value: exported, commonJs } = await load(path, absolute)
  const list: unknown[] = Array.isArray(exported) ? exported : [exported]
  const playbooks = list.filter(isAPlaybook)
  if (playbooks.length === 0 || playbooks.length !== list.length) {
    throw new PlaybookError(`${path} is not a playbook.`, { hint: commonJs ? asModule : 'Its default export must be playbook({ name, hosts, tasks }), or a list of such.' })
  }
  return playbooks
}

/** @throws PlaybookError for anything but a TypeScript or JavaScript file. */
function refuseOtherKinds(path: string, absolute: string): void {
  const hint = 'Give the path of a playbook, as in playbooks/synapse.ts.'
  const found = statSync(absolute, { throwIfNoEntry: false })
  if (!found) throw new PlaybookError(`The playbook ${path} does not exist.${didYouMean(basename(path), playbooksIn(dirname(absolute)))}`, { hint })
  if (found.isDirectory()) throw new PlaybookError(`${path} is a directory; a playbook is a single file.`, { hint: `It contains ${playbooksIn(absolute).join(', ') || 'no playbook'}.` })
  if (/\.ya?ml$/.test(path)) throw new PlaybookError(`${path} is YAML; playbooks are TypeScript.`, { hint: 'README.md shows how to write one. An inventory may be YAML: it is given with -i.' })
  if (!isScript.test(path)) throw new PlaybookError(`${path} is not a .ts or .js file, and so not a playbook.`, { hint })
}

const isScript = /\.[cm]?[jt]s$/

function playbooksIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).filter(name => isScript.test(name)).sort() : []
}

async function load(path: string, absolute: string): Promise<DefaultExport> {
  try {
    return await importDefault(absolute)
  } catch (error) {
    if (error instanceof PlaybookError) throw error
    const [, wrong] = error instanceof Error ? (/^Transform failed with \d+ errors?:\n([^]+)/.exec(error.message) ?? []) : []
    if (wrong !== undefined) throw new PlaybookError(`${path} cannot be loaded: it does not compile.\n${wrong}`)
    throw asPlaybookError(error, message => `${path} cannot be loaded: ${message}`)
  }
}
