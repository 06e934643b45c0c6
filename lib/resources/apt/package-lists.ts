import { z } from 'zod'
import { apply, read, readLines } from '../../shell/script.ts'
import type { Resource } from '../../state/resource.ts'
import { aptArguments, aptFunctions, autoremove, CACHE_VALID_SECONDS, listsFunction, quietServices, type AptOptions } from './apt-get.ts'

export interface PackageListsKey {
  options: AptOptions
  /** What to upgrade to the newest version once the lists are fresh, as arguments of apt-get. */
  thenInstall?: readonly string[]
  thenUpgrade?: 'safe' | 'full'
}

export interface PackageListsState {
  readonly [field: string]: number | boolean
  ageSeconds: number
  /** A source was added, changed or removed since. */
  sourcesChanged: boolean
}

const schema = z.strictObject({ fresh: z.literal(true) })

/**
 * apt's package lists: no older than a task requires, and fetched since the sources last changed.
 * Sources: apt-get(8), update; apt.conf(5).
 */
export const packageListsResource: Resource<PackageListsKey, PackageListsState, z.infer<typeof schema>> = {
  kind: 'package-lists',
  schema,
  identify: () => '/var/lib/apt/lists',
  read: keys => ({
    script: readLines([listsFunction, read`lists; echo "$has $age $newer."`]),
    parse({ stdout }) {
      const [, has, age, newer] = /^(1?) (-?\d+) (1?)\./.exec(stdout.toString()) ?? []
      return keys.map(() => (has === '1' ? { ageSeconds: Number(age), sourcesChanged: newer === '1' } : null))
    },
  }),
  compare({ options }, current) {
    const { cacheValidSeconds = CACHE_VALID_SECONDS } = options
    if (current === null) return [{ field: 'lists', current: undefined, desired: 'fresh' }]
    if (current.sourcesChanged) return [{ field: 'lists', current: 'older than the sources', desired: 'fresh' }]
    return current.ageSeconds < cacheValidSeconds ? [] : [{ field: 'lists', current: `older than ${cacheValidSeconds} s`, desired: 'fresh' }]
  },
  apply({ options, thenInstall = [], thenUpgrade }) {
    return { script: apply`${aptFunctions(options)}
${quietServices(options)}
update
${thenInstall.length ? apply`configure; must apt-get install ${aptArguments(options)} -- ${thenInstall}` : apply`:`}
${thenUpgrade ? apply`configure; must apt-get ${upgradeCommand(thenUpgrade)} ${aptArguments(options)}` : apply`:`}
${thenInstall.length || thenUpgrade ? autoremove(options) : apply`:`}` }
  },
  forecast: {
    sideEffects: () => [{ kind: 'package-candidate', identity: '*', change: now => ({ ...now, refetched: true }) }],
    // After a change of the sources, the new lists may contain newer versions of what is upgraded
    // with them.
    mayChangeWith: (_key, { kind, name }) => kind === 'file' && name.startsWith('/etc/apt/sources.list'),
  },
}

/** Arguments of apt-get for an upgrade; `safe` removes nothing. */
export function upgradeCommand(mode: 'safe' | 'full'): string[] {
  return mode === 'safe' ? ['upgrade', '--with-new-pkgs'] : ['dist-upgrade']
}
