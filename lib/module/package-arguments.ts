import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { hasPassword } from './arguments.ts'
import { findSource } from './render.ts'
import type { AptOptions } from '../resources/apt/apt-get.ts'
import type { DebKey } from '../resources/apt/deb.ts'
import { parsePackageSpec, type PackageSpec } from '../resources/apt/package-spec.ts'
import { Content } from '../state/content.ts'

/** A package as a task names it. */
export const packageSpec = z.string('must be a package, as in \'nginx\', \'nginx=1.22.*\' or \'nginx>=1.20\'').transform((text, context): PackageSpec => {
  const parsed = parsePackageSpec(text.trim())
  if (parsed) return parsed
  context.addIssue('must be a package, as in \'nginx\', \'nginx=1.22.*\', \'nginx>=1.20\' or \'libc6:arm64\'')
  return z.NEVER
})

/** A package file as a task gives it. */
export const packageFile = z.strictObject({
  /** A file on the controller, which is copied to the host. */
  source: z.string().min(1).optional(),
  /** A file on the host. */
  path: z.string().startsWith('/', 'must be an absolute path').optional(),
  /** A URL that the host fetches. */
  url: z.string().regex(/^(https?|file):\/\/?\S+$/, 'must be a URL').refine(text => !hasPassword(text), 'must not contain a password: every user of the host would see it during the download').optional(),
  /** SHA-256 of the download; required for http, which anybody in the middle can answer. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits').optional(),
}).refine(({ source, path, url }) => [source, path, url].filter(each => each !== undefined).length === 1, 'must have one of source, path and url')
  .refine(({ url, sha256 }) => !url?.startsWith('http:') || sha256 !== undefined, { path: ['sha256'], message: 'must be given for what is fetched by http' })

/** A package file of a task; one of the controller is read, to know its checksum. */
export function debKey({ source, path, url, sha256 }: z.output<typeof packageFile>, options: AptOptions): DebKey {
  if (path !== undefined) return { source: { path }, options }
  if (url !== undefined) return { source: { url, sha256 }, options }
  const bytes = readFileSync(findSource(source ?? ''))
  return { source: { name: source ?? '', sha256: Content.of(bytes).sha256, bytes: () => bytes }, options }
}
