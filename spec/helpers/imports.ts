import { readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

/**
 * What a source file imports from another: names of values, not of types, by the absolute path of
 * the other file.
 */
export type Imports = ReadonlyMap<string, ReadonlySet<string>>

const parse = (file: string) => ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)

/** The values that a file imports from other files of the repository. */
export function importsOf(file: string): Imports {
  const found = new Map<string, Set<string>>()
  for (const statement of parse(file).statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier) || !statement.moduleSpecifier.text.startsWith('.')) continue
    const bindings = statement.importClause?.namedBindings
    if (!bindings || statement.importClause?.isTypeOnly || !ts.isNamedImports(bindings)) continue
    const from = path.resolve(path.dirname(file), statement.moduleSpecifier.text)
    const names = bindings.elements.filter(({ isTypeOnly }) => !isTypeOnly).map(({ name }) => name.text)
    found.set(from, new Set([...found.get(from) ?? [], ...names]))
  }
  return found
}

/**
 * The names that a file calls, as in `name(…)` or `name.method(…)`, except where it only reads
 * `.issues` of the result.
 */
export function callsOf(file: string): ReadonlySet<string> {
  const found = new Set<string>()
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const { parent, expression } = node
      const onlyIssues = ts.isPropertyAccessExpression(parent) && parent.name.text === 'issues'
      const callee = ts.isPropertyAccessExpression(expression) ? expression.expression : expression
      if (ts.isIdentifier(callee) && !onlyIssues) found.add(callee.text)
    }
    ts.forEachChild(node, visit)
  }
  visit(parse(file))
  return found
}
