/** A line of authorized_keys in its parts (sshd(8), AUTHORIZED_KEYS FILE FORMAT). */
export interface AuthorizedKey {
  options: string
  type: string
  blob: string
  comment: string
}

const types = '(?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+'
const line = new RegExp(`^(?:((?:[^\\s"]|"(?:[^"\\\\]|\\\\.)*")+)\\s+)?(${types})\\s+([A-Za-z0-9+/]+={0,2})(?:\\s+(.*))?$`)

/** A key of authorized_keys; undefined for a comment or what is none. @example parseKey('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me')?.comment // 'me' */
export function parseKey(text: string): AuthorizedKey | undefined {
  const [matched, options = '', type = '', blob = '', comment = ''] = line.exec(text.trim()) ?? []
  return matched ? { options, type, blob, comment } : undefined
}

/**
 * Puts keys into the text of authorized_keys, or takes them out. A key is known by its type and its body: with other options or another
 * comment its line is replaced in place, and a second line of it goes. `exclusive` leaves no other key.
 */
export function editKeys(text: string, lines: readonly string[], { present, exclusive }: { present: boolean; exclusive: boolean }): string {
  const wanted = new Map<string, string>()
  for (const each of lines) {
    const key = parseKey(each)
    if (key) wanted.set(`${key.type} ${key.blob}`, each.trim())
  }
  const done = new Set<string>()
  const kept = text.split('\n').flatMap(each => {
    const key = parseKey(each)
    if (!key) return [each]
    const id = `${key.type} ${key.blob}`
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
