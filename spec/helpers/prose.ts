import { readFileSync } from 'node:fs'
import ts from 'typescript'

/** A piece of prose: a comment, a message, or a line of a document. */
export interface Prose {
  file: string
  /** Counted from 1. */
  line: number
  text: string
}

const pieces = new Set([ts.SyntaxKind.StringLiteral, ts.SyntaxKind.NoSubstitutionTemplateLiteral, ts.SyntaxKind.TemplateHead, ts.SyntaxKind.TemplateMiddle, ts.SyntaxKind.TemplateTail])

/**
 * The comments and the strings with several words in a TypeScript file.
 * @example proseOf('lib/errors.ts')[0]?.line // 1
 */
export function proseOf(file: string): Prose[] {
  const text = readFileSync(file, 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true)
  const found = new Map<number, Prose>()
  const add = (start: number, end: number) => found.set(start, { file, line: source.getLineAndCharacterOfPosition(start).line + 1, text: text.slice(start, end) })
  const visit = (node: ts.Node): void => {
    for (const range of [...(ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []), ...(ts.getTrailingCommentRanges(text, node.getEnd()) ?? [])]) add(range.pos, range.end)
    if (pieces.has(node.kind)) add(node.getStart(), node.getEnd())
    node.getChildren().forEach(visit)
  }
  visit(source)
  return [...found.values()].filter(piece => / /.test(piece.text)).sort((one, other) => one.line - other.line)
}

/** The lines of a document without its blocks of code. */
export function documentProse(file: string): Prose[] {
  let inCode = false
  return readFileSync(file, 'utf8').split('\n').flatMap((text, index) => {
    if (text.startsWith('```')) inCode = !inCode
    return inCode || text.startsWith('    ') ? [] : [{ file, line: index + 1, text }]
  })
}
