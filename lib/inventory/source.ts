import type { InventoryIssue } from '../errors.ts'

/** A place in a file; both count from 1. */
export interface Position {
  line: number
  column: number
}

/** The keys that lead to a value. */
export type Path = readonly string[]

/** What an inventory file holds, as plain data, and where in the file each part of it stands. */
export interface Source {
  /** As it is named in messages. */
  file: string
  value: unknown
  /** The place of the key, or of the value, at a path; of the nearest parent that has one. A `.ts` inventory knows none. */
  locate(path: Path, part: 'key' | 'value'): Position | undefined
}

/** Collects what is wrong, each thing once. */
export class Issues {
  readonly #list: InventoryIssue[] = []
  readonly #seen = new Set<string>()
  readonly #file: string

  constructor(file: string) {
    this.#file = file
  }

  /** In the order of the file. */
  get list(): InventoryIssue[] {
    return this.#list.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
  }

  add(message: string, position?: Position): void {
    const key = `${position?.line}:${position?.column}:${message}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#list.push({ file: this.#file, ...position, message })
  }
}

/** Whether a value is a plain object: no list, no instance of a class. @example isMapping({ a: 1 }) // true */
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
