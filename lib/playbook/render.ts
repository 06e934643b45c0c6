import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { Eta } from 'eta'
import { PlaybookError } from '../errors.ts'
import { Secret } from '../secret/secret.ts'
import { Content } from '../state/content.ts'
import { playbookDirectory } from './directory.ts'

/** Variables of a template; a {@link Secret} in them is put into the file and never shown. */
export type TemplateVars = Readonly<Record<string, unknown>>

/** Content from what a playbook gives: text, bytes or a secret. */
export function contentOf(given: string | Uint8Array | Secret): Content {
  return given instanceof Secret ? Content.of(given.reveal(), { secret: true }) : Content.of(given)
}

/** Larger files of the controller (bytes) are hashed as they are read, and read again only where they must be written. */
const LARGEST_HELD = 1_000_000

/** Content of a file of the controller, found as templates are, and where to take it from when it is not held in memory. */
export async function sourceContent(name: string): Promise<{ content: Content; source: { file: string } | undefined }> {
  const path = findSource(name)
  const { size } = await stat(path)
  if (size <= LARGEST_HELD) return { content: Content.of(await readFile(path)), source: undefined }
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path)) hash.update(piece)
  return { content: Content.known(hash.digest('hex'), size), source: { file: path } }
}

const eta = new Eta({ autoEscape: false, autoTrim: false, cache: true, useWith: false })
const sources = new Map<string, string>()

/**
 * Renders an Eta template. `source` is looked for beside the playbook, in the folder of the playbook's name and in `templates/`.
 * A variable that is not there is an error. Source: Eta documentation, Template Syntax.
 *
 * @throws PlaybookError with template, line and variable.
 */
export function renderTemplate(source: string, vars: TemplateVars): Content {
  const path = findSource(source)
  const text = sources.get(path) ?? readFileSync(path, 'utf8')
  sources.set(path, text)
  const tokens = new Map<string, Secret>()
  try {
    const rendered = eta.renderString(text, strict(vars, source, tokens))
    if (typeof rendered !== 'string') throw new TypeError('it gave no text')
    let revealed = rendered
    for (const [token, secret] of tokens) revealed = revealed.replaceAll(token, () => secret.reveal())
    return Content.of(revealed, { secret: revealed === rendered ? false : 'parts' })
  } catch (error) {
    if (error instanceof PlaybookError) throw error
    throw new PlaybookError(`The template ${source} cannot be rendered: ${error instanceof Error ? error.message.split('\n').filter(Boolean).slice(0, 6).join('\n') : String(error)}`, { hint: `It is ${path}.` })
  }
}

/** The file of a template or of anything else that a playbook brings along. @throws PlaybookError naming the places where it is not. */
export function findSource(source: string): string {
  if (isAbsolute(source)) return source
  const { directory, name } = playbookDirectory()
  const places = [join(directory, name, source), join(directory, 'templates', source), join(directory, source), join(dirname(directory), source)]
  const found = places.find(place => existsSync(place))
  if (!found) throw new PlaybookError(`The file ${source} is nowhere to be found.`, { hint: `Looked for: ${places.join(', ')}.` })
  return found
}

/** Makes a missing variable an error with its name, and stands a token for each secret. */
function strict(vars: TemplateVars, source: string, tokens: Map<string, Secret>): TemplateVars {
  return new Proxy(vars, {
    get(target, variable) {
      if (typeof variable === 'symbol') return undefined
      if (!(variable in target)) throw new PlaybookError(`The template ${source} asks for the variable "${variable}", which it was not given.`, { hint: `It was given: ${Object.keys(target).join(', ') || '(none)'}.` })
      const value = target[variable]
      if (!(value instanceof Secret)) return value
      const token = `<<secret ${tokens.size} of ${source}>>`
      tokens.set(token, value)
      return token
    },
  })
}
