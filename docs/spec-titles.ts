import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { z } from 'zod'

const project = path.join(import.meta.dirname, '..')

/** Reads a file of the project. */
export const readProjectFile = (file: string): string => readFileSync(path.join(project, file), 'utf8')

const filesBelow = (folder: string, ending: string): string[] => readdirSync(path.join(project, folder), { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith(ending)).sort().map(file => path.posix.join(folder, file))

/** A spec whose title starts with ids in a bracket: `[apt 13, fault 46] …`. */
export interface Cover {
  file: string
  title: string
  ids: string[]
}

/** All specs and recorded cases with ids, in the order of their files. */
export function covers(): Cover[] {
  return [...filesBelow('spec', '.spec.ts').flatMap(titles), ...filesBelow('spec/cases', '.json').flatMap(cases)]
}

/** The titles of a spec file that start with a bracket that contains a number. */
function titles(file: string): Cover[] {
  const source = ts.createSourceFile(file, readProjectFile(file), ts.ScriptTarget.Latest, true)
  const found: Cover[] = []
  const visit = (node: ts.Node): void => {
    const [, ids, title] = /^\[([^\]]*\d[^\]]*)\] (.*)$/.exec(titleOf(node) ?? '') ?? []
    if (ids !== undefined && title !== undefined) found.push({ file, title, ids: ids.split(', ') })
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(source, visit)
  return found
}

/** The first argument of describe() and it(), or a `name` that is passed to one. */
function titleOf(node: ts.Node): string | undefined {
  const isFirst = ts.isCallExpression(node.parent) && node.parent.arguments[0] === node && ts.isIdentifier(node.parent.expression) && ['describe', 'it'].includes(node.parent.expression.text)
  const isName = ts.isPropertyAssignment(node.parent) && node.parent.initializer === node && node.parent.name.getText() === 'name'
  if (!isFirst && !isName) return undefined
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node)) return node.head.text + node.templateSpans.map(({ expression, literal }) => `${nameOf(expression)}${literal.text}`).join('')
  return undefined
}

/**
 * The name of a variable, or of one in JSON.stringify(), which stands in for its value in a title.
 */
function nameOf(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return expression.text.toUpperCase()
  const [only] = ts.isCallExpression(expression) && expression.expression.getText() === 'JSON.stringify' ? expression.arguments : []
  return only && ts.isIdentifier(only) ? only.text.toUpperCase() : '…'
}

/** A case of spec/cases/ lists its ids in `edge`, and may have a title in `note`. */
function cases(file: string): Cover[] {
  const { edge, note } = z.object({ edge: z.array(z.string()).optional(), note: z.string().optional() }).parse(JSON.parse(readProjectFile(file)))
  return edge === undefined ? [] : [{ file, title: note ?? `${path.parse(file).name.replaceAll('-', ' ')} (${path.basename(path.dirname(file))})`, ids: edge }]
}

/** One row of a Markdown table. */
export const row = (...cells: (string | number)[]): string => `| ${cells.join(' | ')} |`

/** Text as a cell of a Markdown table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')

/** Text in lines of at most 100 columns. */
export function wrap(text: string): string {
  return text.replace(/(?=\S)(.{1,100})(?:\s+|$)/g, '$1\n').trimEnd()
}

/** A link from docs/ to a file of the specs. */
export const specLink = (file: string): string => `[${path.posix.relative('spec', file)}](../${file})`
