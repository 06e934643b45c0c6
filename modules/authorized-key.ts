import { z } from 'zod'
import { Content, contradictions, defineModule, filePath, name, PlaybookError, ReadError, want } from '../lib/resource.ts'
import { planParents } from '../lib/module/plan-file.ts'
import { fileResource, type FileKey } from '../lib/resources/files/file.ts'
import { editKeys, keyIdentity, parseKey } from '../lib/resources/users/authorized-keys.ts'
import { userResource } from '../lib/resources/users/user.ts'

const key = z.string().refine(text => !/[\r\n\0]/.test(text.trim()) && parseKey(text.trim()) !== undefined, 'must be one public key, as in \'ssh-ed25519 AAAA… me@here\'')

/** The key in a line, for lines that are valid. */
function idOf(text: string): string {
  const parsed = parseKey(text.trim())
  return parsed ? keyIdentity(parsed) : text
}

const args = z.strictObject({
  /** The user who may log in with the keys. */
  user: name,
  /** Lines of authorized_keys: options (optional), type, key, comment. Each key once. */
  keys: z.array(key, 'must be a list of public keys'),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Remove all other keys from the file. @default false */
  exclusive: z.boolean('must be true or false').default(false),
  /**
   * The file; missing parent directories are created for root, mode 0755, as others may use them
   * too.
   * @default .ssh/authorized_keys in the user's home directory
   */
  path: filePath.optional(),
}).superRefine(({ keys, state, exclusive }, context) => {
  const issue = (message: string) => context.addIssue({ code: 'custom', path: ['exclusive'], message })
  if (exclusive && state === 'absent') issue('makes sense only with keys that are present')
  if (exclusive && keys.length === 0) issue('must name the keys that are to stay: without any, nobody could log in')
  // For removal, the key alone matters.
  const twice = state === 'absent' ? [] : contradictions(keys, 'key', idOf, text => text.trim())
  for (const { index, message } of twice) context.addIssue({ code: 'custom', path: ['keys', index], message })
})

/**
 * Public keys that may log in as a user. A key is identified by its body: with other options or
 * another comment its line is replaced. Commented-out keys are left alone. The file and .ssh are
 * accessible to the user only; a symbolic link in their place is refused, since the user could
 * point it anywhere. The module `user` creates a missing home directory. Not supported from
 * Ansible's `authorized_key`: `key_options` and `comment` (part of the key's line), `manage_dir`
 * (it always is), `validate_certs` (keys are not fetched), `follow`. Source: sshd(8).
 *
 * @example
 * authorizedKey({ user: 'root', keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8kqsCzVTvPhXNXb0yAVVhCZWjUnXGyGjdZJvEYzUzt me@here'] })
 */
export const authorizedKey = defineModule({
  name: 'authorized-key',
  args,
  async plan({ user, keys, state, exclusive, path: given }, host) {
    const guess = user === 'root' ? '/root' : `/home/${user}`
    // An edit of the current content: a concurrent change is detected and not overwritten.
    const keyOf = (path: string): FileKey => ({ path, content: 'always', noFollow: true, madeFrom: 'what is there' })
    const look = (path: string) => Promise.all([
      host.current(fileResource, keyOf(path)), host.current(fileResource, { path: path.replace(/\/[^/]*$/, ''), noFollow: true }),
    ])
    // The usual home directory is read together with the user: one round trip instead of two.
    const [account, usual, parents] = await Promise.all([
      host.current(userResource, { name: user }), look(given ?? `${guess}/.ssh/authorized_keys`), given !== undefined && state === 'present' ? planParents(host, given) : [],
    ])
    if (!account) throw new ReadError(`There is no user ${user}.`, { hint: 'An earlier task can create it (user).' })
    const path = given ?? `${account.home ?? guess}/.ssh/authorized_keys`
    const [current, directory] = given === undefined && account.home !== undefined && account.home !== guess ? await look(path) : usual
    if (current && current.type !== 'file') throw new ReadError(`${path} is a ${current.type} but should be a file: move it away first.`)
    if (given === undefined && directory && directory.type !== 'directory') throw new ReadError(`The directory of ${path} is a ${directory.type}: move it away first.`)
    const present = state === 'present'
    if (!present && !current) return { wants: [] }
    if (given === undefined && account.homeDirectory === 'missing' && !(await host.current(fileResource, { path: account.home })) && !host.anythingPending()) {
      throw new PlaybookError(`${account.home}, the home directory of ${user}, does not exist.`, { hint: 'Create it in an earlier task (user, with createHome: true), or give a path for the keys.' })
    }
    if (current?.content && !current.content.bytes) throw new ReadError(`${path} is too large to be a list of keys.`)
    // Bytes that are not UTF-8 stay as they are.
    const lines = keys.map(key => Buffer.from(key).toString('latin1'))
    const content = Content.of(Buffer.from(editKeys(current?.content?.bytes?.toString('latin1') ?? '', lines, { present, exclusive }), 'latin1'))
    const owner = { owner: user, group: account.group }
    const above = given !== undefined ? parents : [want(fileResource, { path: path.replace(/\/[^/]*$/, ''), noFollow: true }, { type: 'directory', mode: '0700', ...owner })]
    return { wants: [...above, want(fileResource, keyOf(path), { type: 'file', content, mode: '0600', ...owner })] }
  },
})
