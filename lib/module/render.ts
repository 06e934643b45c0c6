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

/** Variables of a template; a {@link Secret} in them is put into the file and never shown. */
export type TemplateVars = Readonly<Record<string, unknown>>

/** Content from what a playbook gives: text, bytes or a secret. */
export function contentOf(given: string | Uint8Array | Secret): Content {
  return given instanceof Secret ? Content.of(given.reveal(), { secret: true }) : Content.of(given)
}

/** Larger files of the controller (bytes) are hashed as they are read, and read again only where they must be written. */
const LARGEST_HELD = 1_000_000

/** Content of a file of the controller, found as templates are, and where to take it from when it is not held in memory. */
export function sourceContent(name: string): Promise<{ content: Content; source: { file: string } | undefined }> {
  return awaited(contentOfFile(findSource(name)))
}

async function contentOfFile(path: string): Promise<{ content: Content; source: { file: string } | undefined }> {
  const found = await stat(path).catch((error: unknown) => { throw new PlaybookFileError(`The file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`, { cause: error }) })
  if (found.isDirectory()) throw new PlaybookFileError(`${path} is a directory, and a file is wanted.`, { hint: 'Bring a directory along as an archive (archive), or its files one by one.' })
  const { size } = found
  if (size <= LARGEST_HELD) return { content: Content.of(await readFile(path)), source: undefined }
  const hash = createHash('sha256')
  await finished(createReadStream(path).on('data', piece => void hash.update(piece)))
  return { content: Content.known(hash.digest('hex'), size), source: { file: path } }
}

const eta = new Eta({ autoEscape: false, autoTrim: false, cache: true, useWith: false, debug: true, autoFilter: true, filterFunction: present })
const sources = new Map<string, string>()

/**
 * Renders an Eta template. `source` is looked for beside the playbook, in the folder of the playbook's name and in `templates/`.
 * A variable that is not there is an error, and so is an expression that gives nothing. Source: Eta documentation, Template Syntax.
 *
 * @throws PlaybookFileError with template, line and variable.
 */
export function renderTemplate(source: string, vars: TemplateVars, { newline, encoding = 'utf8' }: { newline?: '\n' | '\r\n'; encoding?: 'utf8' | 'latin1' } = {}): Content {
  const path = findSource(source)
  const text = sources.get(path) ?? readFileSync(path, 'utf8')
  sources.set(path, text)
  const stoodFor: StoodFor[] = []
  try {
    const rendered = eta.renderString(hideReturns(text), strict(vars, stoodFor)).replaceAll(RETURN, '\r')
    if (typeof rendered !== 'string') throw new TypeError('it gave no text')
    let revealed = rendered
    for (const { core, variable, secret } of stoodFor) {
      for (const spell of spellings) revealed = revealed.replaceAll(spell(tokenOf(core)), () => spell(secret.reveal()))
      const rest = revealed.toLowerCase()
      if (formsOf(core).some(form => rest.includes(form.toLowerCase()))) throw new PlaybookError(`of the secret in "${variable}" it makes what cannot be made of one: it may stand as it is, in JSON.stringify() and in encodeURIComponent()`)
    }
    const ended = newline === undefined ? revealed : revealed.replace(/\r?\n/g, newline)
    const odd = encoding === 'latin1' ? /[^\u0000-\u00ff]/.exec(ended)?.[0] : undefined
    if (odd !== undefined) throw new TypeError(`the character ${odd} cannot be written in latin1`)
    return Content.of(Buffer.from(ended, encoding), { secret: revealed === rendered ? false : 'parts' })
  } catch (error) {
    throw templateError(error, source, path, text)
  }
}

/** Stands for a carriage return of a template: blanks to whoever trims, and in an order that no text has. */
const RETURN = '\u2028\u2005\u2029\u2004\u2028'

