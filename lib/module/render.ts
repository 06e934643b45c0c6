import { createHash, randomBytes } from 'node:crypto'
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { Script } from 'node:vm'
import { Eta } from 'eta'
import { PlaybookError, PlaybookFileError } from '../errors.ts'
import { formsOf } from '../secret/forms.ts'
import { marker } from '../secret/redact.ts'
import { Secret } from '../secret/secret.ts'
import { Content } from '../state/content.ts'
import { playbookDirectory } from '../playbook/directory.ts'
import { awaited } from '../playbook/pass.ts'

/** Variables of a template. A {@link Secret} among them goes into the file and is never shown. */
export type TemplateVars = Readonly<Record<string, unknown>>

/** Makes a Content from what a playbook passes: text, bytes or a secret. */
export function contentOf(given: string | Uint8Array | Secret): Content {
  return given instanceof Secret ? Content.of(given.reveal(), { secret: true }) : Content.of(given)
}

/**
 * Larger local files (bytes) are hashed without keeping them in memory, and read again only if they
 * have to be written.
 */
const LARGEST_IN_MEMORY = 1_000_000

/**
 * Content of a local file, which is found like a template, and where to read it from if it is not
 * kept in memory.
 */
export function sourceContent(name: string): Promise<{ content: Content; source: { file: string } | undefined }> {
  return awaited(contentOfFile(findSource(name)))
}

