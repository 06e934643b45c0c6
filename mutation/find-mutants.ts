import ts from 'typescript'
import { alternatives, removable } from './operators.ts'

/** One small mistake that a programmer could have made. */
export interface Mutant {
  id: number
  file: string
  line: number
  /** The kind of mistake, such as `condition` or `string`. */
  kind: string
  /** The code, on one line, and what replaces it. */
  code: string
  to: string
}

/** A source file in which each mutant waits behind a switch. */
export interface Instrumented {
  source: string
  mutants: Mutant[]
}

/** The function that the switches call; the worker sets it on `globalThis`. */
export const switchName = '__steadMutant'

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim()

/**
 * Finds the mutants of a TypeScript source and puts each behind `__steadMutant(id)`, so that one
 * loaded copy serves all of them. The mistake itself is in the original code; nested code has its
 * own switches in the other branch.
 *
 * @example findMutants('a.ts', 'export const f = (n: number) => n < 3', 0).mutants.map(({ to }) => to) // ['() => undefined', 'n <= 3', 'n >= 3']
 */
export function findMutants(file: string, text: string, firstId: number): Instrumented {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true)
  const mutants: Mutant[] = []

  const note = (node: ts.Node, kind: string, to: string): string => {
    const id = firstId + mutants.length
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree))
    mutants.push({ id, file, line: line + 1, kind, code: oneLine(node.getText(tree)), to: oneLine(to) })
    return `globalThis.${switchName}(${id})`
  }

  /** The node's text with its children's switches. */
  const emitInside = (node: ts.Node): string => {
    let result = ''
    let from = node.getStart(tree)
    ts.forEachChild(node, child => {
      result += text.slice(from, child.getStart(tree)) + emit(child)
      from = child.getEnd()
    })
    return result + text.slice(from, node.getEnd())
  }

  const emit = (node: ts.Node): string => {
    if (isWithoutCode(node)) return text.slice(node.getStart(tree), node.getEnd())
    if (ts.isBlock(node) && isWholeBody(node)) return `{ if (!${note(node, 'body', '{}')}) ${emitInside(node)} }`
    if (removable(node)) return `if (${note(node, 'statement', ';')}) {} else { ${emitInside(node)} }`
    const found = ts.isExpression(node) ? alternatives(node, tree) : []
    const switches = found.map(({ kind, to }) => `${note(node, kind, to)} ? (${to}) : `)
    return switches.length === 0 ? emitInside(node) : `(${switches.join('')}(${emitInside(node)}))`
  }

  const source = emitInside(tree)
  return { source: text.slice(0, tree.getStart(tree)) + source, mutants }
}

/** Types, imports and names are not executed. */
function isWithoutCode(node: ts.Node): boolean {
  return ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
    || ts.isTypeParameterDeclaration(node)
}

/**
 * The body of a function with more than one statement, since a single one is already removed by
 * itself.
 */
function isWholeBody(node: ts.Block): boolean {
  const { parent } = node
  if (!ts.isFunctionLike(parent) || ts.isConstructorDeclaration(parent) || node.statements.length === 0) return false
  return node.statements.length > 1 || !ts.isExpressionStatement(node.statements[0] ?? node)
}
