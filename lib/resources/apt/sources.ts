/** Fields of a deb822 source, in the order in which they are written. */
export type SourceFields = readonly (readonly [field: string, value: string | readonly string[] | boolean | undefined])[]

/**
 * A `.sources` file with one stanza. Lists are separated by spaces, booleans are yes and no, and
 * fields without a value are omitted. A text of several lines (an inline key) is folded, with a dot
 * for each empty line. Source: sources.list(5), deb822-style format.
 *
 * @example formatSource([['Types', ['deb']], ['Enabled', false]]) // 'Types: deb\nEnabled: no\n'
 */
export function formatSource(fields: SourceFields): string {
  return fields.flatMap(([field, value]) => {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) return []
    return [`${field}:${folded(typeof value === 'boolean' ? (value ? 'yes' : 'no') : typeof value === 'string' ? value : value.join(' '))}\n`]
  }).join('')
}

function folded(value: string): string {
  const lines = value.trimEnd().split(/\r?\n/)
  if (lines.length === 1) return ` ${value.trim()}`
  return ['', ...lines.map(line => ` ${line.trimEnd() || '.'}`)].join('\n')
}

/**
 * Turns the name of a repository into a file name that apt accepts: letters, digits, `_`, `-` and
 * `.`.
 * @example sourceFileName('a b c') // 'a-b-c'
 */
export function sourceFileName(name: string): string {
  return name.trim().replace(/[^A-Za-z0-9_.-]+/g, '-').replace(/^[-.]+|-+$/g, '')
}