async function contentOfFile(path: string): Promise<{ content: Content; source: { file: string } | undefined }> {
  const found = await stat(path).catch((error: unknown) => { throw new PlaybookFileError(`The file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, { cause: error }) })
  if (found.isDirectory()) throw new PlaybookFileError(`${path} is a directory, but must be a file.`, { hint: 'Pack the directory as an archive (archive), or copy its files one by one.' })
  const { size } = found
  if (size <= LARGEST_IN_MEMORY) return { content: Content.of(await readFile(path)), source: undefined }
  const hash = createHash('sha256')
  await finished(createReadStream(path).on('data', piece => void hash.update(piece)))
  return { content: Content.known(hash.digest('hex'), size), source: { file: path } }
}

const eta = new Eta({ autoEscape: false, autoTrim: false, cache: true, useWith: false, debug: true, autoFilter: true, filterFunction: present })
const sources = new Map<string, string>()

/**
 * Renders an Eta template. `source` is looked for next to the playbook, in the folder named after
 * the playbook and in `templates/`. An unknown variable is an error, and so is an expression
 * without a value. Source: Eta documentation, Template Syntax.
 *
 * @throws PlaybookFileError with template, line and variable.
 */
export function renderTemplate(source: string, vars: TemplateVars, { newline, encoding = 'utf8' }: { newline?: '\n' | '\r\n'; encoding?: 'utf8' | 'latin1' } = {}): Content {
  const path = findSource(source)
  const text = sources.get(path) ?? readFileSync(path, 'utf8')
  sources.set(path, text)
  const tokens: Token[] = []
  try {
    const rendered = eta.renderString(hideReturns(text), strict(vars, tokens)).replaceAll(RETURN, '\r')
    if (typeof rendered !== 'string') throw new TypeError('it did not return text')
    let revealed = rendered
    for (const { core, variable, secret } of tokens) {
      for (const spell of spellings) revealed = revealed.replaceAll(spell(tokenOf(core)), () => spell(secret.reveal()))
      const rest = revealed.toLowerCase()
      if (formsOf(core).some(form => rest.includes(form.toLowerCase()))) throw new PlaybookError(`it transforms the secret in "${variable}": a secret can only be used as it is, in JSON.stringify() and in encodeURIComponent()`)
    }
    const ended = newline === undefined ? revealed : revealed.replace(/\r?\n/g, newline)
    const odd = encoding === 'latin1' ? /[^\u0000-\u00ff]/.exec(ended)?.[0] : undefined
    if (odd !== undefined) throw new TypeError(`the character ${odd} cannot be written in latin1`)
    return Content.of(Buffer.from(ended, encoding), { secret: revealed === rendered ? false : 'parts' })
  } catch (error) {
    throw templateError(error, source, path, text)
  }
}

/**
 * Stands in for a carriage return in a template: white space, so that trimming removes it, in an
 * order that does not occur in text.
 */
const RETURN = '\u2028\u2005\u2029\u2004\u2028'

/**
 * Eta ends every line of a template with `\n`, so carriage returns are hidden from it, except those
 * inside tags and where `-%>` or `<%-` removes a line break.
 */
function hideReturns(text: string): string {
  return text.split(/(<%[\s\S]*?%>)/).map((piece, index, all) => {
    if (index % 2 === 1) return piece
    const left = all[index - 1]?.endsWith('-%>') ? piece.replace(/^\r\n/, '\n') : piece
    const both = all[index + 1]?.startsWith('<%-') ? left.replace(/\r\n$/, '\n') : left
    return both.replaceAll('\r', RETURN)
  }).join('')
}

/** A secret, and the token that stands in for it until the template is rendered. */
interface Token {
  /** Letters and digits that no template contains, so that the token is recognised in any form. */
  core: string
  /** The variable that is the secret, or contains it. */
  variable: string
  secret: Secret
}

const once = `steadsecret${randomBytes(8).toString('hex')}`

/** The core among characters that show in which way it was encoded. */
const tokenOf = (core: string) => `<<"${core}">>`

/** The forms in which a template may use a secret: as it is, in a JSON string, in a URL. */
const spellings: ((text: string) => string)[] = [text => text, text => JSON.stringify(text).slice(1, -1), encodeURIComponent]

/** The text for an expression's value. No value, or an object without a text form, is an error. */
function present(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(present).join(',')
  if (value instanceof Date || value instanceof URL) return value.toString()
  throw new PlaybookError(`the value here is ${value === undefined || value === null ? String(value) : `of type ${typeof value}, not text`}`)
}

/**
 * An error in a template, with its line. Eta reports the line of an expression; that of a syntax
 * error is found in Eta's compiled code.
 */
function templateError(error: unknown, source: string, path: string, text: string): PlaybookFileError {
  const message = error instanceof Error ? error.message : String(error)
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : message.split('\n').filter(Boolean).slice(0, 2).join(' ')
  const line = /\bline (\d+)/.exec(message)?.[1] ?? syntaxErrorLine(text)
  const expression = line === undefined ? undefined : text.split('\n')[Number(line) - 1]?.trim()
  return new PlaybookFileError(`The template ${source}${line === undefined ? '' : `, line ${line}`}: ${cause.replace(/\.?$/, '.')}`, { hint: `It is ${path}${expression ? `: ${expression}` : ''}` })
}

function syntaxErrorLine(text: string): string | undefined {
  try {
    const code = eta.compileToString(text)
    try {
      new Script(`(function (it, options) {${code}})`, { filename: 'template' })
    } catch (error) {
      const at = Number(/^template:(\d+)/.exec(error instanceof Error ? (error.stack ?? '') : '')?.[1] ?? 0)
      return [...code.split('\n').slice(0, at).join('\n').matchAll(/^__eta\.line=(\d+)$/gm)].at(-1)?.[1]
    }
  } catch {
    // Eta's own parser rejected it, and has reported the place.
  }
  return undefined
}

/**
 * Finds the file of a template, or another file that belongs to a playbook.
 * @throws PlaybookFileError with the places where it looked.
 */
export function findSource(source: string): string {
  if (isAbsolute(source)) return source
  const { directory, name } = playbookDirectory()
  const places = [join(directory, name, source), join(directory, 'templates', source), join(directory, source), join(dirname(directory), source)]
  const found = places.find(place => existsSync(place))
  if (!found) throw new PlaybookFileError(`The file ${source} was not found.`, { hint: `Looked for: ${places.join(', ')}.` })
  return found
}

/**
 * Makes a missing variable an error with its name, and replaces each secret, at any depth, with a
 * token.
 */
function strict(vars: TemplateVars, tokens: Token[]): TemplateVars {
  return new Proxy(vars, {
    get(target, variable) {
      if (typeof variable === 'symbol' || INTERNAL.includes(variable)) return undefined
      if (!(variable in target)) throw new PlaybookError(`it uses the variable "${variable}", but was given ${Object.keys(target).join(', ') || 'none'}`)
      return withTokens(target[variable], secret => {
        const core = `${once}-${tokens.length}-`
        tokens.push({ core, variable, secret })
        return tokenOf(core)
      })
    },
  })
}

/** Names that Eta itself looks for. */
const INTERNAL = ['__blocks', 'body']

function isObjectOrList(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}

/** The same value with each secret replaced by a token, however deep it is in objects and lists. */
function withTokens(value: unknown, tokenFor: (secret: Secret) => string): unknown {
  if (value instanceof Secret) return tokenFor(value)
  if (typeof value === 'string' && value.includes(marker)) throw new PlaybookError(`it was given text that contains ${marker}, which stead prints instead of a secret: pass the secret itself`)
  if (!isObjectOrList(value)) return value
  // A copy, since a proxy cannot return another value for a frozen field. Getters stay getters.
  const fields: [string, PropertyDescriptor][] = Object.entries(Object.getOwnPropertyDescriptors(value)).map(([name, field]: [string, PropertyDescriptor]) => [name, { ...field, configurable: true }])
  const copy: object = Array.isArray(value) ? Array.from<unknown>(value) : Object.defineProperties({}, Object.fromEntries(fields))
  return new Proxy(copy, { get: (target, field) => withTokens(Reflect.get(target, field), tokenFor) })
}
