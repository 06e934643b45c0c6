import { z } from 'zod'

const schema = z.object({
  url: z.string(),
  subdirectory: z.string().optional(),
  vcs_info: z.object({ vcs: z.string(), requested_revision: z.string().optional(), commit_id: z.string() }).optional(),
  dir_info: z.object({ editable: z.boolean().optional() }).optional(),
  archive_info: z.object({ hash: z.string().optional(), hashes: z.record(z.string(), z.string()).optional() }).optional(),
})

/**
 * Whether an installed distribution's direct_url.json matches a requirement's URL: repository and
 * revision, or archive and, if the URL has one, hash. Source: PEP 610.
 *
 * @example comesFrom('{"url":"https://example.org/a.zip","archive_info":{}}', 'https://example.org/a.zip') // true
 */
export function comesFrom(directUrl: string | undefined, wanted: string): boolean {
  const parsed = schema.safeParse(parse(directUrl ?? ''))
  if (!parsed.success) return false
  const { url, vcs_info: vcs, subdirectory, archive_info: archive } = parsed.data
  const [address = '', fragment = ''] = wanted.split('#')
  const fragmentParameters = new URLSearchParams(fragment)
  if ((fragmentParameters.get('subdirectory') ?? undefined) !== subdirectory) return false
  const bare = (text: string) => text.replace(/^([a-z]+:\/\/)[^/@]*@/, '$1').replace(/\/$/, '')
  const [, kind, rest = ''] = /^(git|hg|svn|bzr)\+(.*)$/.exec(address) ?? []
  if (kind === undefined) {
    const known = new Map(Object.entries(archive?.hashes ?? {}))
    const [name = '', value] = archive?.hash?.split('=') ?? []
    if (value !== undefined) known.set(name, value)
    const mismatch = ['sha256', 'sha384', 'sha512'].some(algorithm => fragmentParameters.has(algorithm) && known.has(algorithm) && known.get(algorithm) !== fragmentParameters.get(algorithm))
    return vcs === undefined && !mismatch && bare(url) === bare(address)
  }
  const [, repository = rest, revision] = /^([a-z]+:\/\/[^@]*)@(.+)$/.exec(bare(rest)) ?? []
  return vcs?.vcs === kind && bare(url) === bare(repository) && (revision === vcs.requested_revision || revision === vcs.commit_id)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
