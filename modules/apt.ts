import { z } from 'zod'
import { defineModule, saidOnce, want } from '../lib/resource.ts'
import { debKey, packageFile, packageSpec } from '../lib/module/package-arguments.ts'
import type { AptOptions } from '../lib/resources/apt/apt-get.ts'
import { aptResource } from '../lib/resources/apt/apt.ts'
import { packageListsResource } from '../lib/resources/apt/package-lists.ts'
import { formatPackageSpec, qualifiedName } from '../lib/resources/apt/package-spec.ts'
import { installedOf, planAbsent } from '../lib/resources/apt/plan-absent.ts'
import { planDeb } from '../lib/resources/apt/plan-deb.ts'
import { planPackages } from '../lib/resources/apt/plan-packages.ts'

const boolean = z.boolean('must be true or false')
const args = z.strictObject({
  /** Packages; a version after `=` (with `*` for any end) or `>=`. @default [] */
  packages: z.array(packageSpec, 'must be a list of packages, as in [\'nginx\', \'foo=1.0.*\']').superRefine(saidOnce('package', qualifiedName, formatPackageSpec)).default([]),
  /** Package files to install with their dependencies. @default [] */
  debs: z.array(packageFile).default([]),
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
  /**
   * Unpack without waiting for the disk, which is only written at the end. If the host loses power
   * before that, its packages may be damaged: only for a host that can be set up again from blank.
   * @default false
   */
  unsafeIo: boolean.default(false),
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
 * `dpkg_options` (`unsafeIo`) and `update_cache_retries` (not needed), `policy_rc_d`
 * (`startServices`), `force_apt_get`, `auto_install_module_deps` (no Python is used), `clean`,
 * `build-dep`, `fixed` (not states of named packages), and wildcards in names. Not supported from
 * pyinfra: `extra_install_args`. Sources: apt-get(8), dpkg(1), apt_preferences(5).
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
      allowChangeHeld: given.allowChangeHeld, failOnRemove: given.failOnRemove, purge: given.purge, autoremove: given.autoremove, unsafeIo: given.unsafeIo,
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
