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
  /** A file of the controller, which is pushed. */
  source: z.string().min(1).optional(),
  /** A file that is on the host. */
  path: z.string().startsWith('/', 'must be an absolute path').optional(),
  /** What the host fetches. */
  url: z.string().regex(/^(https?|file):\/\/?\S+$/, 'must be a URL').refine(text => !hasPassword(text), 'must hold no password: every user of the host would see it while it is fetched').optional(),
  /** Of what the URL gives; needed for one of http, which anybody in between can answer. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits').optional(),
}).refine(({ source, path, url }) => [source, path, url].filter(each => each !== undefined).length === 1, 'must have one of source, path and url')
  .refine(({ url, sha256 }) => !url?.startsWith('http:') || sha256 !== undefined, { path: ['sha256'], message: 'must be given for what is fetched by http' })

const args = z.strictObject({
  /** Packages; a version after `=` (with `*` for any end) or `>=`. @default [] */
  packages: z.array(packageSpec, 'must be a list of packages, as in [\'nginx\', \'foo=1.0.*\']').superRefine(saidOnce('package', qualifiedName, formatPackageSpec)).default([]),
  /** Package files to install with what they depend on. @default [] */
  debs: z.array(file).default([]),
  /** `latest`: the newest version that apt would take by the lists there are. @default 'present' */
  state: z.enum(['present', 'latest', 'absent'], 'must be \'present\', \'latest\' or \'absent\'').default('present'),
  /** With `absent`: remove configuration files too. @default false */
  purge: boolean.default(false),
  /** Install what the packages recommend too. @default false */
  recommends: boolean.default(false),
  /** false: services of the packages are not started by them, so that nothing listens before it is configured. @default true */
  startServices: boolean.default(true),
  /** Leave out packages that are not installed. @default false */
  onlyUpgrade: boolean.default(false),
  /** Let a package go back to a lower version. @default false */
  allowDowngrade: boolean.default(false),
  /** Change a held package too; it stays held. @default false */
  allowChangeHeld: boolean.default(false),
  /** Fail where a package would have to be removed that the task does not name. @default true, but for upgrade: 'full' */
  failOnRemove: boolean.optional(),
  /** The release to prefer, as `apt-get -t`. @default as apt is configured */
  release: z.string().regex(/^[\w.=-]+$/, 'must be a release, as in \'bookworm-backports\'').optional(),
  /** Fetch the package lists first when they are too old, even if nothing is to be installed. @default false */
  updateCache: boolean.default(false),
  /** Lists older than this (seconds), or than the sources, are fetched anew before something is installed. @default 86400 */
  cacheValidSeconds: z.int().min(60, 'must be 60 at least: younger lists are fresh').default(86400),
  /** Bring all packages to their newest versions; `safe` removes none. @default no */
  upgrade: z.enum(['safe', 'full'], 'must be \'safe\' or \'full\'').optional(),
  /** Remove what was installed for other packages and is needed no more. @default false */
  autoremove: boolean.default(false),
  /** Delete downloaded packages that can be had no more. @default false */
  autoclean: boolean.default(false),
  /** Seconds to wait for another process that holds a lock of dpkg or apt. @default 60 */
  lockTimeoutSeconds: z.int().min(0).default(60),
})

/**
 * Debian packages: installed or not, in which versions; all of a task by one call of apt-get, which can ask nothing. Configuration that was
 * changed is kept. A package that was installed for another only is marked as asked for. A virtual package is there when one that provides
 * it is. What is half installed is finished first. What apt does besides (dependencies, upgrades, removals) is shown by name and version where the
 * package lists are fresh; no package goes that the task does not name, unless `failOnRemove: false` allows it. Left out of Ansible's arguments: `force`, `allow_unauthenticated` (see `trusted` of
 * apt-repository), `dpkg_options` and `update_cache_retries` (what they are for is done), `policy_rc_d` (`startServices`), `force_apt_get`,
 * `auto_install_module_deps` (no Python is used), `clean`, `build-dep`, `fixed` (no states of packages that are named), and wildcards in
 * names; of pyinfra's, `extra_install_args`. Sources: apt-get(8), dpkg(1), apt_preferences(5).
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

/** Of a package with a version only that version is to go. */
async function planAbsent(specs: readonly PackageSpec[], options: AptOptions, host: HostView): Promise<Want[]> {
  const states = await Promise.all(specs.map(each => host.current(packageResource, { name: qualifiedName(each), options })))
  const chosen = specs.map((spec, index) => ({ spec, name: qualifiedName(spec), current: states[index] ?? null }))
    .filter(({ spec, current }) => current === null || meets(spec, current.version))
  for (const { name, current } of chosen) if (current?.status !== 'config-files') refuseHeld(name, current, options)
  const going = chosen.filter(({ name, current }) => packageResource.compare?.({ name, options }, current, null).length).map(({ name }) => name)
  // apt has no plan where something must be installed anew first; that goes by dpkg.
  const plain = chosen.every(({ current }) => current?.status !== 'half-installed')
  const more = going.length > 0 && plain ? await besides('remove', going, going, options, host) : []
  return [...chosen.map(({ name }) => want(packageResource, { name, options }, null)), ...more]
}

/** Names of packages that are there, and may have a newer version once the lists are fresh. */
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
