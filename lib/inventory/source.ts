import type { InventoryIssue } from '../errors.ts'

/**
 * A place in an inventory; line and column count from 1. For a `.ts` inventory only the file is
 * known.
 */
export interface Place {
  file: string
  line?: number
  column?: number
}

/** The keys that lead to a value. */
export type Path = readonly string[]

/** The content of an inventory file as plain data, with the place of each part. */
export interface Source {
  /** The absolute folder of the file, where its relative paths start. */
  directory: string
  value: unknown
  /** The place of the key or the value at a path, or else of the nearest parent that has one. */
  locate(path: Path, part: 'key' | 'value'): Place
  /** Whether a text is literal (`!unsafe`): `{{` in it is not Jinja. */
  isLiteral(text: string): boolean
}

/**
 * A place as messages show it.
 * @example showPlace({ file: 'prod.yml', line: 3, column: 5 }) // 'prod.yml:3:5'
 */
export function showPlace({ file, line, column }: Place): string {
  return [file, line, column].filter(part => part !== undefined).join(':')
}

/** Collects mistakes, each once. */
export class Issues {
  readonly #list: InventoryIssue[] = []
  readonly #seen = new Set<string>()
  readonly #files: readonly string[]

  /** @param files in the order in which they are read. */
  constructor(...files: string[]) {
    this.#files = files
  }

  /** File by file, in the order of each file. */
  get list(): InventoryIssue[] {
    const rank = ({ file }: InventoryIssue) => this.#files.indexOf(file)
    return this.#list.toSorted((a, b) => rank(a) - rank(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
  }

  add(message: string, place: Place): void {
    const key = `${showPlace(place)}:${message}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#list.push({ ...place, message })
  }
}

/**
 * Whether a value is a plain object, not a list or a class instance.
 * @example isMapping({ a: 1 }) // true
 */
export function isMapping(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** What a value is, in a message that must not show it. @example describe([]) // 'a list' */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (isMapping(value)) return 'a mapping'
  if (typeof value === 'object') return `a ${value.constructor.name}`
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}
