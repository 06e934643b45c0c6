import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, read, readLines } from '../shell/script.ts'
import type { Resource } from '../state/resource.ts'
import { aptArguments, aptFunctions, NO_CACHE_FILES, quietServices, type AptOptions } from './apt-get.ts'
import { upgradeCommand } from './package-lists.ts'

export interface AptWorkKey {
  /**
   * `upgrade` removes nothing, `full-upgrade` may; `autoremove` removes what was installed for others only; `autoclean` deletes old downloads.
   * `install` is only looked at, to learn whether apt would do it: packages are written as such.
   */
  work: 'upgrade' | 'full-upgrade' | 'autoremove' | 'autoclean' | 'install'
  /** What `install` is asked for. */
  packages?: readonly string[]
  options: AptOptions
}

export interface AptWorkState {
  readonly [field: string]: { readonly [name: string]: string }
  /** What apt-get would do: by package, from which version to which; empty for none. */
  pending: { readonly [name: string]: string }
}

const schema = z.strictObject({ pending: z.record(z.string(), z.never()) })

function words({ work, options, packages = [] }: AptWorkKey): string[] {
  if (work === 'install') return [work, ...packages]
  if (work === 'autoremove') return [work, ...(options.purge ? ['--purge'] : [])]
  if (work === 'autoclean') return [work]
  return upgradeCommand(work === 'upgrade' ? 'safe' : 'full')
}

/** Options that `apt-get -s` is asked with; removals of an upgrade are its own business, not autoremove's. */
function simulated(key: AptWorkKey): string[] {
  return [...words(key), '-s', ...NO_CACHE_FILES, ...aptArguments(key.options)]
}

/** Upkeep by apt-get of the host as a whole; it is right where a simulation has nothing to do. Needs no lock to be read. Source: apt-get(8), -s. */
export const aptWork: Resource<AptWorkKey, AptWorkState, z.infer<typeof schema>> = {
  kind: 'apt',
  schema,
  identify: ({ work }) => work,
  question: key => JSON.stringify(simulated(key)),
  read: keys => ({
    script: readLines(keys.map(key => read`echo "=work"; apt-get ${simulated(key)} </dev/null || exit`)),
    parse({ stdout, stderr, exitCode }) {
      if (exitCode !== 0) throw new ReadError('apt-get cannot tell what it would do.', { stderr, exitCode })
      return stdout.toString().split(/^=work\n/m).slice(1).map(text => ({ pending: parseSimulation(text) }))
    },
  }),
  differences(_key, current) {
    return Object.entries(current?.pending ?? {}).map(([field, versions]) => {
      const [from, to] = versions.split(' ')
      return { field, current: from || undefined, desired: to || undefined }
    })
  },
  mayChangeWith: (_key, { kind }) => ['package', 'deb', 'package-lists', 'package-hold', 'apt'].includes(kind),
  brings: ({ work, options }) => (work.endsWith('upgrade') ? { what: 'package', name: work, startsServices: options.startServices ?? true } : undefined),
  apply: key => ({ script: apply`${aptFunctions(key.options)}
${quietServices(key.options)}
configure
must apt-get ${words(key)} ${aptArguments(key.options)}` }),
}

/**
 * Reads what `apt-get -s` would do: by package `from to`, either empty.
 *
 * @example parseSimulation('Inst foo [1.0] (1.1 stable [all])\n') // { foo: '1.0 1.1' }
 */
export function parseSimulation(text: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const [, what, name, from = '', to = ''] = /^(Inst|Remv|Purg|Del) (\S+)(?: \[([^\]\s]+)\])?(?: \((\S+))?/.exec(line) ?? []
    if (what === 'Del') found[name ?? ''] = `${/^Del \S+ (\S+)/.exec(line)?.[1] ?? ''} `
    else if (name !== undefined) found[name] = `${from} ${to}`
  }
  return found
}
