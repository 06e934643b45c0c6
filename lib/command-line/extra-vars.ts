import { readFileSync } from 'node:fs'
import path from 'node:path'
import { InventoryError, UsageError } from '../errors.ts'
import { holdsJinja } from '../inventory/connection.ts'
import { isMapping, showPlace, type Source } from '../inventory/source.ts'
import { parseYaml } from '../inventory/yaml-source.ts'

const allowed = 'Allowed: -e name=value, -e name=\'two words\', -e \'a=1 b="two words"\', -e \'{"count": 3}\', -e @file.yml, -e @file.json.'

/**
 * Splits a text at white space outside quotes, as a shell does: single quotes keep everything,
 * double quotes everything but `\"` and `\\`.
 *
 * @throws UsageError for an unterminated quote.
 * @example splitQuoted(`a=1 b="two words"`) // ['a=1', 'b=two words']
 */
export function splitQuoted(text: string): string[] {
  const words: string[] = []
  let word: string | undefined
  const pattern = /\s+|'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)/gsy
  while (pattern.lastIndex < text.length) {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    if (!match) throw new UsageError(`-e ${text} has a ${text.charAt(at) === '\\' ? 'backslash at its end' : 'quote that does not end'}.`, { hint: allowed })
    const [whole, single, double, escaped, plain] = match
    if (/^\s/.test(whole)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + (single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? plain ?? '')
  }
  return word === undefined ? words : [...words, word]
}

function fromFile(file: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`-e @${file} cannot be read.`, { hint: allowed, cause: error })
  }
  const extension = path.extname(file)
  if (extension === '.json') return fromJson(text, `@${file}`)
  if (extension !== '.yml' && extension !== '.yaml') throw new UsageError(`-e @${file} is not a .yml, .yaml or .json file.`, { hint: allowed })
  let source: Source
  try {
    source = parseYaml(file, path.dirname(path.resolve(file)), text)
  } catch (error) {
    if (!(error instanceof InventoryError)) throw error
    throw new UsageError(`-e @${file} cannot be read.\n${error.issues.map(issue => `${issue.file}:${issue.line}:${issue.column}: ${issue.message}`).join('\n')}`)
  }
  const value = source.value ?? {}
  if (!isMapping(value)) throw new UsageError(`-e @${file} does not contain a mapping of names to values.`, { hint: allowed })
  for (const [name, each] of Object.entries(value)) {
    if (holdsJinja(each, source)) throw new UsageError(`${showPlace(source.locate([name], 'value'))}: ${name} contains a Jinja expression, which stead does not evaluate.`, { hint: 'Write the value itself, or `!unsafe` before a text that is meant as it stands.' })
  }
  return value
}

function fromJson(text: string, given: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`-e ${given} is not valid JSON.`, { hint: allowed, cause: error })
  }
  if (!isMapping(value)) throw new UsageError(`-e ${given} is not a JSON object.`, { hint: allowed })
  return value
}

const pair = /^([A-Za-z_]\w*)=(.*)$/s

/**
 * The variables of one `-e`: `name=value` pairs with string values; one pair whose value contains
 * spaces, as a shell passes on `-e name='two words'`; a JSON object; or the content of `@file`.
 *
 * @throws UsageError
 * @example parseExtraVars('{"count": 3}') // { count: 3 }
 */
export function parseExtraVars(text: string): Record<string, unknown> {
  if (text.startsWith('@')) return fromFile(text.slice(1))
  if (text.trimStart().startsWith('{')) return fromJson(text, text)
  const [, name, value] = pair.exec(text.trimStart()) ?? []
  if (name !== undefined && value !== undefined && !/['"\\]|\s[A-Za-z_]\w*=/.test(value) && /\S\s+\S/.test(value)) return { [name]: value }
  const pairs = splitQuoted(text).map((word): [string, string] => {
    const match = pair.exec(word)
    if (!match) throw new UsageError(`-e ${text} has ${JSON.stringify(word)}, which is not name=value.`, { hint: allowed })
    return [match[1] ?? '', match[2] ?? '']
  })
  if (pairs.length === 0) throw new UsageError('-e is empty.', { hint: allowed })
  return Object.fromEntries(pairs)
}
