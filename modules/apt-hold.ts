import { z } from 'zod'
import { defineModule, want } from '../lib/resource.ts'
import { packageHoldResource } from '../lib/resources/apt/package-hold.ts'
import { packageResource as installed } from '../lib/resources/apt/package.ts'
import { planPackages } from '../lib/resources/apt/plan-packages.ts'

const args = z.strictObject({
  /** Names of packages. */
  packages: z.array(z.string().regex(/^[a-z0-9][a-z0-9.+-]+(:[a-z0-9-]+)?$/, 'must be the name of a package, without a version'), 'must be a list of names'),
  /** `held`: no upgrade changes it; `released`: it may change again. @default 'held' */
  state: z.enum(['held', 'released'], 'must be \'held\' or \'released\'').default('held'),
})

/**
 * Holds packages at their version, or releases them. A package that apt does not know cannot be
 * held. Not supported from Ansible's dpkg_selections: the selections `deinstall` and `purge` (see
 * `state` and `purge` of apt). Source: apt-mark(8).
 *
 * @example
 * aptHold({ packages: ['base-files'] })
 */
export const aptHold = defineModule({
  name: 'apt-hold',
  args,
  async plan({ packages, state }, host) {
    const held = state === 'held'
    const wants = packages.map(name => want(packageHoldResource, { name }, { held }))
    if (!held) return { wants }
    await Promise.all(packages.map(async text => {
      const [name = '', architecture] = text.split(':')
      // For a package that is not installed, apt is asked whether it exists.
      const [current] = await Promise.all([
        host.current(installed, { name: text, options: {} }), host.current(packageHoldResource, { name: text }),
        planPackages([{ name, architecture }], { state: 'present', onlyUpgrade: false, options: { allowChangeHeld: true } }, host),
      ])
      return current
    }))
    return { wants }
  },
})
