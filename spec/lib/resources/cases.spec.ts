import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'chai'
import { z } from 'zod'
import type { Content } from '../../../lib/state/content.ts'
import type { AnyResource, State } from '../../../lib/state/resource.ts'

const folder = path.join(import.meta.dirname, '..', '..', 'cases')
const sources = path.join(import.meta.dirname, '..', '..', '..', 'lib', 'resources')

/** What one script printed on a host, and what it means. Most were captured from Debian 12 hosts of the lab. */
const caseSchema = z.strictObject({
  /** The export of lib/resources/, where two have one kind. */
  resource: z.string().optional(),
  keys: z.array(z.unknown()),
  output: z.strictObject({ stdout: z.string(), stderr: z.string(), exitCode: z.number() }),
  /** One a key. A content is `{ text }`, `{ base64 }` or, where it was not fetched, `{ sha256, size }`. */
  states: z.array(z.record(z.string(), z.unknown()).nullable()).optional(),
  /** The message with which it cannot be told. */
  error: z.string().optional(),
})

function isResource(value: unknown): value is AnyResource {
  return typeof value === 'object' && value !== null && ['kind', 'schema', 'identify', 'read', 'apply'].every(field => field in value)
}

/** Every resource of lib/resources/, by file and by export. */
async function allResources(): Promise<{ file: string; name: string; resource: AnyResource }[]> {
  const files = readdirSync(sources).filter(file => file.endsWith('.ts'))
  const modules = await Promise.all(files.map(async file => {
    const loaded: unknown = await import(path.join(sources, file))
    return Object.entries(typeof loaded === 'object' && loaded !== null ? loaded : {}).flatMap(([name, value]: [string, unknown]) => (isResource(value) ? [{ file, name, resource: value }] : []))
  }))
  return modules.flat()
}

const casesOf = (kind: string): string[] => readdirSync(path.join(folder, kind)).filter(file => file.endsWith('.json'))
const kinds = readdirSync(folder)

function showState(state: State | null | Error): unknown {
  if (state === null || state instanceof Error) return state
  return Object.fromEntries(Object.entries(state).map(([field, value]) => [field, isContent(value) ? showContent(value) : value]))
}

/** By name: what is imported here dynamically is loaded apart from what is imported statically, under mocha. */
function isContent(value: unknown): value is Content {
  return typeof value === 'object' && value !== null && value.constructor.name === 'Content'
}

function showContent({ bytes, sha256, size }: Content): unknown {
  if (!bytes) return { sha256, size }
  const text = bytes.toString('utf8')
  return Buffer.from(text).equals(bytes) && !text.includes('\0') ? { text } : { base64: bytes.toString('base64') }
}

describe('what hosts print, as states', () => {
  let resources: Awaited<ReturnType<typeof allResources>> = []

  before(async () => {
    resources = await allResources()
  })

  it('is covered by three cases a kind', () => {
    const known = [...new Set(resources.map(({ resource }) => resource.kind))].sort()
    expect(kinds.sort()).to.deep.equal(known)
    for (const kind of known) expect(casesOf(kind).length, kind).to.be.at.least(3)
  })

  for (const kind of kinds) {
    for (const file of casesOf(kind)) {
      it(`${kind}: ${path.parse(file).name.replaceAll('-', ' ')}`, () => {
        const { resource: name, keys, output, states, error } = caseSchema.parse(JSON.parse(readFileSync(path.join(folder, kind, file), 'utf8')))
        const resource = resources.find(candidate => candidate.resource.kind === kind && (name === undefined || candidate.name === name))?.resource
        if (!resource) throw new Error(`No resource of kind ${kind}${name === undefined ? '' : ` is exported as ${name}`}.`)
        const parse = () => resource.read(keys).parse({ ...output, stdout: Buffer.from(output.stdout) })
        if (error !== undefined) {
          expect(parse).to.throw(error)
          return
        }
        expect(states).to.have.length(keys.length)
        expect(parse().map(showState)).to.deep.equal(states)
      })
    }
  }
})
