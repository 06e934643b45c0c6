import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Content, defineModule, hasPassword, saidOnce, want, type HostView, type Want } from '../lib/resource.ts'
import { findSource } from '../lib/module/render.ts'
import type { AptOptions } from '../lib/resources/apt/apt-get.ts'
import { aptResource } from '../lib/resources/apt/apt.ts'
import { besides } from '../lib/resources/apt/besides.ts'
import type { DebKey } from '../lib/resources/apt/deb.ts'
import { packageListsResource } from '../lib/resources/apt/package-lists.ts'
import { packageResource } from '../lib/resources/apt/package.ts'
import { planDeb } from '../lib/resources/apt/plan-deb.ts'
import { planPackages, refuseHeld } from '../lib/resources/apt/plan-packages.ts'
import { formatPackageSpec, meets, parsePackageSpec, qualifiedName, type PackageSpec } from '../lib/resources/apt/package-spec.ts'

const boolean = z.boolean('must be true or false')
const packageSpec = z.string('must be a package, as in \'nginx\', \'nginx=1.22.*\' or \'nginx>=1.20\'').transform((text, context): PackageSpec => {
  const parsed = parsePackageSpec(text.trim())
  if (parsed) return parsed
  context.addIssue('must be a package, as in \'nginx\', \'nginx=1.22.*\', \'nginx>=1.20\' or \'libc6:arm64\'')
  return z.NEVER
})
const file = z.strictObject({
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

const args = z.strictObject({
  /** Packages; a version after `=` (with `*` for any end) or `>=`. @default [] */
  packages: z.array(packageSpec, 'must be a list of packages, as in [\'nginx\', \'foo=1.0.*\']').superRefine(saidOnce('package', qualifiedName, formatPackageSpec)).default([]),
  /** Package files to install with their dependencies. @default [] */
  debs: z.array(file).default([]),
  /**
   * `latest`: the newest version that apt would install from the current lists.
   * @default 'present'
   */
  state: z.enum(['present', 'latest', 'absent'], 'must be \'present\', \'latest\' or \'absent\'').default('present'),
  /** With `absent`: remove configuration files too. @default false */
  purge: boolean.default(false),
  /** Install recommended packages too. @default false */
  recommends: boolean.default(false),
  /**
   * false: the packages do not start their services, so that nothing listens before it is
   * configured.
   * @default true
   */
  startServices: boolean.default(true),
  /** Skip packages that are not installed. @default false */
  onlyUpgrade: boolean.default(false),
  /** Allow a lower version to replace a higher one. @default false */
  allowDowngrade: boolean.default(false),
  /** Change a held package too; it stays held. @default false */
  allowChangeHeld: boolean.default(false),
  /**
   * Fail where apt would remove a package that the task does not name.
   * @default true, but for upgrade: 'full'
   */
  failOnRemove: boolean.optional(),
  /** The release to prefer, as `apt-get -t`. @default as apt is configured */
  release: z.string().regex(/^[\w.=-]+$/, 'must be a release, as in \'bookworm-backports\'').optional(),
  /**
   * Fetch the package lists first when they are too old, even if nothing is to be installed.
   * @default false
   */
  updateCache: boolean.default(false),
  /**
   * Lists older than this (seconds), or than the sources, are fetched again before an installation.
   * @default 86400
   */
  cacheValidSeconds: z.int().min(60, 'must be at least 60: newer lists count as fresh').default(86400),
  /** Upgrade all packages; `safe` removes none. @default no */
  upgrade: z.enum(['safe', 'full'], 'must be \'safe\' or \'full\'').optional(),
  /** Remove automatically installed packages that are no longer needed. @default false */
  autoremove: boolean.default(false),
  /** Delete downloaded packages that are no longer available. @default false */
  autoclean: boolean.default(false),
  /** Seconds to wait for another process that holds the lock of dpkg or apt. @default 60 */
  lockTimeoutSeconds: z.int().min(0).default(60),
})

/**
 * Installs, upgrades and removes Debian packages, all of a task in one non-interactive call of
 * apt-get. Changed configuration files are kept. Automatically installed packages that the task
 * names are marked as manually installed. A virtual package counts as installed when a package that
 * provides it is. Half-installed packages are finished first. What else apt does (dependencies,
 * upgrades, removals) is shown by name and version where the package lists are fresh; a package
 * that the task does not name is removed only with `failOnRemove: false`. Not supported from
 * Ansible's `apt`: `force`, `allow_unauthenticated` (see `trusted` of apt-repository),
 * `dpkg_options` and `update_cache_retries` (not needed), `policy_rc_d` (`startServices`),
 * `force_apt_get`, `auto_install_module_deps` (no Python is used), `clean`, `build-dep`, `fixed`
 * (not states of named packages), and wildcards in names. Not supported from pyinfra:
 * `extra_install_args`. Sources: apt-get(8), dpkg(1), apt_preferences(5).
 *
 * @example
 * apt({ packages: ['tree'], recommends: false })
 */
export const apt = defineModule({
  name: 'apt',
  args,
  async plan(given, host) {
    const options: AptOptions = {
      recommends: given.recommends, startServices: given.startServices, lockTimeoutSeconds: given.lockTimeoutSeconds,
      cacheValidSeconds: given.cacheValidSeconds, release: given.release, allowDowngrade: given.allowDowngrade,
      allowChangeHeld: given.allowChangeHeld, failOnRemove: given.failOnRemove, purge: given.purge, autoremove: given.autoremove,
    }
    const upgradeOptions = { ...options, failOnRemove: given.failOnRemove ?? given.upgrade !== 'full' }
    const { state, onlyUpgrade, upgrade } = given
    const wanted = state === 'absent' ? planAbsent(given.packages, options, host) : planPackages(given.packages, { state, onlyUpgrade, options }, host)
    const debs = Promise.all(given.debs.map(each => planDeb(debKey(each, options), host)))
    const thenInstall = state === 'latest' ? await installedOf(given.packages, options, host) : undefined
    return {
      wants: [
        ...(given.updateCache ? [want(packageListsResource, { options: upgrade ? upgradeOptions : options, thenInstall, thenUpgrade: upgrade }, { fresh: true })] : []),
        ...await wanted,
        ...await debs,
        ...(upgrade ? [want(aptResource, { work: upgrade === 'safe' ? 'upgrade' : 'full-upgrade', options: upgradeOptions }, { pending: {} })] : []),
        ...(given.autoremove ? [want(aptResource, { work: 'autoremove', options }, { pending: {} })] : []),
        ...(given.autoclean ? [want(aptResource, { work: 'autoclean', options }, { pending: {} })] : []),
      ],
    }
  },
})

/** With a version, only that version is removed. */
async function planAbsent(specs: readonly PackageSpec[], options: AptOptions, host: HostView): Promise<Want[]> {
  const states = await Promise.all(specs.map(each => host.current(packageResource, { name: qualifiedName(each), options })))
  const chosen = specs.map((spec, index) => ({ spec, name: qualifiedName(spec), current: states[index] ?? null }))
    .filter(({ spec, current }) => current === null || meets(spec, current.version))
  for (const { name, current } of chosen) if (current?.status !== 'config-files') refuseHeld(name, current, options)
  const going = chosen.filter(({ name, current }) => packageResource.compare?.({ name, options }, current, null).length).map(({ name }) => name)
  // apt has no plan where something must be reinstalled first; dpkg handles that.
  const plain = chosen.every(({ current }) => current?.status !== 'half-installed')
  const more = going.length > 0 && plain ? await besides('remove', going, going, options, host) : []
  return [...chosen.map(({ name }) => want(packageResource, { name, options }, null)), ...more]
}

/** Names of installed packages that may have a newer version once the lists are fresh. */
async function installedOf(specs: readonly PackageSpec[], options: AptOptions, host: HostView): Promise<string[]> {
  const names = specs.filter(({ operator }) => operator !== '=').map(qualifiedName)
  const states = await Promise.all(names.map(name => host.current(packageResource, { name, options })))
  return names.filter((_, index) => states[index]?.status === 'installed')
}

function debKey({ source, path, url, sha256 }: z.output<typeof file>, options: AptOptions): DebKey {
  if (path !== undefined) return { source: { path }, options }
  if (url !== undefined) return { source: { url, sha256 }, options }
  const bytes = readFileSync(findSource(source ?? ''))
  return { source: { name: source ?? '', sha256: Content.of(bytes).sha256, bytes: () => bytes }, options }
}
