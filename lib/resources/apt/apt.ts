import { z } from 'zod'
import { ReadError } from '../../errors.ts'
import { samePackage } from './package-spec.ts'
import { apply, read, readLines } from '../../shell/script.ts'
import type { Resource } from '../../state/resource.ts'
import { aptArguments, aptFunctions, autoremove, NO_CACHE_FILES, quietServices, type AptOptions } from './apt-get.ts'
import { upgradeCommand } from './package-lists.ts'

export interface AptKey {
  /**
   * `upgrade` removes nothing, `full-upgrade` may; `autoremove` removes what was installed for others only; `autoclean` deletes old downloads.
   * `install` and `remove` are what apt does besides what it is asked for; it is written with the packages themselves.
   */
  work: 'upgrade' | 'full-upgrade' | 'autoremove' | 'autoclean' | 'install' | 'remove'
  /** What `install` and `remove` are asked for. */
  packages?: readonly string[]
  /** Packages that are told of elsewhere. */
  named?: readonly string[]
  /** Whether it can be told only in the run. */
  unknown?: boolean
  options: AptOptions
}

export interface AptState {
  readonly [field: string]: { readonly [name: string]: string }
  /** What apt-get would do: by package, from which version to which; empty for none. */
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

/** Where apt-get notes down what it was asked to plan, a simulation too (apt.conf(5), Dir::Log::Planner). */
const NO_PLANNER_LOG = ['-o', 'Dir::Log::Planner=/dev/null']

/** Options that `apt-get -s` is asked with; removals of an upgrade are its own business, not autoremove's. */
function simulated(key: AptKey): string[] {
  return [...words(key), '-s', ...NO_CACHE_FILES, ...NO_PLANNER_LOG, ...optionsOf(key)]
}

/** What goes besides is to be told by name, and autoremove is there to remove. */
function optionsOf(key: AptKey): string[] {
  return aptArguments(isBesides(key) || key.work === 'autoremove' ? { ...key.options, failOnRemove: false } : key.options)
}

function isBesides({ work }: AptKey): boolean {
  return work === 'install' || work === 'remove'
}

/** Upkeep by apt-get of the host as a whole; it is right where a simulation has nothing to do. Needs no lock to be read. Source: apt-get(8), -s. */
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
    // What is named in the task itself is done together with it.
    mayChangeWith: ({ named = [], unknown }, { kind, name }) => unknown === true
      || (['package', 'deb', 'package-lists', 'package-hold', 'apt'].includes(kind) && !(kind === 'package' && named.some(each => samePackage(each, name)))),
    brings: ({ work, options }) => (work.endsWith('upgrade') ? { what: 'package', name: work, startsServices: options.startServices ?? true } : undefined),
  },
}

function withoutNamed(pending: Record<string, string>, named: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(pending).filter(([name]) => !named.some(each => samePackage(each, name))))
}

/** Why apt-get would not do it: it explains itself on standard output. */
function cannotBeDone(stdout: string, stderr: string, exitCode: number): ReadError {
  const explained = stdout.slice(Math.max(0, stdout.search(/^(The following|Some packages|Package )/m))).trim()
  const [, broken] = /The package (\S+) needs to be reinstalled/.exec(stderr) ?? []
  return new ReadError('apt-get cannot do it.', {
    stderr: [explained, stderr.trim()].filter(Boolean).join('\n'), exitCode,
    ...(broken === undefined ? {} : { hint: `Add a repository that has ${broken} in its version, or remove it: dpkg --remove --force-remove-reinstreq ${broken}` }),
  })
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
