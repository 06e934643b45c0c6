import { posix } from 'node:path'
import { z } from 'zod'
import { Content, defineModule, filePath, hasPassword } from '../lib/resource.ts'
import { checksumFrom, checksumList } from '../lib/module/checksums.ts'
import { planFile } from '../lib/module/plan-file.ts'
import { writtenFileArguments } from './file.ts'

/** Arguments of modules that download something with a checksum. */
export const checksumArguments = {
  /** Its SHA-256: 64 hexadecimal digits, optionally after `sha256:`. This or `checksums`. */
  sha256: z.string().transform(text => text.replace(/^sha256:/i, '').replace(/\.$/, '').toLowerCase()).pipe(z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits')).optional(),
  /**
   * A list of checksums that includes it: the text itself, a file on the controller, or a URL that
   * the controller fetches once per run.
   */
  checksums: z.string('must be text, a file or a URL').min(1).optional(),
  /** A SOCKS proxy on the host, which also resolves names, as in '127.0.0.1:9050'. */
  socks: z.string().regex(/^[\w.-]+:\d+$/, 'must be host:port').optional(),
}

/** A URL that curl fetches on the host. */
export const url = z.url({ protocol: /^(https?|ftp|file)$/, error: 'must be a URL, as in \'https://example.org/release.tar.gz\'' })
  .refine(text => !hasPassword(text), 'must not contain a password: every user of the host would see it during the download')

/** The checksum that the arguments give or lead to. */
export async function checksumOf({ sha256, checksums }: { sha256?: string; checksums?: string }, name: string): Promise<string> {
  return sha256 ?? checksumFrom(await checksumList(checksums ?? ''), name, checksums?.includes('\n') ? 'the list' : checksums)
}

/**
 * The file's name in a list of checksums.
 * @example nameIn('https://example.org/a%20b.tar') // 'a b.tar'
 */
export function nameIn(from: string): string {
  const name = posix.basename(new URL(from).pathname)
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}

const args = z.strictObject({
  url,
  path: filePath,
  ...checksumArguments,
  ...writtenFileArguments,
}).refine(({ sha256, checksums }) => (sha256 === undefined) !== (checksums === undefined), { path: ['sha256'], message: 'must be given, or else checksums' })

/**
 * A file that the host downloads with curl, identified by its SHA-256: a file with that checksum is
 * not fetched again. An interrupted download or one with another checksum leaves the old file. Not
 * supported from Ansible's `get_url`: downloads without a checksum, `force`, headers and
 * credentials (without a checksum, stead could not tell whether the file is right), checksums other
 * than SHA-256, `sha256sum` (obsolete), `decompress`, `tmp_dest`, `timeout`, `use_proxy`,
 * `http_agent`, client certificates, and a `dest` that is a directory (`path` is the file's own);
 * certificates are always checked.
 *
 * @example
 * apt({ packages: ['curl'] })
 * file({ path: '/srv/greeting', content: 'Hello.\n' })
 * download({ url: 'file:///srv/greeting', path: '/srv/fetched', sha256: 'a2c064616af4c66c576821616646bdfad5556a263b4b007847605118971f4389', mode: '0644' })
 */
export const download = defineModule({
  name: 'download',
  args,
  async plan({ url: from, path, sha256, checksums, socks, owner, group, mode, follow, ...key }, host) {
    const sum = await checksumOf({ sha256, checksums }, nameIn(from))
    const content = Content.known(sum, -1)
    return { wants: await planFile(host, { path, content: { unless: sum }, noFollow: !follow, source: { url: from, socks }, ...key }, { type: 'file', content, owner, group, mode }) }
  },
})
