import {
  type CollectionTag, type Document, isAlias, isMap, isScalar, LineCounter, type Node, parseDocument, type Scalar, type ScalarTag, type Tags, visit, type YAMLMap,
} from 'yaml'
import { InventoryError } from '../errors.ts'
import { Issues, type Path, type Place, type Source } from './source.ts'

const bool = 'tag:yaml.org,2002:bool'
const ownTags: ScalarTag[] = [
  { tag: bool, default: true, test: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON)$/, resolve: () => true },
  { tag: bool, default: true, test: /^(?:no|No|NO|false|False|FALSE|off|Off|OFF)$/, resolve: () => false },
  { tag: '!unsafe', resolve: (text: string): string => text },
]

/**
 * YAML 1.1, as Ansible reads it (PyYAML's resolver.py): `yes` is true, `0640` is octal, `y` is a
 * string. Unlike there, a time (`12:30`) and a date stay strings, which is what their author means.
 */
function tagsOfAnsible(tags: Tags): Tags {
  const replaced = (tag: ScalarTag | CollectionTag): boolean => [bool, 'tag:yaml.org,2002:timestamp'].includes(tag.tag) || ('format' in tag && tag.format === 'TIME')
  return [...tags.filter(tag => typeof tag === 'string' || !replaced(tag)), ...ownTags]
}

/** The pair's key and value at one step of a path, through aliases. */
function step(document: Document, node: unknown, key: string): { key: Node; value: unknown } | undefined {
  const target = isAlias(node) ? node.resolve(document) : node
  if (!isMap(target)) return undefined
  for (const pair of target.items) if (isScalar(pair.key) && String(pair.key.value) === key) return { key: pair.key, value: pair.value }
  return undefined
}

function startOf(node: unknown): number | undefined {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range) && typeof node.range[0] === 'number'
    ? node.range[0]
    : undefined
}

/** The duplicate keys of a mapping; yaml's own check reports a wrong place for some. */
function repeatedKeys(map: YAMLMap): Scalar[] {
  const seen = new Set<string>()
  return map.items.map(pair => pair.key).filter(isScalar).filter(key => {
    const name = String(key.value)
    const repeated = seen.has(name)
    seen.add(name)
    return repeated
  })
}

/**
 * Parses the YAML of an inventory.
 *
 * @param file the name to use in messages.
 * @param directory its absolute folder.
 * @throws InventoryError with every syntax error, each with its line and column.
 * @example parseYaml('prod.yml', '/srv', 'all: {hosts: {a.org: }}').locate(['all', 'hosts'], 'key') // { file: 'prod.yml', line: 1, column: 7 }
 */
export function parseYaml(file: string, directory: string, text: string): Source {
  const lines = new LineCounter()
  const document = parseDocument(text, { version: '1.1', lineCounter: lines, prettyErrors: false, uniqueKeys: false, customTags: tagsOfAnsible, logLevel: 'silent' })
  const place = (offset: number | undefined): Place => {
    if (offset === undefined) return { file }
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const issues = new Issues()
  const literals = new Set<unknown>()
  for (const error of document.errors) issues.add(`This is not valid YAML: ${error.message}.`, place(error.pos[0]))
  for (const warning of document.warnings) {
    const vault = /!vault/.test(warning.message)
    issues.add(vault ? 'This value is encrypted with Ansible Vault, which stead cannot read. Put it into a .ts inventory that asks for it.'
      : `This is not understood: ${warning.message}.`, place(warning.pos[0]))
  }
  visit(document, {
    Map: (_, map) => {
      for (const key of repeatedKeys(map)) issues.add(`The key ${String(key.value)} is there twice; the second would override the first. Merge them.`, place(startOf(key)))
    },
    Scalar: (_, scalar) => {
      if (scalar.tag === '!unsafe') literals.add(scalar.value)
    },
    Alias: (_, alias) => {
      if (!alias.resolve(document)) issues.add(`The alias *${alias.source} has no anchor &${alias.source} before it.`, place(startOf(alias)))
    },
  })
  if (issues.list.length > 0) throw new InventoryError(issues.list)
  return {
    directory,
    isLiteral: text => literals.has(text),
    value: document.toJS({ maxAliasCount: 10_000 }),
    locate: (path: Path, part) => {
      let key: unknown = document.contents
      let value: unknown = document.contents
      for (const name of path) {
        const next = step(document, value, name)
        if (!next) break
        ;({ key, value } = next)
      }
      return place((part === 'value' ? startOf(value) : undefined) ?? startOf(key))
    },
  }
}
