/** The parts of a line in authorized_keys (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
export interface AuthorizedKey {
  options: string
  type: string
  blob: string
  comment: string
}

const type = '(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+'
/**
 * As sshd parses them: only spaces and tabs separate words, and a quote after a backslash does not
 * count.
 */
const options = '(?:\\\\"|\\\\(?!")|[^ \\t"\\\\]|"(?:\\\\"|\\\\(?!")|[^"\\\\])*")+'
const line = new RegExp(`^[ \\t]*(?!#)(?:(${options})[ \\t]+)?(${type})[ \\t]+([A-Za-z0-9+/]+={0,2})(?:[ \\t\\r]+([^\\n]*?))?[ \\t\\r]*$`)

/**
 * Parses a key of authorized_keys; undefined for lines that sshd does not take as a key: comments,
 * including keys that were commented out, and anything else.
 *
 * @example parseKey('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me')?.comment // 'me'
 */
export function parseKey(text: string): AuthorizedKey | undefined {
  const [matched, given = '', ofType = '', blob = '', comment = ''] = line.exec(text) ?? []
  return matched === undefined ? undefined : { options: given, type: ofType, blob, comment }
}

/** The identity of a key, regardless of its options and comment. */
export function keyIdentity({ type: ofType, blob }: AuthorizedKey): string {
  return `${ofType} ${blob}`
}

/**
 * Adds keys to the text of authorized_keys, or removes them. A key is identified by its type and
 * body: if its options or its comment differ, its line is replaced in place; a second line with it
 * is removed. `exclusive` removes all other keys.
 */
export function editKeys(text: string, lines: readonly string[], { present, exclusive }: { present: boolean; exclusive: boolean }): string {
  const wanted = new Map<string, string>()
  for (const each of lines) {
    const key = parseKey(each)
    if (key) wanted.set(keyIdentity(key), each.trim())
  }
  const done = new Set<string>()
  const kept = text.split('\n').flatMap(each => {
    const key = parseKey(each)
    if (!key) return [each]
    const id = keyIdentity(key)
    const replacement = wanted.get(id)
    if (replacement === undefined) return exclusive ? [] : [each]
    if (!present || done.has(id)) return []
    done.add(id)
    return [replacement]
  })
  const added = present ? [...wanted].filter(([id]) => !done.has(id)).map(([, each]) => each) : []
  if (added.length === 0) return kept.join('\n')
  if (kept.at(-1) === '') kept.pop()
  return [...kept, ...added, ''].join('\n')
}
