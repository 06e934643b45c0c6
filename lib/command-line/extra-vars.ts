import { readFileSync } from 'node:fs'
import path from 'node:path'
import { InventoryError, UsageError } from '../errors.ts'
import { isMapping } from '../inventory/source.ts'
import { parseYaml } from '../inventory/yaml-source.ts'

const allowed = 'Allowed: -e name=value, -e \'a=1 b="two words"\', -e \'{"count": 3}\', -e @file.yml, -e @file.json.'

/**
 * Splits a text at white space outside of quotes, as a shell does: single quotes keep everything, double quotes all but `\"` and `\\`.
 *
 * @throws UsageError for a quote that does not end.
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
  if (extension !== '.yml' && extension !== '.yaml') throw new UsageError(`-e @${file} is no .yml, .yaml or .json file.`, { hint: allowed })
  let value: unknown
  try {
    value = parseYaml(file, text).value ?? {}
  } catch (error) {
    if (!(error instanceof InventoryError)) throw error
    throw new UsageError(`-e @${file} cannot be read.\n${error.issues.map(issue => `${issue.file}:${issue.line}:${issue.column}: ${issue.message}`).join('\n')}`)
  }
  if (!isMapping(value)) throw new UsageError(`-e @${file} holds no mapping of names to values.`, { hint: allowed })
  return value
}

function fromJson(text: string, given: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UsageError(`-e ${given} is no JSON.`, { hint: allowed, cause: error })
  }
  if (!isMapping(value)) throw new UsageError(`-e ${given} is no JSON object.`, { hint: allowed })
  return value
}

/**
 * The variables that one `-e` gives: `name=value` pairs, whose values are texts; a JSON object; or the content of `@file`.
 *
 * @throws UsageError
 * @example parseExtraVars('{"count": 3}') // { count: 3 }
 */
export function parseExtraVars(text: string): Record<string, unknown> {
  if (text.startsWith('@')) return fromFile(text.slice(1))
  if (text.trimStart().startsWith('{')) return fromJson(text, text)
  const pairs = splitQuoted(text).map((word): [string, string] => {
    const match = /^([A-Za-z_]\w*)=(.*)$/s.exec(word)
    if (!match) throw new UsageError(`-e ${text} has ${JSON.stringify(word)}, which is no name=value.`, { hint: allowed })
    return [match[1] ?? '', match[2] ?? '']
  })
  if (pairs.length === 0) throw new UsageError('-e is empty.', { hint: allowed })
  return Object.fromEntries(pairs)
}
