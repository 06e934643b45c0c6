import { compareVersions, parseVersion } from './version.ts'

/** A package, and which versions of it are wanted. */
export interface PackageSpec {
  name: string
  /** dpkg's name for it, such as `arm64`. Omitted: the host's own. */
  architecture?: string
  /** `=` takes a version, or a pattern with `*`, as in `1.0.*`. Omitted: any version. */
  operator?: '=' | '>='
  version?: string
}

const syntax = /^([a-z0-9][a-z0-9.+-]+)(?::([a-z0-9-]+))?(?:\s*(>=|=)\s*([A-Za-z0-9.+:~*-]+))?$/

/**
 * Parses a package as a playbook writes it: `foo`, `foo:arm64`, `foo=1.0-1`, `foo=1.0.*`,
 * `foo>=1.0`. undefined for anything else.
 *
 * @example parsePackageSpec('foo>=1.0') // { name: 'foo', architecture: undefined, operator: '>=', version: '1.0' }
 */
export function parsePackageSpec(text: string): PackageSpec | undefined {
  const [matched, name = '', architecture, operator, version] = syntax.exec(text) ?? []
  if (!matched) return undefined
  if (operator === undefined || version === undefined) return { name, architecture }
  const spec: PackageSpec = { name, architecture, operator: operator === '=' ? '=' : '>=', version }
  return hasValidVersion(spec) ? spec : undefined
}

function hasValidVersion({ operator, version = '' }: PackageSpec): boolean {
  if (version.includes('*')) return operator === '='
  try {
    return parseVersion(version).upstream !== ''
  } catch {
    return false
  }
}

/**
 * The package's name as apt and dpkg expect it.
 * @example qualifiedName({ name: 'foo', architecture: 'arm64' }) // 'foo:arm64'
 */
export function qualifiedName({ name, architecture }: PackageSpec): string {
  return architecture === undefined ? name : `${name}:${architecture}`
}

/** The spec as a playbook writes it. */
export function formatPackageSpec(spec: PackageSpec): string {
  return `${qualifiedName(spec)}${spec.operator ?? ''}${spec.version ?? ''}`
}

/**
 * Whether a version is wanted.
 * @example meets({ name: 'foo', operator: '=', version: '1.0.*' }, '1.0.1') // true
 */
export function meets({ operator, version: wanted }: PackageSpec, version: string): boolean {
  if (operator === undefined || wanted === undefined) return true
  if (operator === '>=') return compareVersions(version, wanted) >= 0
  if (!wanted.includes('*')) return compareVersions(version, wanted) === 0
  const pattern = wanted.split('*').map(part => part.replace(/[.+]/g, '\\$&')).join('.*')
  return new RegExp(`^${pattern}$`).test(version)
}

/**
 * Whether two names mean the same package; a name without an architecture matches any.
 * @example samePackage('foo', 'foo:i386') // true
 */
export function samePackage(one: string, other: string): boolean {
  const [a = '', architecture] = one.split(':')
  const [b = '', otherArchitecture] = other.split(':')
  return a === b && (architecture === undefined || otherArchitecture === undefined || architecture === otherArchitecture)
}
