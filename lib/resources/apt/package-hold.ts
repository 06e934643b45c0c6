import { z } from 'zod'
import { apply, read, readLines } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { aptFunctions, dpkgFunction } from './apt-get.ts'

export interface PackageHoldKey {
  /** With its architecture, if that is not the host's own. */
  name: string
}

export interface PackageHoldState {
  readonly [field: string]: boolean
  held: boolean
}

const schema = z.strictObject({ held: z.boolean() })

/** Whether a package is held. Sources: dpkg-query(1), apt-mark(8), hold. */
export const packageHoldResource: Resource<PackageHoldKey, PackageHoldState, z.infer<typeof schema>> = {
  kind: 'package-hold',
  schema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      script: readLines([dpkgFunction, read`for p in ${names}; do echo "$(of db:Status-Want "$p")"; done`]),
      parse: linePerKey(names, 'Could not query dpkg.', line => ({ held: line === 'hold' })),
    }
  },
  apply: ({ name }, _current, desired) => ({
    script: apply`${aptFunctions({})}
must apt-mark ${desired?.held ? 'hold' : 'unhold'} -- ${name}`,
  }),
  forecast: {
    sideEffects: ({ name }, desired) => {
      const held = desired?.held ?? false
      // For a package that is not installed, package-candidate says whether it is held.
      return [{ kind: 'package', identity: name, change: now => ({ ...now, held }) }, { kind: 'package-candidate', identity: '*', change: now => (now.name === name ? { ...now, held } : now) }]
    },
    mayChangeWith: ({ name }, made) => made.kind === 'package' && made.name === name && made.after === null,
  },
}
