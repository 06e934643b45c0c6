import { normalizeName } from './normalize-name.ts'
import { parseSpecifiers, satisfies, type Specifier } from './pep440.ts'
import { RequirementSyntaxError } from './requirement-syntax-error.ts'

/** What a Python says about itself and its machine (PEP 508, environment markers). */
export interface MarkerEnvironment {
  python_version: string
  python_full_version: string
  os_name: string
  sys_platform: string
  platform_machine: string
  platform_system: string
  platform_release: string
  platform_version: string
  implementation_name: string
  platform_python_implementation: string
  /** @default python_full_version */
  implementation_version?: string
  /** The extra for which the marker is evaluated; '' for none. */
  extra?: string
}

export type MarkerVariable = keyof MarkerEnvironment

export const markerVariables: readonly MarkerVariable[] = [
  'python_version', 'python_full_version', 'os_name', 'sys_platform', 'platform_machine', 'platform_system', 'platform_release',
  'platform_version', 'implementation_name', 'platform_python_implementation', 'implementation_version', 'extra',
]

const comparedAsVersions: readonly MarkerVariable[] = ['python_version', 'python_full_version', 'implementation_version', 'platform_release']

export type MarkerOperator = Specifier['operator'] | 'in' | 'not in'

/** A marker: a variable compared with a text, on either side, or several markers joined. */
export type Marker =
  | { type: 'and'; parts: Marker[] }
  | { type: 'or'; parts: Marker[] }
  | { type: 'compare'; variable: MarkerVariable; operator: MarkerOperator; text: string; variableFirst: boolean }

/** The version clauses that a comparison stands for; undefined if the text is not a version. */
function clauses(operator: MarkerOperator, version: string): Specifier[] | undefined {
  if (operator === 'in' || operator === 'not in') return undefined
  try {
    return parseSpecifiers(operator + version)
  } catch (error) {
    if (error instanceof RequirementSyntaxError) return undefined
    throw error
  }
}

function compareTexts(left: string, operator: MarkerOperator, right: string): boolean {
  switch (operator) {
    case 'in': return right.includes(left)
    case 'not in': return !right.includes(left)
    case '!=': return left !== right
    case '==': case '<=': case '>=': return left === right
    default: return false
  }
}

/**
 * Whether a marker holds in an environment. Versions are compared by PEP 440, everything else as
 * text; texts are never less or greater than one another (PEP 508 as implemented by `packaging`;
 * comparisons that it refuses do not hold here).
 *
 * @example holds(parseMarker('python_version >= "3.9"'), environment) // true
 */
export function holds(marker: Marker, environment: MarkerEnvironment): boolean {
  if (marker.type === 'and') return marker.parts.every(part => holds(part, environment))
  if (marker.type === 'or') return marker.parts.some(part => holds(part, environment))
  const { variable, operator, variableFirst } = marker
  const spell = (text: string): string => (variable === 'extra' ? normalizeName(text) : text)
  const value = spell(environment[variable] ?? (variable === 'implementation_version' ? environment.python_full_version : ''))
  const text = spell(marker.text)
  const [left, right] = variableFirst ? [value, text] : [text, value]
  const asVersions = comparedAsVersions.includes(variable) ? clauses(operator, right) : undefined
  return asVersions ? satisfies(left, asVersions) : compareTexts(left, operator, right)
}
