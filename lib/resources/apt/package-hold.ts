import { z } from 'zod'
import { ReadError } from '../../errors.ts'
import { apply, read, readLines } from '../../shell/script.ts'
import type { Resource } from '../../state/resource.ts'
import { aptFunctions, dpkgFunction } from './apt-get.ts'

export interface PackageHoldKey {
  /** With its architecture where that is not the host's own. */
  name: string
}

export interface PackageHoldState {
  readonly [field: string]: boolean
  held: boolean
}

const schema = z.strictObject({ held: z.boolean() })

/** Whether dpkg keeps a package in its version. Sources: dpkg-query(1), apt-mark(8), hold. */
export const packageHoldResource: Resource<PackageHoldKey, PackageHoldState, z.infer<typeof schema>> = {
  kind: 'package-hold',
  selfContained: true,
  schema,
  identify: ({ name }) => name,
  read(keys) {
    const names = keys.map(({ name }) => name)
    return {
      script: readLines([dpkgFunction, read`for p in ${names}; do echo "$(of db:Status-Want "$p")"; done`]),
      parse({ stdout, stderr, exitCode }) {
        if (exitCode !== 0) throw new ReadError('dpkg could not be asked.', { stderr, exitCode })
        const lines = stdout.toString().split('\n')
        return names.map((_, index) => ({ held: lines[index] === 'hold' }))
      },
    }
  },
  foretells: ({ name }, desired) => {
    const held = desired?.held ?? false
    // Of a package that is not installed, apt's answer says that it is held.
    return [{ kind: 'package', identity: name, change: now => ({ ...now, held }) }, { kind: 'package-candidate', identity: '*', change: now => (now.name === name ? { ...now, held } : now) }]
  },
  mayChangeWith: ({ name }, made) => made.kind === 'package' && made.name === name && made.after === null,
  apply: ({ name }, _current, desired) => ({
    script: apply`${aptFunctions({})}
must apt-mark ${desired?.held ? 'hold' : 'unhold'} -- ${name}`,
  }),
}
