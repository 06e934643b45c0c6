import { z } from 'zod'
import { isMapping } from '../inventory/source.ts'

/** A variable that a schema does not declare. */
export interface UnknownVariable {
  /** With dots, as in `tls.certificat`. */
  variable: string
  /** The names that are declared instead. */
  known: readonly string[]
}

type Node = z.core.JSONSchema.BaseSchema | boolean

/** What a schema says about the fields and items of a value. */
interface Shape {
  /** Accepts other names too: passthrough schemas, records, and schemas without fields. */
  open: boolean
  fields: Map<string, Node[]>
  items: Node[]
}

/**
 * The variables that a schema does not declare, at any depth. zod drops them, so a misspelt one
 * would go unnoticed.
 *
 * @example unknownVariables(z.object({ port: z.number() }), { prot: 1 }) // [{ variable: 'prot', known: ['port'] }]
 */
export function unknownVariables(schema: z.ZodType, vars: Readonly<Record<string, unknown>>): UnknownVariable[] {
  // As JSON Schema, zod's own way to see through defaults, refinements, unions and transformations.
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return unknownIn(vars, [root], '', root)
}

/**
 * The names that an object schema declares.
 * @example namesOf(z.object({ port: z.number() })) // ['port']
 */
export function namesOf(schema: z.ZodType): string[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return [...shapeOf([root], root).fields.keys()]
}

function unknownIn(value: unknown, nodes: readonly Node[], path: string, root: z.core.JSONSchema.BaseSchema): UnknownVariable[] {
  const { open, fields, items } = shapeOf(nodes, root)
  if (Array.isArray(value)) return items.length === 0 ? [] : value.flatMap((each, index) => unknownIn(each, items, `${path}${index}.`, root))
  if (!isMapping(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = fields.get(name)
    if (field) return unknownIn(inner, field, `${path}${name}.`, root)
    return open ? [] : [{ variable: path + name, known: [...fields.keys()].map(each => path + each) }]
  })
}

/** For a union or an intersection, the fields of all its parts. */
function shapeOf(nodes: readonly Node[], root: z.core.JSONSchema.BaseSchema): Shape {
  const shape: Shape = { open: false, fields: new Map(), items: [] }
  for (const node of nodes) {
    if (typeof node === 'boolean') {
      shape.open = true
      continue
    }
    const inner = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.allOf ?? []), ...referred(node, root)]
    const below = inner.length > 0 ? shapeOf(inner, root) : undefined
    const saysNothing = !below && node.type === undefined && node.properties === undefined && node.enum === undefined && node.const === undefined
    shape.open ||= saysNothing || (below?.open ?? false) || (node.additionalProperties !== undefined && node.additionalProperties !== false)
    for (const [name, field] of [...Object.entries(node.properties ?? {}).map(([name, field]): [string, Node[]] => [name, [field]]), ...(below?.fields ?? [])]) {
      shape.fields.set(name, [...(shape.fields.get(name) ?? []), ...field])
    }
    shape.items.push(...[node.items ?? []].flat(), ...(node.prefixItems ?? []), ...(below?.items ?? []))
  }
  return shape
}

function referred({ $ref }: z.core.JSONSchema.BaseSchema, root: z.core.JSONSchema.BaseSchema): Node[] {
  if ($ref === undefined) return []
  const found = $ref === '#' ? root : root.$defs?.[$ref.replace(/^#\/\$defs\//, '')]
  return [found ?? true]
}
