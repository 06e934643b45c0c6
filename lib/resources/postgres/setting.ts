/**
 * Settings whose value is a list of names, each quoted separately (GUC_LIST_QUOTE of the server).
 * In other settings a comma is part of the value.
 */
const lists = ['search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries', 'shared_preload_libraries', 'unix_socket_directories']

/** Whether a setting's value is a list of names. */
export function isListSetting(name: string): boolean {
  return lists.includes(name)
}

/**
 * Parses a list of names as SQL does: separated by commas, in lower case unless quoted.
 *
 * @throws RangeError for a quote that is not closed, and for two commas with nothing in between.
 * @example parseNames('"$user", App') // ['$user', 'app']
 */
export function parseNames(list: string): string[] {
  if (list.trim() === '') return ['']
  const names: string[] = []
  let rest = list.trim()
  for (;;) {
    const [all, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^\s",]+))\s*/.exec(rest) ?? []
    if (all === undefined) throw new RangeError('is not a list of names')
    names.push(quoted === undefined ? (plain ?? '').replace(/[A-Z]/g, letter => letter.toLowerCase()) : quoted.replaceAll('""', '"'))
    rest = rest.slice(all.length)
    if (rest === '') return names
    if (!rest.startsWith(',')) throw new RangeError('is not a list of names')
    rest = rest.slice(1).trimStart()
  }
}

/**
 * Joins names into a text that {@link parseNames} can parse, quoted if necessary.
 * @example joinNames(['$user', 'app']) // '"$user", app'
 */
export function joinNames(names: readonly string[]): string {
  return names.map(name => (/^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`)).join(', ')
}

/** Whether a text is a list of names. */
export function isNameList(text: string): boolean {
  try {
    return parseNames(text).length > 0
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** The canonical text of a setting's value, so that the lists `a,b` and `a, b` are equal. */
export function settingText(name: string, value: string): string {
  return isListSetting(name) && isNameList(value) ? joinNames(parseNames(value)) : value
}
