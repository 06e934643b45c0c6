import { holds, type MarkerEnvironment } from './marker.ts'
import { normalizeName } from './normalize-name.ts'
import { satisfies, type Specifier } from './pep440.ts'
import { parseRequirement, type Requirement } from './requirement.ts'
import { RequirementSyntaxError } from './requirement-syntax-error.ts'

/** An installed distribution, according to its METADATA. */
export interface Distribution {
  name: string
  version: string
  /** Its Requires-Dist lines. */
  requires: string[]
}

/** A package that the playbook or a distribution requires. */
interface RequiredPackage {
  requirement: Requirement
  /** The normalized name of the distribution that needs it. */
  neededBy?: string
}

function show(specifiers: readonly Specifier[]): string {
  return specifiers.map(({ operator, version }) => operator + version).join(',')
}

/** What an installed distribution needs. An invalid line is skipped, as pip does. */
function requirementOf(line: string): Requirement | undefined {
  try {
    return parseRequirement(line)
  } catch (error) {
    if (error instanceof RequirementSyntaxError) return undefined
    throw error
  }
}

/**
 * What a distribution requires with these extras. Markers are evaluated for each extra, and once
 * without.
 */
function wantsOf(distribution: Distribution, extras: readonly string[], environment: MarkerEnvironment): Requirement[] {
  return distribution.requires.map(requirementOf).filter(requirement => requirement !== undefined)
    .filter(({ marker }) => !marker || ['', ...extras].some(extra => holds(marker, { ...environment, extra })))
}

/**
 * Why the wanted requirements, and everything that they need in turn, are not met; empty if they
 * are. Any version meets a requirement by URL, since a version does not say where it came from. If
 * a name is installed twice, the first counts, as on Python's sys.path.
 *
 * @param constraints allowed versions of whatever is installed, as in a constraints file of pip.
 * @throws RequirementSyntaxError for an invalid requirement.
 * @example problems([{ name: 'Jinja2', version: '3.0', requires: [] }], environment, ['jinja2>=3.1']) // ['jinja2 3.0 does not satisfy >=3.1']
 */
export function problems(distributions: readonly Distribution[], environment: MarkerEnvironment, wanted: readonly string[], constraints: readonly string[] = []): string[] {
  const installed = new Map<string, Distribution>()
  for (const distribution of distributions) {
    const name = normalizeName(distribution.name)
    if (!installed.has(name)) installed.set(name, distribution)
  }
  const limits = constraints.map(parseRequirement).filter(({ marker }) => !marker || holds(marker, { ...environment, extra: '' }))
  const found = new Set<string>()
  const walked = new Set<string>()
  const open: RequiredPackage[] = wanted.map(text => ({ requirement: parseRequirement(text) }))
    .filter(({ requirement: { marker } }) => !marker || holds(marker, { ...environment, extra: '' }))
  for (let want = open.shift(); want; want = open.shift()) {
    const { requirement: { name, extras, specifiers }, neededBy } = want
    const reason = neededBy === undefined ? '' : ` (needed by ${neededBy})`
    const distribution = installed.get(name)
    if (!distribution) {
      found.add(`${name} is missing${reason}`)
      continue
    }
    if (!satisfies(distribution.version, specifiers)) found.add(`${name} ${distribution.version} does not satisfy ${show(specifiers)}${reason}`)
    for (const limit of limits) {
      if (limit.name === name && !satisfies(distribution.version, limit.specifiers)) found.add(`${name} ${distribution.version} does not satisfy ${show(limit.specifiers)} (a constraint)`)
    }
    const fresh = ['', ...extras].filter(extra => !walked.has(`${name}[${extra}]`))
    if (fresh.length === 0) continue
    for (const extra of fresh) walked.add(`${name}[${extra}]`)
    open.push(...wantsOf(distribution, extras, environment).map(requirement => ({ requirement, neededBy: name })))
  }
  return [...found]
}
