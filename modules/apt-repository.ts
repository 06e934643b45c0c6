import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Content, defineModule, fileMode, filePath, hasPassword, namedOnce, PlaybookError, want, type Want } from '../lib/resource.ts'
import { findSource } from '../lib/module/render.ts'
import { formatSource, sourceFileName } from '../lib/resources/apt/sources.ts'
import { fetchedFileResource } from '../lib/resources/files/fetched-file.ts'
import { fileResource } from '../lib/resources/files/file.ts'

const word = (what: string) => z.string().regex(/^[^\s]+$/, `must be ${what}, without blanks`)
const boolean = z.boolean('must be true or false')

const signedBy = z.union([
  filePath,
  /** Armoured text or bytes. */
  z.strictObject({ key: z.union([z.string().includes('-----BEGIN PGP PUBLIC KEY BLOCK-----', 'must be an armoured key; a binary one is given as bytes'), z.instanceof(Uint8Array)]) }),
  /** A file on the controller. */
  z.strictObject({ source: z.string().min(1) }),
  /** A URL that the host fetches; armoured unless it ends in .gpg. */
  z.strictObject({ url: z.string().regex(/^(https?|file):\/\/?\S+$/, 'must be a URL').refine(text => !hasPassword(text), 'must not contain a password: every user of the host would see it during the download'), sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits') }),
], 'must be a path on the host, { key }, { source } or { url, sha256 }')

const args = z.strictObject({
  /** Names the file: 'a b c' is /etc/apt/sources.list.d/a-b-c.sources. */
  name: z.string().refine(name => sourceFileName(name) !== '', 'must contain a letter or a digit'),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** @default ['deb'] */
  types: z.array(z.enum(['deb', 'deb-src'], 'must be \'deb\' or \'deb-src\'')).min(1).default(['deb']),
  /** Its addresses. Required for `present`. */
  uris: z.array(word('a URI').refine(text => !hasPassword(text), 'must not contain a password: every user of the host may read the file; see apt_auth.conf(5)')).default([]),
  /** Suites, or a path that ends in a slash. Required for `present`. */
  suites: z.array(word('a suite, as in \'bookworm\'')).default([]),
  /** Must be omitted where the suite is a path. @default [] */
  components: z.array(word('a component, as in \'main\'')).default([]),
  /** @default those of the host */
  architectures: z.array(word('an architecture, as in \'amd64\'')).default([]),
  /**
   * Its signing key: a keyring on the host, or a key to put into /etc/apt/keyrings.
   * @default any key that apt trusts
   */
  signedBy: signedBy.optional(),
  /** @default true */
  enabled: boolean.default(true),
  /**
   * Accept it without a signature: anybody in the middle can then install anything.
   * @default false
   */
  trusted: boolean.default(false),
  /** Refuse indexes that are too old. @default as apt is configured */
  checkValidUntil: boolean.optional(),
  /** Languages of descriptions. @default as apt is configured */
  languages: z.array(word('a language')).default([]),
  /** Further fields of sources.list(5), by name. @default {} */
  fields: z.record(z.string().regex(/^[A-Z][A-Za-z-]+$/, 'must be the name of a field, as in \'PDiffs\''), z.string()).superRefine(namedOnce('field', field => field.toLowerCase())).default({}),
  /** Mode of the file. @default '0644' */
  mode: fileMode.default('0644'),
}).superRefine(({ state, uris, suites, components }, context) => {
  if (state === 'absent') return
  if (uris.length === 0) context.addIssue({ code: 'custom', path: ['uris'], message: 'must name at least one URI' })
  if (suites.length === 0) context.addIssue({ code: 'custom', path: ['suites'], message: 'must name at least one suite' })
  const paths = suites.some(suite => suite.endsWith('/'))
  if (paths && components.length > 0) context.addIssue({ code: 'custom', path: ['components'], message: 'must be left out where a suite is a path' })
  if (!paths && suites.length > 0 && components.length === 0) context.addIssue({ code: 'custom', path: ['components'], message: 'must name at least one component, unless the suite is a path that ends in a slash' })
})

/**
 * A source of packages, as a deb822 file of its own; one-line `.list` files are left alone. A
 * changed source makes the package lists outdated, so the next `apt` task that installs something
 * fetches them. Not supported from Ansible's deb822_repository: `allow_insecure`, `allow_weak` and
 * `allow_downgrade_to_insecure` (use `trusted`), `install_python_debian` (no Python is used); put
 * rare options, and a fingerprint in `signed_by`, into `fields`. Not supported from apt_repository:
 * `repo` as one line, `codename`, `update_cache`, and keys for all sources. Sources:
 * sources.list(5), apt-secure(8).
 *
 * @example
 * aptRepository({ name: 'backports', uris: ['http://deb.debian.org/debian'], suites: ['bookworm-backports'], components: ['main'], signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg' })
 */
export const aptRepository = defineModule({
  name: 'apt-repository',
  args,
  plan(given) {
    const name = sourceFileName(given.name)
    const path = `/etc/apt/sources.list.d/${name}.sources`
    if (given.state === 'absent') {
      return { wants: [path, keyring(name, true), keyring(name, false)].map(each => want(fileResource, { path: each, noFollow: true }, null)) }
    }
    const key = given.signedBy === undefined ? undefined : planKey(name, given.signedBy)
    const content = Content.of(formatSource([
      ['X-Repolib-Name', given.name], ['Types', [...new Set(given.types)].sort()], ['URIs', given.uris], ['Suites', given.suites], ['Components', given.components],
      ['Architectures', given.architectures], ['Languages', given.languages], ['Signed-By', key?.path], ['Enabled', given.enabled ? undefined : false],
      ['Trusted', given.trusted ? true : undefined], ['Check-Valid-Until', given.checkValidUntil], ...Object.entries(given.fields).sort(([one], [other]) => (one < other ? -1 : 1)),
    ]))
    return { wants: [...(key?.wants ?? []), want(fileResource, { path, content: { unless: content.askedBy } }, { type: 'file', content, mode: given.mode, owner: 'root', group: 'root' })] }
  },
})

/** apt recognises armoured keys by their file extension. */
function keyring(name: string, armoured: boolean): string {
  return `/etc/apt/keyrings/${name}.${armoured ? 'asc' : 'gpg'}`
}

function planKey(name: string, given: z.output<typeof signedBy>): { path: string; wants: Want[] } {
  if (typeof given === 'string') return { path: given, wants: [] }
  if ('url' in given) {
    const path = keyring(name, !given.url.endsWith('.gpg'))
    return { path, wants: [want(fetchedFileResource, { path, url: given.url }, { sha256: given.sha256, mode: '0644' })] }
  }
  const content = Content.of('key' in given ? given.key : readFileSync(findSource(given.source)))
  if (content.size === 0) throw new PlaybookError(`The key of the repository ${name} is empty.`)
  const path = keyring(name, content.bytes?.includes('-----BEGIN PGP') ?? false)
  return { path, wants: [want(fileResource, { path, content: { unless: content.askedBy }, parents: true }, { type: 'file', content, mode: '0644', owner: 'root', group: 'root' })] }
}
