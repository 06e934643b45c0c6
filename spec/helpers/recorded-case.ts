import { readdirSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import type { Secret } from '../../lib/secret/secret.ts'
import type { Content } from '../../lib/state/content.ts'
import type { AnyResource, State, Value, Writing } from '../../lib/state/resource.ts'

const root = path.join(import.meta.dirname, '..', '..')
const sources = path.join(root, 'lib', 'resources')

/** Where the cases are: a folder a kind, a file a case. */
export const caseFolder = path.join(root, 'spec', 'cases')

/** Text as it is, or line by line where there are several, so that a change is seen as one line. */
const text = z.union([z.string(), z.array(z.string()).transform(lines => lines.join('\n'))])

/** What both sorts of cases may say of themselves. */
const about = {
  /** The export of lib/resources/. */
  resource: z.string(),
  /** Edge cases that it is, as `apt 1`. */
  edge: z.array(z.string().regex(/^[a-z-]+ \d+$/)).optional(),
  /** How it came about, where it was not captured from a host; or what is to be seen in it. */
  note: z.string().optional(),
}

/** What the read script printed on a host, and what that means. */
export const readingCase = z.strictObject({
  ...about,
  /**
   * Made by hand after a documented format, since it cannot be provoked: `note` says why. Else it
   * is captured by record-case.ts.
   */
  byHand: z.literal(true).optional(),
  /** The lab host it was captured from: a blank one, or one with PostgreSQL. */
  host: z.enum(['blank', 'postgres']).default('blank'),
  /**
   * Shell script that brought the host to that state; and one that took what would be in the way of
   * others.
   */
  prepare: text.optional(),
  restore: text.optional(),
  /** Who the session was, if not root. */
  user: z.string().optional(),
  keys: z.array(z.json()),
  output: z.strictObject({ stdout: text, stderr: text, exitCode: z.number() }),
  /** One a key. */
  states: z.array(z.record(z.string(), z.json()).nullable()).optional(),
  /** The message with which it cannot be told at all. */
  error: z.string().optional(),
}).refine(({ states, error }) => (states === undefined) !== (error === undefined), 'has either states or an error')
  .refine(({ byHand, note }) => !byHand || note !== undefined, 'says why it was made by hand')

const change = z.strictObject({ key: z.json(), current: z.record(z.string(), z.json()).nullable(), desired: z.record(z.string(), z.json()).nullable() })

/** What is run on a host so that a state becomes another. */
export const writingCase = z.strictObject({
  ...about,
  /** One change, or several that are written together. */
  apply: z.union([change, z.array(change).min(2)]),
  script: text.optional(),
  /** As text; left out where there is none. */
  stdin: text.optional(),
  user: z.string().optional(),
  /** The message with which nothing can be written. */
  error: z.string().optional(),
}).refine(({ script, error }) => (script === undefined) !== (error === undefined), 'has either a script or an error')

export type ReadingCase = z.infer<typeof readingCase>
export type WritingCase = z.infer<typeof writingCase>

/** Reads a case of either sort, from JSON. */
export function parseCase(json: unknown): { reading: ReadingCase } | { writing: WritingCase } {
  return typeof json === 'object' && json !== null && 'apply' in json ? { writing: writingCase.parse(json) } : { reading: readingCase.parse(json) }
}

/** What a resource would run for a writing case. */
export function writingOf(resource: AnyResource, { apply }: WritingCase, values: CaseValues): Writing {
  const changes = [apply].flat().map(({ key, current, desired }) => ({ key: values.key(key), current: values.state(current), desired: values.state(desired) }))
  for (const { desired } of changes) if (desired) resource.schema.parse(desired)
  const [first] = changes
  if (Array.isArray(apply) && !resource.applyTogether) throw new Error('Nothing is written together with this resource.')
  if (!first) throw new Error('There is no change.')
  return Array.isArray(apply) && resource.applyTogether ? resource.applyTogether(changes) : resource.apply(first.key, first.current, first.desired)
}

/** A resource with the names by which cases speak of it. */
export interface NamedResource {
  file: string
  name: string
  resource: AnyResource
}

/**
 * Every resource, and the classes that they were loaded with: mocha loads what a spec imports
 * statically apart from what is imported dynamically, and a class is then another one.
 */
export async function loadResources(): Promise<{ resources: NamedResource[]; values: CaseValues }> {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  const loaded = await Promise.all(files.map(async file => {
    const exports: unknown = await import(path.join(sources, file))
    return Object.entries(typeof exports === 'object' && exports !== null ? exports : {})
      .flatMap(([name, value]: [string, unknown]) => (isResource(value) ? [{ file, name, resource: value }] : []))
  }))
  const { Content } = await import('../../lib/state/content.ts')
  const { Secret } = await import('../../lib/secret/secret.ts')
  return { resources: loaded.flat(), values: new CaseValues(Content, Secret) }
}

function isResource(value: unknown): value is AnyResource {
  return typeof value === 'object' && value !== null && ['kind', 'schema', 'identify', 'read', 'apply'].every(field => field in value)
}

const contentTag = z.union([
  z.strictObject({ $text: z.string(), $secret: z.literal(true).optional() }),
  z.strictObject({ $base64: z.string() }),
  z.strictObject({ $sha256: z.string(), $size: z.number() }),
])
const keyTag = z.union([z.strictObject({ $secret: z.string() }), z.strictObject({ $bytes: z.string() })])
const plainValue = z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(z.string()), z.record(z.string(), z.string().nullable())])

