/** A line of authorized_keys in its parts (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
export interface AuthorizedKey {
  options: string
  type: string
  blob: string
  comment: string
}

const type = '(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+'
/** As sshd goes through them: only blanks and tabs part words, and a quote with a backslash before it is none. */
const options = '(?:\\\\"|\\\\(?!")|[^ \\t"\\\\]|"(?:\\\\"|\\\\(?!")|[^"\\\\])*")+'
const line = new RegExp(`^[ \\t]*(?!#)(?:(${options})[ \\t]+)?(${type})[ \\t]+([A-Za-z0-9+/]+={0,2})(?:[ \\t\\r]+([^\\n]*?))?[ \\t\\r]*$`)

/**
 * A key of authorized_keys; undefined for what is none to sshd: a comment, also one that a key was turned into, or anything else.
 *
 * @example parseKey('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me')?.comment // 'me'
 */
export function parseKey(text: string): AuthorizedKey | undefined {
  const [matched, given = '', ofType = '', blob = '', comment = ''] = line.exec(text) ?? []
  return matched === undefined ? undefined : { options: given, type: ofType, blob, comment }
}

/** What a key is known by, whatever options and comment stand around it. */
export function keyIdentity({ type: ofType, blob }: AuthorizedKey): string {
  return `${ofType} ${blob}`
}

/**
 * Puts keys into the text of authorized_keys, or takes them out. A key is known by its type and its body: with other options or another
 * comment its line is replaced in place, and a second line of it goes. `exclusive` leaves no other key.
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
