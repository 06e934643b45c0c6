import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { parse } from 'yaml'
import { z } from 'zod'

const project = path.join(import.meta.dirname, '..')
const read = (file: string): string => readFileSync(path.join(project, file), 'utf8')
const filesBelow = (folder: string, ending: string): string[] => readdirSync(path.join(project, folder), { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith(ending)).sort().map(file => path.posix.join(folder, file))

/** Id → why it is left out. */
const reasons = z.record(z.string(), z.string())

/** A spec that says which edge cases it is for. */
interface Cover {
  file: string
  title: string
  ids: string[]
}

/** docs/edge-cases.md as it should be, and what is wrong with the coverage that it states. */
export function edgeCases(): { text: string; problems: string[] } {
  const sections = z.record(z.string(), z.array(z.int())).parse(parse(read('docs/edge-cases-ids.yml')))
  const { whole: leftOut, parts } = z.strictObject({ whole: reasons, parts: reasons }).parse(parse(read('docs/edge-cases-left-out.yml')))
  const covers = [...filesBelow('spec', '.spec.ts').flatMap(titles), ...filesBelow('spec/cases', '.json').flatMap(cases)]
  const all = Object.entries(sections).flatMap(([section, numbers]) => numbers.map(number => `${section} ${number}`))
  const covered = new Set(covers.flatMap(({ ids }) => ids))
  const word = `(?:${Object.keys(sections).join('|')})`
  const problems = [
    ...covers.filter(({ ids }) => ids.some(id => !all.includes(id))).map(({ file, title }) => `${file}: ids are written [apt 13, apt 15], with the words and numbers of docs/edge-cases-ids.yml: ${title}`),
    ...covers.filter(({ title }) => new RegExp(`\\[${word} \\d`).test(title)).map(({ file, title }) => `${file}: ids stand in one bracket at the beginning: ${title}`),
    ...all.filter(id => !covered.has(id) && leftOut[id] === undefined).map(id => `${id} is neither in the title of a spec nor in docs/edge-cases-left-out.yml.`),
    ...all.filter(id => covered.has(id) && leftOut[id] !== undefined).map(id => `${id} is in docs/edge-cases-left-out.yml, and in the title of a spec too.`),
    ...Object.keys({ ...leftOut, ...parts }).filter(id => !all.includes(id)).map(id => `${id} in docs/edge-cases-left-out.yml is not in docs/edge-cases-ids.yml.`),
    ...Object.keys(parts).filter(id => !covered.has(id)).map(id => `Of ${id} docs/edge-cases-left-out.yml leaves out a part, but no spec covers the rest.`),
  ]
  return { text: render(sections, covers, { leftOut, parts }), problems }
}

/** The titles of a spec file that begin with a bracket with a number in it. */
function titles(file: string): Cover[] {
  const source = ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true)
  const found: Cover[] = []
  const visit = (node: ts.Node): void => {
    const [, ids, title] = /^\[([^\]]*\d[^\]]*)\] (.*)$/.exec(titleOf(node) ?? '') ?? []
    if (ids !== undefined && title !== undefined) found.push({ file, title, ids: ids.split(', ') })
    ts.forEachChild(node, visit)
  }
  ts.forEachChild(source, visit)
  return found
}

/** The first argument of describe() and it(), or the `name` that is passed on to one. */
function titleOf(node: ts.Node): string | undefined {
  const isFirst = ts.isCallExpression(node.parent) && node.parent.arguments[0] === node && ts.isIdentifier(node.parent.expression) && ['describe', 'it'].includes(node.parent.expression.text)
  const isName = ts.isPropertyAssignment(node.parent) && node.parent.initializer === node && node.parent.name.getText() === 'name'
  if (!isFirst && !isName) return undefined
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isTemplateExpression(node)) return node.head.text + node.templateSpans.map(({ expression, literal }) => `${nameOf(expression)}${literal.text}`).join('')
  return undefined
}

/** A variable, or one that is shown as text, stands in a title by its name. */
function nameOf(expression: ts.Expression): string {
  if (ts.isIdentifier(expression)) return expression.text.toUpperCase()
  const [only] = ts.isCallExpression(expression) && expression.expression.getText() === 'JSON.stringify' ? expression.arguments : []
  return only && ts.isIdentifier(only) ? only.text.toUpperCase() : '…'
}

/** A case of spec/cases/ lists its ids in `edge`, and may say in `note` what it is about. */
function cases(file: string): Cover[] {
  const { edge, note } = z.object({ edge: z.array(z.string()).optional(), note: z.string().optional() }).parse(JSON.parse(read(file)))
  return edge === undefined ? [] : [{ file, title: note ?? `${path.parse(file).name.replaceAll('-', ' ')} (${path.basename(path.dirname(file))})`, ids: edge }]
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')

function render(sections: Record<string, number[]>, covers: readonly Cover[], { leftOut, parts }: { leftOut: Record<string, string>; parts: Record<string, string> }): string {
  const of = (id: string) => covers.filter(({ ids }) => ids.includes(id))
  const counts = Object.entries(sections).map(([section, numbers]) => ({ section, all: numbers.length, covered: numbers.filter(number => of(`${section} ${number}`).length > 0).length }))
  const sum = (field: 'all' | 'covered') => counts.reduce((total, count) => total + count[field], 0)
  const row = (...cells: (string | number)[]) => `| ${cells.join(' | ')} |`
  return [
    '<!-- Made from the titles of the specs by: npx tsx docs/make-edge-cases.ts -->',
    '# Edge cases, and the specs that cover them', '',
    'The tests and sources of other tools (Ansible, its PostgreSQL collection, pyinfra) know many cases in which a module that looks right is',
    'wrong. They were collected under numbers, by subject; the numbers have gaps. A spec that covers one has its id at the beginning of its title:',
    '`[apt 13]`. Here they are by subject, in the words of the specs; what is left out, and why, stands at the end.', '',
    row('subject', 'edge cases', 'covered', 'left out'), row('---', '--:', '--:', '--:'),
    ...counts.map(({ section, all, covered }) => row(section, all, covered, all - covered)),
    row('**all**', `**${sum('all')}**`, `**${sum('covered')}**`, `**${sum('all') - sum('covered')}**`), '',
    ...Object.entries(sections).flatMap(([section, numbers]) => [
      `## ${section}`, '', row('id', 'what a spec says', 'where'), row('---', '---', '---'),
      ...numbers.flatMap(number => of(`${section} ${number}`).map(({ title, file }) => row(`${section} ${number}`, cell(title), `[${path.posix.relative('spec', file)}](../${file})`))), '',
    ]),
    '## Left out', '', row('id', 'why'), row('---', '---'),
    ...Object.entries(leftOut).map(([id, reason]) => row(id, cell(reason))), '',
    '## Left out in part', '', row('id', 'what, and why'), row('---', '---'),
    ...Object.entries(parts).map(([id, reason]) => row(id, cell(reason))), '',
  ].join('\n')
}
