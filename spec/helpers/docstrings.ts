import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

export const project = path.join(import.meta.dirname, '..', '..')

/** Something exported, or a member of an exported class, with its docstring. */
export interface Documented {
  /** `apt`, or `Content.of` for a member. */
  name: string
  /** Relative to the project. */
  file: string
  /** Its docstring without the asterisks, or ''. */
  doc: string
  /** The text of each `@example` in it. */
  examples: string[]
}

/** The exported declarations of a file, and the members of its classes. */
export function documented(file: string): Documented[] {
  const source = parse(path.join(project, file))
  const found = (name: string, node: ts.Node): Documented => {
    const doc = docOf(source, node)
    return { name, file, doc, examples: examplesIn(doc) }
  }
  const all = source.statements.filter(isExported).flatMap(statement => {
    if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(each => found(each.name.getText(source), statement))
    if (ts.isClassDeclaration(statement)) {
      const name = statement.name?.text ?? 'default'
      return [found(name, statement), ...statement.members.map(member => found(`${name}.${member.name?.getText(source) ?? 'constructor'}`, member))]
    }
    const named = ts.isFunctionDeclaration(statement) || ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)
    return named && statement.name ? [found(statement.name.text, statement)] : []
  })
  // Overloads without a docstring do not count separately.
  return all.filter(({ name, doc }, index) => doc !== '' || all.findIndex(other => other.name === name) === index)
}

/** What authors import: the public files of the engine, and what modules import from its rooms. */
const faces = ['lib/index.ts', 'lib/resource.ts']

/** Name → file, for everything that an author may import, including types. */
export function publicNames(): Map<string, string> {
  const exported = faces.flatMap(face => namesIn(face, parse(path.join(project, face)).statements.filter(ts.isExportDeclaration)))
  const imported = moduleFiles().flatMap(file => namesIn(file, parse(path.join(project, file)).statements.filter(ts.isImportDeclaration)).filter(([, from]) => /^lib\/./.test(from) && !faces.includes(from)))
  return new Map([...imported, ...exported])
}

/** The names of import or export declarations, each with the file that it comes from. */
function namesIn(file: string, declarations: readonly (ts.ImportDeclaration | ts.ExportDeclaration)[]): [string, string][] {
  return declarations.flatMap(declaration => {
    const named = ts.isImportDeclaration(declaration) ? declaration.importClause?.namedBindings : declaration.exportClause
    if (!declaration.moduleSpecifier || !ts.isStringLiteral(declaration.moduleSpecifier) || !named || !(ts.isNamedExports(named) || ts.isNamedImports(named))) return []
    const from = path.posix.join(path.posix.dirname(file), declaration.moduleSpecifier.text)
    return named.elements.map((element): [string, string] => [(element.propertyName ?? element.name).text, from])
  })
}

export const moduleFiles = (): string[] => readdirSync(path.join(project, 'modules')).filter(file => file.endsWith('.ts')).sort().map(file => `modules/${file}`)

function parse(file: string): ts.SourceFile {
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
}

function isExported(statement: ts.Statement): boolean {
  return ts.canHaveModifiers(statement) && (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
}

function docOf(source: ts.SourceFile, node: ts.Node): string {
  const comments = ts.getLeadingCommentRanges(source.text, node.pos) ?? []
  const text = comments.map(({ pos, end }) => source.text.slice(pos, end)).filter(comment => comment.startsWith('/**')).at(-1) ?? ''
  return text.replace(/^\/\*\*\s?|\s*\*\/$/g, '').replace(/^[ \t]*\* ?/gm, '').trim()
}

/** An example ends at the next tag. */
function examplesIn(doc: string): string[] {
  return doc.split(/(?:^|\s)@example\s/).slice(1).map(rest => (/^[^]*?(?=\n@\w|$(?![^]))/.exec(rest)?.[0] ?? rest).trim())
}