/** Eta ends every line of a template in `\n`; so carriage returns are hidden from it, but those within tags and where `-%>` or `<%-` take a line break away. */
function hideReturns(text: string): string {
  return text.split(/(<%[\s\S]*?%>)/).map((piece, index, all) => {
    if (index % 2 === 1) return piece
    const left = all[index - 1]?.endsWith('-%>') ? piece.replace(/^\r\n/, '\n') : piece
    const both = all[index + 1]?.startsWith('<%-') ? left.replace(/\r\n$/, '\n') : left
    return both.replaceAll('\r', RETURN)
  }).join('')
}

/** A secret, and what stands for it until the template is rendered. */
interface StoodFor {
  /** Letters and digits that no template has, to be known again whatever is made of them. */
  core: string
  /** The variable that it is, or is in. */
  variable: string
  secret: Secret
}

const once = `steadsecret${randomBytes(8).toString('hex')}`

/** The core among characters by which the ways to spell it can be told apart. */
const tokenOf = (core: string) => `<<"${core}">>`

/** What a template may make of a secret, and it then is: as it is, within a JSON string, within a URL. */
const spellings: ((text: string) => string)[] = [text => text, text => JSON.stringify(text).slice(1, -1), encodeURIComponent]

/** What an expression gives goes into the text; one that gives nothing, or an object that has no text, is a mistake. */
function present(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value)
  if (Array.isArray(value)) return value.map(present).join(',')
  if (value instanceof Date || value instanceof URL) return value.toString()
  throw new PlaybookError(`what it puts here is ${value === undefined || value === null ? String(value) : `no text but of type ${typeof value}`}`)
}

/** An error of a template, with the line that it comes from. Eta gives that of an expression; that of a syntax error is looked for in what Eta compiled. */
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
    // Eta's own parser refused it, and has said where.
  }
  return undefined
}

/** The file of a template or of anything else that a playbook brings along. @throws PlaybookFileError naming the places where it is not. */
export function findSource(source: string): string {
  if (isAbsolute(source)) return source
  const { directory, name } = playbookDirectory()
  const places = [join(directory, name, source), join(directory, 'templates', source), join(directory, source), join(dirname(directory), source)]
  const found = places.find(place => existsSync(place))
  if (!found) throw new PlaybookFileError(`The file ${source} is nowhere to be found.`, { hint: `Looked for: ${places.join(', ')}.` })
  return found
}

/** Makes a missing variable an error with its name, and stands a token for each secret, at any depth. */
function strict(vars: TemplateVars, stoodFor: StoodFor[]): TemplateVars {
  return new Proxy(vars, {
    get(target, variable) {
      if (typeof variable === 'symbol' || INTERNAL.includes(variable)) return undefined
      if (!(variable in target)) throw new PlaybookError(`it asks for the variable "${variable}", and was given ${Object.keys(target).join(', ') || 'none'}`)
      return withTokens(target[variable], secret => {
        const core = `${once}-${stoodFor.length}-`
        stoodFor.push({ core, variable, secret })
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

/** The same value, in which a token stands for each secret, however deep it is in objects and lists. */
function withTokens(value: unknown, stand: (secret: Secret) => string): unknown {
  if (value instanceof Secret) return stand(value)
  if (typeof value === 'string' && value.includes(marker)) throw new PlaybookError(`it was given a text that holds ${marker}, which stead prints in the place of a secret: give the secret itself`)
  if (!isObjectOrList(value)) return value
  // A copy, since no proxy can show another value for a field that is frozen. Getters stay getters.
  const fields: [string, PropertyDescriptor][] = Object.entries(Object.getOwnPropertyDescriptors(value)).map(([name, field]: [string, PropertyDescriptor]) => [name, { ...field, configurable: true }])
  const copy: object = Array.isArray(value) ? Array.from<unknown>(value) : Object.defineProperties({}, Object.fromEntries(fields))
  return new Proxy(copy, { get: (target, field) => withTokens(Reflect.get(target, field), stand) })
}
