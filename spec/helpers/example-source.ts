import path from 'node:path'
import ts from 'typescript'
import { documented, moduleFiles, publicNames, type Documented } from './docstrings.ts'

/** The statements of an example. */
export function statementsOf(example: string): { source: ts.SourceFile; statements: readonly ts.Statement[] } {
  const source = ts.createSourceFile('example.ts', example, ts.ScriptTarget.Latest, true)
  return { source, statements: source.statements }
}

/** A node and all nodes below it. */
function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node
  for (const child of node.getChildren()) yield* nodesOf(child)
}

/** The names that an example uses without declaring them, except names of fields. */
export function namesUsed(source: ts.SourceFile): Set<string> {
  const used = new Set<string>()
  const declared = new Set<string>()
  for (const node of nodesOf(source)) {
    if (!ts.isIdentifier(node)) continue
    const { parent } = node
    if ((ts.isPropertyAccessExpression(parent) && parent.name === node) || (ts.isPropertyAssignment(parent) && parent.name === node) || ((ts.isMethodDeclaration(parent) || ts.isPropertySignature(parent)) && parent.name === node)) continue
    if ((ts.isVariableDeclaration(parent) || ts.isParameter(parent) || ts.isBindingElement(parent)) && parent.name === node) declared.add(node.text)
    else used.add(node.text)
  }
  return new Set([...used].filter(name => !declared.has(name)))
}

const inModules = moduleFiles().flatMap(file => documented(file).map(({ name }): [string, string] => [name, file]))
const inLib = [...publicNames()]

/**
 * The import lines that an example needs, as in a playbook in `playbooks/`. `prefer` decides about
 * ambiguous names.
 */
export function importsFor(names: ReadonlySet<string>, prefer: 'modules' | 'lib'): string[] {
  const known = new Map([...(prefer === 'lib' ? [...inModules, ...inLib] : [...inLib, ...inModules])])
  return [
    ...(names.has('z') ? ['import { z } from \'zod\''] : []),
    ...[...names].sort().flatMap(name => (known.has(name) ? [`import { ${name} } from '../${known.get(name) ?? ''}'`] : [])),
  ]
}

/** The arguments of a playbook's `tasks()`. */
const playNames = ['task', 'handler', 'flushHandlers', 'summary', 'vars', 'host']

/**
 * A playbook of a module's example: its lines are calls, a task each, or statements that say
 * `task(…)` themselves.
 */
export function playbookOf({ name, file }: Documented, example: string): string {
  const { source, statements } = statementsOf(example)
  const used = namesUsed(source)
  const lines = statements.map((statement, index) => {
    const text = statement.getText(source)
    return used.has('task') ? text : `task('${index + 1} ${path.parse(file).name}', ${text})`
  })
  const play = playNames.filter(each => used.has(each) || each === 'task')
  return [
    ...importsFor(new Set([...used, 'playbook']), 'modules'), '',
    'export default playbook({', `  name: 'Example of ${name}', hosts: 'all',`, `  tasks({ ${play.join(', ')} }) {`, ...lines.map(line => `    ${line}`), '  },', '})', '',
  ].join('\n')
}

/**
 * A program of an example of lib/: `expression // value` is a result, which `results()` gives with
 * what it is to be. A comment in words, as in `// different each time`, promises no value.
 */
export function programOf(example: string): { text: string; results: number } {
  const { source, statements } = statementsOf(example)
  const exported = statements.some(statement => ts.isExportAssignment(statement) || (ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.length))
  const imports = importsFor(namesUsed(source), statements.some(ts.isExportAssignment) ? 'modules' : 'lib')
  if (exported) return { text: [...imports, '', example, ''].join('\n'), results: 0 }
  const promised = statements.map(statement => valueIn(ts.getTrailingCommentRanges(example, statement.end)?.map(({ pos, end }) => example.slice(pos + 2, end)).join('') ?? ''))
  const lines = statements.map((statement, index) => {
    const text = statement.getText(source)
    return promised[index] === undefined ? text : `results.push([${text}, ${promised[index]}])`
  })
  return {
    text: [...imports, '', 'export async function results(): Promise<[unknown, unknown][]> {', '  const results: [unknown, unknown][] = []', ...lines.map(line => `  ${line}`), '  return results', '}', ''].join('\n'),
    results: promised.filter(each => each !== undefined).length,
  }
}

/** The comment, if it is a value as TypeScript writes one. */
function valueIn(comment: string): string | undefined {
  const [statement, ...others] = statementsOf(`(${comment.trim()})`).statements
  if (others.length > 0 || !statement || !ts.isExpressionStatement(statement) || !ts.isParenthesizedExpression(statement.expression)) return undefined
  const { expression } = statement.expression
  const words = ts.isIdentifier(expression) && expression.text !== 'undefined'
  const value = ts.isLiteralExpression(expression) || ts.isObjectLiteralExpression(expression) || ts.isArrayLiteralExpression(expression) || ts.isIdentifier(expression) || expression.kind === ts.SyntaxKind.TrueKeyword || expression.kind === ts.SyntaxKind.FalseKeyword || expression.kind === ts.SyntaxKind.NullKeyword || ts.isPrefixUnaryExpression(expression)
  return value && !words ? comment.trim() : undefined
}

/** The Debian packages that an example installs. */
export function packagesOf(example: string): string[] {
  const calls = [...nodesOf(statementsOf(example).source)].filter(ts.isCallExpression).filter(({ expression }) => expression.getText() === 'apt')
  return [...new Set(calls.flatMap(call => [...nodesOf(call)].filter(ts.isArrayLiteralExpression).flatMap(list => list.elements.filter(ts.isStringLiteral).map(({ text }) => text))))].sort()
}
