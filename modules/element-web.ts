import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { absolutePath, Content, defineModule, hasPassword, PlaybookError, want } from '../lib/resource.ts'
import { findUnpacked, planUnpacked } from '../lib/module/plan-unpacked.ts'
import { findSource, renderTemplate } from '../lib/module/render.ts'
import { fileResource } from '../lib/resources/files/file.ts'

const args = z.strictObject({
  /**
   * The release archive: a URL that the host fetches, or a file on the controller that is copied to
   * it.
   */
  archive: z.string().min(1, 'must be a URL or a file').refine(text => !hasPassword(text), 'must not contain a password: every user of the host would see it during the download'),
  /** SHA-256 of the archive. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits').transform(digits => digits.toLowerCase()),
  /** Where it is served from. @default '/var/www/element' */
  directory: absolutePath.default('/var/www/element'),
  /** Template of its config.json. */
  config: z.string().min(1),
  /** Variables of the template. @default {} */
  vars: z.record(z.string(), z.unknown()).default({}),
  /** A SOCKS proxy to fetch the archive through, as in '127.0.0.1:9050'. */
  socks: z.string().regex(/^[\w.-]+:\d+$/, 'must be host:port').optional(),
})

/**
 * Element Web: its release, unpacked and swapped in atomically, and its config.json. Docker and the
 * Debian package are not supported: this runs nothing of Element's on the host. Neither Ansible nor
 * pyinfra has a module for it. Source: Element's docs/install.md, docs/config.md.
 *
 * @example
 * elementWeb({ archive: 'element.tar.gz', sha256: 'aac686be0ac1d441dbab733c716a8750d01e0100e7b7a008a64b80ccb5f620a1', config: 'element-config.json.eta', vars: { server: 'matrix.example' } })
 */
export const elementWeb = defineModule({
  name: 'element-web',
  args,
  async plan({ archive, sha256, directory, config, vars, socks }, host) {
    const url = /^https?:\/\//.test(archive)
    const pushed = url ? undefined : readArchive(archive, sha256)
    const source = pushed ? { bytes: () => pushed } : { url: archive, socks }
    const content = renderTemplate(config, vars)
    checkJson(config, content)
    const written = { path: `${directory}/config.json`, content: { unless: content.askedBy } }
    // Everything is read at once, though planning needs only the first answer.
    const [found] = await Promise.all([findUnpacked(host, { directory, keep: ['config.json'], keepWins: true, strip: 1, source }), host.current(fileResource, written)])
    return {
      wants: [
        ...planUnpacked(found, { sha256 }),
        want(fileResource, written, { type: 'file', content, mode: '0644', owner: 'root', group: 'root' }),
      ],
    }
  },
})

const archives = new Map<string, Buffer>()

function readArchive(archive: string, sha256: string): Buffer {
  const path = findSource(archive)
  const bytes = archives.get(path) ?? readFileSync(path)
  archives.set(path, bytes)
  const found = Content.of(bytes).sha256
  if (found !== sha256) throw new PlaybookError(`The checksum of ${archive} is ${found} but should be ${sha256}.`, { hint: 'Fetch the archive again, or correct the checksum if you know better.' })
  return bytes
}

function checkJson(name: string, { bytes }: Content): void {
  try {
    JSON.parse(bytes?.toString() ?? '')
  } catch (error) {
    throw new PlaybookError(`${name} does not render to JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}
