import { z } from 'zod'
import { defineModule, packages, want } from '../lib/index.ts'

const packageName = z.string('must be a list of package names').regex(/^[a-z0-9][a-z0-9.+-]+(:[a-z0-9-]+)?$/, 'must be the name of a Debian package, as in \'nginx\'')

const args = z.strictObject({
  /** Names of packages. */
  packages: z.array(packageName, 'must be a list of package names, as in [\'nginx\']'),
  /** @default 'present' */
  state: z.enum(['present', 'absent'], 'must be \'present\' or \'absent\'').default('present'),
  /** Install what the packages recommend too. @default false */
  recommends: z.boolean('must be true or false').default(false),
  /** false: services of the packages are not started by them, so that nothing listens before it is configured. @default true */
  startServices: z.boolean('must be true or false').default(true),
  /** Seconds to wait for dpkg's and apt's locks. @default 60 */
  lockTimeoutSeconds: z.int().min(0).default(60),
  /** Package lists older than this (seconds) are fetched anew before something is installed. @default 86400 */
  cacheValidSeconds: z.int().min(0).default(86400),
})

/**
 * Debian packages, installed or not; all of a task are installed by one call of apt-get. Configuration files that were changed are kept.
 * Source: apt-get(8).
 *
 * @example
 * apt({ packages: ['nginx', 'curl'] })
 */
export const apt = defineModule({
  name: 'apt',
  args,
  plan: given => ({
    wants: given.packages.map(name => want(packages, {
      name, recommends: given.recommends, startsServices: given.startServices,
      lockTimeoutSeconds: given.lockTimeoutSeconds, cacheValidSeconds: given.cacheValidSeconds,
    }, given.state === 'present' ? {} : null)),
  }),
})
