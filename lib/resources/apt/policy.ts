import { compareVersions } from './version.ts'

/** What `apt-cache policy` says about a package. */
export interface Policy {
  /** The version that apt would choose; undefined if there is none. */
  candidate?: string
  /**
   * Versions that some source has, highest first. A version that is only installed is not among
   * them.
   */
  versions: string[]
}

/**
 * Parses the output of `apt-cache policy NAME…`. It omits packages that apt does not know, and
 * lists packages of the host's own architecture by their bare names. Source: apt-cache(8),
 * apt_preferences(5).
 */
export function parsePolicy(text: string): Map<string, Policy> {
  const found = new Map<string, Policy>()
  let policy: Policy | undefined
  let version: string | undefined
  for (const line of text.split('\n')) {
    const [, name] = /^(\S+):$/.exec(line) ?? []
    if (name !== undefined) found.set(name, policy = { versions: [] })
    const [, candidate] = /^ {2}Candidate: (\S+)$/.exec(line) ?? []
    if (policy && candidate !== undefined && candidate !== '(none)') policy.candidate = candidate
    const [, listed] = /^ (?:\*\*\*| {3}) (\S+)(?: -?\d+)?$/.exec(line) ?? []
    if (listed !== undefined) version = listed
    const [, source] = /^ {7,10}-?\d+ (\S+)/.exec(line) ?? []
    if (policy && version !== undefined && source !== undefined && source !== '/var/lib/dpkg/status' && !policy.versions.includes(version)) policy.versions.push(version)
  }
  for (const each of found.values()) each.versions.sort((one, other) => compareVersions(other, one))
  return found
}

/**
 * The packages that provide a virtual one, as `NAME VERSION`, each with the version that it
 * provides, if it says: the last part of `apt-cache showpkg NAME`. A package for every architecture
 * is also listed for the foreign ones; it counts once.
 *
 * @example parseReverseProvides('Reverse Provides: \none 1 (= 3)\none:i386 1 (= 3)\n') // { 'one 1': '3' }
 */
export function parseReverseProvides(text: string): Record<string, string | null> {
  const lines = text.split('\n')
  const from = lines.findIndex(line => line.startsWith('Reverse Provides:'))
  const found = (from < 0 ? [] : lines.slice(from + 1)).flatMap(line => {
    const [, name = '', version = '', provided = ''] = /^(\S+) (\S+) \(= ?(\S*)\)/.exec(line) ?? []
    return name === '' ? [] : [{ name, version, provided: provided === '' ? null : provided }]
  })
  const names = found.map(({ name }) => name)
  const own = found.filter(({ name }) => !name.includes(':') || !names.includes(name.replace(/:.*/, '')))
  return Object.fromEntries(own.map(({ name, version, provided }): [string, string | null] => [`${name} ${version}`, provided]).sort(([one], [other]) => (one < other ? -1 : 1)))
}
