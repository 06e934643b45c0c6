import { z } from 'zod'
import { ReadError } from '../../errors.ts'
import { samePackage } from './package-spec.ts'
import { apply, read, readLines } from '../../shell/script.ts'
import type { Resource } from '../../state/resource.ts'
import { aptArguments, aptFunctions, autoremove, NO_CACHE_FILES, quietServices, type AptOptions } from './apt-get.ts'
import { upgradeCommand } from './package-lists.ts'

export interface AptKey {
  /**
   * `upgrade` removes nothing, `full-upgrade` may; `autoremove` removes unneeded dependencies;
   * `autoclean` deletes old downloads. `install` and `remove` are what apt does in addition to what
   * it was asked; that is written together with the packages themselves.
   */
  work: 'upgrade' | 'full-upgrade' | 'autoremove' | 'autoclean' | 'install' | 'remove'
  /** Arguments of `install` and `remove`. */
  packages?: readonly string[]
  /** Packages that are shown elsewhere. */
  named?: readonly string[]
  /** Whether only the run can tell. */
  unknown?: boolean
  options: AptOptions
}

export interface AptState {
  readonly [field: string]: { readonly [name: string]: string }
  /** What apt-get would do: by package, from which version to which; empty means none. */
  pending: { readonly [name: string]: string }
}

const schema = z.strictObject({ pending: z.record(z.string(), z.never()) })

function words({ work, options, packages = [] }: AptKey): string[] {
  if (work === 'install') return [work, ...packages]
  if (work === 'remove') return [options.purge ? 'purge' : work, ...packages]
  if (work === 'autoremove') return [work, ...(options.purge ? ['--purge'] : [])]
  if (work === 'autoclean') return [work]
  return upgradeCommand(work === 'upgrade' ? 'safe' : 'full')
}

/**
 * apt-get logs what it was asked to plan, even for a simulation (apt.conf(5), Dir::Log::Planner).
 */
const NO_PLANNER_LOG = ['-o', 'Dir::Log::Planner=/dev/null']

/** Arguments of the simulation. What an upgrade removes is up to the upgrade, not to autoremove. */
function simulated(key: AptKey): string[] {
  return [...words(key), '-s', ...NO_CACHE_FILES, ...NO_PLANNER_LOG, ...optionsOf(key)]
}

/** Removals are allowed for autoremove, and for the additional changes, which are shown by name. */
function optionsOf(key: AptKey): string[] {
  return aptArguments(isBesides(key) || key.work === 'autoremove' ? { ...key.options, failOnRemove: false } : key.options)
}

function isBesides({ work }: AptKey): boolean {
  return work === 'install' || work === 'remove'
}

/**
 * Maintenance of the whole host by apt-get. It is as desired if a simulation has nothing to do.
 * Reading needs no lock. Source: apt-get(8), -s.
 */
export const aptResource: Resource<AptKey, AptState, z.infer<typeof schema>> = {
  kind: 'apt',
  schema,
  identify: ({ work }) => work,
  question: key => (key.unknown ? 'unknown' : JSON.stringify(simulated(key))),
  read: keys => ({
    script: readLines(keys.map(key => key.unknown ? read`echo "=work"` : read`echo "=work"; apt-get ${simulated(key)} </dev/null || exit`)),
    parse({ stdout, stderr, exitCode }) {
      const answers = stdout.toString().split(/^=work\n/m).slice(1)
      if (exitCode !== 0) throw cannotBeDone(answers.at(-1) ?? '', stderr, exitCode)
      return answers.map((text, index) => ({ pending: withoutNamed(parseSimulation(text), keys[index]?.named ?? []) }))
    },
  }),
  compare(_key, current) {
    return Object.entries(current?.pending ?? {}).map(([field, versions]) => {
      const [from, to] = versions.split(' ')
      return { field, current: from || undefined, desired: to || undefined }
    })
  },
  apply: key => ({ script: isBesides(key) ? apply`:` : apply`${aptFunctions(key.options)}
${quietServices(key.options)}
configure
must apt-get ${words(key)} ${optionsOf(key)}
${key.work === 'autoremove' ? apply`:` : autoremove(key.options)}` }),
  forecast: {
    // Packages that the task itself names are written together with it.
    mayChangeWith: ({ named = [], unknown }, { kind, name }) => unknown === true
      || (['package', 'deb', 'package-lists', 'package-hold', 'apt'].includes(kind) && !(kind === 'package' && named.some(each => samePackage(each, name)))),
    brings: ({ work, options }) => (work.endsWith('upgrade') ? { what: 'package', name: work, startsServices: options.startServices ?? true } : undefined),
  },
}

function withoutNamed(pending: Record<string, string>, named: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(pending).filter(([name]) => !named.some(each => samePackage(each, name))))
}

/** Why apt-get refuses: it explains itself on standard output. */
function cannotBeDone(stdout: string, stderr: string, exitCode: number): ReadError {
  const explained = stdout.slice(Math.max(0, stdout.search(/^(The following|Some packages|Package )/m))).trim()
  const [, broken] = /The package (\S+) needs to be reinstalled/.exec(stderr) ?? []
  return new ReadError('apt-get cannot do this.', {
    stderr: [explained, stderr.trim()].filter(Boolean).join('\n'), exitCode,
    ...(broken === undefined ? {} : { hint: `Add a repository that has this version of ${broken}, or remove it: dpkg --remove --force-remove-reinstreq ${broken}` }),
  })
}

/**
 * Parses what `apt-get -s` would do: `from to` by package, either of them empty.
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
