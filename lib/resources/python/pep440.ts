import { compare, explain, type Pep440Version } from '@renovatebot/pep440'
import { RequirementSyntaxError } from './requirement-syntax-error.ts'

/** One clause of a version specifier; `version` may end in `.*` after `==` and `!=`. */
export interface Specifier {
  operator: '===' | '==' | '!=' | '~=' | '<=' | '>=' | '<' | '>'
  version: string
}

const epochAndRelease = 'v?(?:[0-9]+!)?[0-9]+(?:\\.[0-9]+)*'
const suffix = '(?:[-_.]?(?:alpha|beta|preview|pre|a|b|c|rc)[-_.]?[0-9]*)?(?:-[0-9]+|[-_.]?(?:post|rev|r)[-_.]?[0-9]*)?(?:[-_.]?dev[-_.]?[0-9]*)?'
const local = '(?:\\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?'

/**
 * One clause, as a sticky pattern with the groups `operator` and `version` (PEP 440, version
 * specifiers).
 */
export const specifierPattern = new RegExp([
  '(?<operator>===)\\s*(?<version>[^\\s;),]*)',
  `(?<operator>[=!]=)\\s*(?<version>${epochAndRelease}(?:\\.\\*|${suffix}${local}))`,
  `(?<operator>~=)\\s*(?<version>v?(?:[0-9]+!)?[0-9]+(?:\\.[0-9]+)+${suffix})`,
  `(?<operator><=|>=|<|>)\\s*(?<version>${epochAndRelease}${suffix})`,
].map((pattern, index) => pattern.replace(/\?<(operator|version)>/g, `?<$1${index}>`)).join('|'), 'iy')

const operators = ['===', '==', '!=', '~=', '<=', '>=', '<', '>'] as const

/** The clause in a match of {@link specifierPattern}. */
export function specifierOf(match: RegExpExecArray): Specifier {
  const groups = Object.entries(match.groups ?? {})
  const part = (name: string): string => groups.find(([key, value]) => key.startsWith(name) && typeof value === 'string')?.[1] ?? ''
  const operator = operators.find(each => each === part('operator'))
  if (!operator) throw new RangeError(`${match[0]} does not contain an operator.`)
  return { operator, version: part('version') }
}

/**
 * The clauses of a version specifier. Empty text allows every version.
 *
 * @throws RequirementSyntaxError
 * @example parseSpecifiers('>=1.0, !=1.5.*') // [{ operator: '>=', version: '1.0' }, { operator: '!=', version: '1.5.*' }]
 */
export function parseSpecifiers(text: string): Specifier[] {
  const parts = text.split(',')
  return parts.flatMap((part, index) => {
    const trimmed = part.trim()
    if (trimmed === '') return []
    specifierPattern.lastIndex = 0
    const match = specifierPattern.exec(trimmed)
    if (!match || match[0].length !== trimmed.length) throw new RequirementSyntaxError(text, parts.slice(0, index).join(',').length, 'a version specifier')
    return [specifierOf(match)]
  })
}

/**
 * Epoch and release as segments, for comparison with a prefix; the release is padded with zeros.
 */
function segments(version: Pep440Version, releaseLength: number): string[] {
  const release = Array.from({ length: Math.max(releaseLength, version.release.length) }, (_, index) => version.release[index] ?? 0)
  return [version.epoch, ...release].map(String)
}

function hasPrefix(version: Pep440Version, prefix: Pep440Version): boolean {
  const wanted = segments(prefix, 0)
  const given = segments(version, prefix.release.length)
  return wanted.every((segment, index) => segment === given[index])
}

function isPostReleaseOf(version: Pep440Version, wanted: Pep440Version): boolean {
  if (!version.is_postrelease || wanted.is_postrelease || wanted.is_devrelease) return false
  return compare(version.base_version + (version.pre ?? []).join(''), wanted.public) === 0
}

/**
 * `<` excludes the pre-releases of its own version, `>` the post-releases (PEP 440, exclusive
 * ordered comparison).
 */
function allows({ operator, version: wantedText }: Specifier, versionText: string): boolean {
  if (operator === '===') return versionText.toLowerCase() === wantedText.toLowerCase()
  const version = explain(versionText)
  const prefix = wantedText.endsWith('.*') ? explain(wantedText.slice(0, -2)) : undefined
  if (!version) return false
  if (prefix) return hasPrefix(version, prefix) === (operator === '==')
  const wanted = explain(wantedText)
  if (!wanted) return false
  const given = wanted.local === null ? version.public : versionText
  const order = compare(given, wantedText)
  switch (operator) {
    case '==': return order === 0
    case '!=': return order !== 0
    case '<=': return order <= 0
    case '>=': return order >= 0
    case '<': return order < 0 && (wanted.is_prerelease || compare(given, `${wanted.public}.dev0`) < 0)
    case '>': return order > 0 && !isPostReleaseOf(version, wanted)
    case '~=': return order >= 0 && hasPrefix(version, { ...wanted, release: wanted.release.slice(0, -1) })
  }
}

/**
 * Whether an installed version satisfies a specifier (PEP 440). A pre-release counts like any other
 * version, since it is installed. Text that is not a version satisfies only `===` and the empty
 * specifier.
 *
 * Versions are ordered by `@renovatebot/pep440`. The clauses are our own, since that package says
 * that `1.0.post2` is not `>1.0.post1`, `1.0b1` not `<1.0rc1` and `1` not `==1.0.*`
 * (spec/lib/python/packaging.json contains what Python's own `packaging` says).
 *
 * @throws RequirementSyntaxError
 * @example satisfies('1.0+cpu', '==1.0.0') // true
 */
export function satisfies(version: string, specifier: string | readonly Specifier[]): boolean {
  const clauses = typeof specifier === 'string' ? parseSpecifiers(specifier) : specifier
  return clauses.every(clause => allows(clause, version.trim()))
}
