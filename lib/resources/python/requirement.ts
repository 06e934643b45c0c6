import { type Marker, type MarkerOperator, type MarkerVariable, markerVariables } from './marker.ts'
import { normalizeName } from './normalize-name.ts'
import { type Specifier, specifierOf, specifierPattern } from './pep440.ts'
import { RequirementSyntaxError } from './requirement-syntax-error.ts'

/** What a package or a playbook requires of a package. */
export interface Requirement {
  /** Normalized. */
  name: string
  /** Normalized. */
  extras: string[]
  specifiers: Specifier[]
  url?: string
  /** Where it applies. */
  marker?: Marker
}

/** Older spellings of marker variables (PEP 345, setuptools). */
const olderNames: Record<string, MarkerVariable> = {
  'os.name': 'os_name',
  'sys.platform': 'sys_platform',
  'platform.version': 'platform_version',
  'platform.machine': 'platform_machine',
  'platform.python_implementation': 'platform_python_implementation',
  python_implementation: 'platform_python_implementation',
}

const identifier = /[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?![A-Za-z0-9._-])/y
const markerOperators: readonly MarkerOperator[] = ['===', '==', '~=', '!=', '<=', '>=', '<', '>']

/**
 * A recursive-descent parser for one text. Each `try…` only advances if it finds what it looks for.
 */
class RequirementParser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (!match) return undefined
    this.#at += match[0].length
    return match
  }

  #try(pattern: RegExp): string | undefined {
    return this.#match(pattern)?.[0]
  }

  #expect(pattern: RegExp, expected: string): string {
    return this.#try(pattern) ?? this.#fail(expected)
  }

  #fail(expected: string): never {
    throw new RequirementSyntaxError(this.#text, this.#at, expected)
  }

  #space(): boolean {
    return this.#try(/[ \t]+/y) !== undefined
  }

  #end(expected: string): void {
    if (this.#at < this.#text.length) this.#fail(expected)
  }

  requirement(): Requirement {
    this.#space()
    const name = normalizeName(this.#expect(identifier, "a package's name"))
    this.#space()
    const extras = this.#extras()
    this.#space()
    if (this.#try(/@/y) !== undefined) return this.#fromUrl(name, extras)
    const specifiers = this.#specifiers()
    this.#space()
    const marker = this.#try(/;/y) === undefined ? undefined : this.#marker()
    this.#end(marker ? 'and, or, or the end' : 'a version specifier, a comma, a semicolon or the end')
    return { name, extras, specifiers, ...(marker ? { marker } : {}) }
  }

  /** After a URL, the semicolon needs white space before it, since a URL may contain one. */
  #fromUrl(name: string, extras: string[]): Requirement {
    this.#space()
    const url = this.#expect(/[^ \t]+/y, 'a URL')
    const marker = this.#space() && this.#try(/;/y) !== undefined ? this.#marker() : undefined
    this.#end('a semicolon or the end')
    return { name, extras, specifiers: [], url, ...(marker ? { marker } : {}) }
  }

  #extras(): string[] {
    if (this.#try(/\[[ \t]*/y) === undefined) return []
    const extras: string[] = []
    if (this.#try(/\]/y) !== undefined) return extras
    do {
      this.#space()
      extras.push(normalizeName(this.#expect(identifier, "an extra's name")))
      this.#space()
    } while (this.#try(/,/y) !== undefined)
    this.#expect(/\]/y, 'a comma or ]')
    return extras
  }

  #specifiers(): Specifier[] {
    const parenthesis = this.#try(/\([ \t]*/y) !== undefined
    const found: Specifier[] = []
    for (let match = this.#match(specifierPattern); match; match = this.#match(specifierPattern)) {
      found.push(specifierOf(match))
      if (this.#try(/[ \t]*,[ \t]*/y) === undefined) break
    }
    if (parenthesis) this.#expect(/[ \t]*\)/y, 'a version specifier, a comma or )')
    return found
  }

  /** `and` binds closer than `or`. */
  #marker(): Marker {
    return this.#joined('or', () => this.#joined('and', () => this.#atom()))
  }

  #joined(type: 'and' | 'or', part: () => Marker): Marker {
    const first = part()
    const rest: Marker[] = []
    const joint = type === 'and' ? /and\b/y : /or\b/y
    while (this.#try(joint) !== undefined) rest.push(part())
    return rest.length === 0 ? first : type === 'and' ? { type, parts: [first, ...rest] } : { type, parts: [first, ...rest] }
  }

  #atom(): Marker {
    this.#space()
    if (this.#try(/\(/y) === undefined) return this.#comparison()
    const inner = this.#marker()
    this.#expect(/\)/y, 'and, or, or )')
    this.#space()
    return inner
  }

  #comparison(): Marker {
    const left = this.#operand()
    const operator = this.#operator()
    const at = this.#at
    const right = this.#operand()
    this.#space()
    if (left.variable !== undefined && right.text !== undefined) return { type: 'compare', variable: left.variable, operator, text: right.text, variableFirst: true }
    if (left.text !== undefined && right.variable !== undefined) return { type: 'compare', variable: right.variable, operator, text: left.text, variableFirst: false }
    this.#at = at
    return this.#fail(left.text === undefined ? 'a quoted text' : 'a marker variable')
  }

  #operand(): { variable?: MarkerVariable; text?: string } {
    this.#space()
    const quoted = this.#match(/'([^']*)'|"([^"]*)"/y)
    if (quoted) return { text: quoted[1] ?? quoted[2] ?? '' }
    const at = this.#at
    const word = this.#try(/[a-z_]+(?:\.[a-z_]+)?\b/y)
    const variable = markerVariables.find(each => each === word) ?? (word === undefined ? undefined : olderNames[word])
    if (variable !== undefined) return { variable }
    this.#at = at
    return this.#fail('a marker variable or a quoted text')
  }

  #operator(): MarkerOperator {
    this.#space()
    if (this.#try(/in\b/y) !== undefined) return 'in'
    if (this.#try(/not[ \t]+in\b/y) !== undefined) return 'not in'
    const symbol = this.#try(/===|==|~=|!=|<=|>=|<|>/y)
    return markerOperators.find(each => each === symbol) ?? this.#fail('a comparison, in, or not in')
  }
}

/**
 * Parses a dependency specifier (PEP 508), as in Requires-Dist and after `pip install`. This is our
 * own parser, since `pip-requirements-js` (1.0.3) refuses `===`, a marker after a URL, and the
 * older names of variables that installed packages still use.
 *
 * @throws RequirementSyntaxError
 * @example parseRequirement('Jinja2[i18n]>=3.1; python_version >= "3.9"').name // 'jinja2'
 */
export function parseRequirement(text: string): Requirement {
  return new RequirementParser(text).requirement()
}