/**
 * Values that JSON has none of. In states: `{ $text }`, `{ $base64 }`, `{ $sha256, $size }` for a
 * content, with `$secret: true` for a secret one, and `{ $error }` for a state that cannot be told.
 * In keys: `{ $secret }` for a Secret, `{ $bytes }` for a function that gives bytes.
 */
export class CaseValues {
  readonly #Content: typeof Content
  readonly #Secret: typeof Secret
  /** Secrets that {@link key} and {@link state} made. */
  readonly secrets: string[] = []

  constructor(contentClass: typeof Content, secretClass: typeof Secret) {
    this.#Content = contentClass
    this.#Secret = secretClass
  }

  /** A key, from JSON. */
  key(json: unknown): unknown {
    if (Array.isArray(json)) return json.map(entry => this.key(entry))
    if (typeof json !== 'object' || json === null) return json
    const tag = keyTag.safeParse(json).data
    if (tag && '$secret' in tag) return new this.#Secret(this.#keep(tag.$secret))
    if (tag) return () => Buffer.from(tag.$bytes)
    return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, this.key(value)]))
  }

  /** A state, from JSON. */
  state(json: Readonly<Record<string, unknown>> | null): State | null {
    return json && Object.fromEntries(Object.entries(json).map(([field, value]) => [field, this.#value(value)]))
  }

  /** A state as JSON. */
  show(state: State | null | Error): Record<string, unknown> | null {
    if (state instanceof Error) return { $error: state.message }
    return state && Object.fromEntries(Object.entries(state).filter(([, value]) => value !== undefined).map(([field, value]) => [field, this.#show(value)]))
  }

  #keep(secret: string): string {
    this.secrets.push(secret)
    return secret
  }

  #value(json: unknown): Value {
    const tag = contentTag.safeParse(json).data
    if (!tag) return plainValue.parse(json)
    if ('$sha256' in tag) return this.#Content.known(tag.$sha256, tag.$size)
    if ('$base64' in tag) return this.#Content.of(Buffer.from(tag.$base64, 'base64'))
    return tag.$secret ? this.#Content.of(this.#keep(tag.$text), { secret: true }) : this.#Content.of(tag.$text)
  }

  #show(value: Value | undefined): unknown {
    if (!(value instanceof this.#Content)) return value
    const { bytes, sha256, size, secret } = value
    if (!bytes) return { $sha256: sha256, $size: size }
    const decoded = bytes.toString('utf8')
    if (!Buffer.from(decoded).equals(bytes) || decoded.includes('\0')) return { $base64: bytes.toString('base64') }
    return secret ? { $text: decoded, $secret: true } : { $text: decoded }
  }
}
