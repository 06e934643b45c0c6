import path from 'node:path'
import ts from 'typescript'
import { project } from './docstrings.ts'

/**
 * What the compiler says of files, as strict as tsconfig.json is; by file. Files without errors are
 * not in it.
 */
export function typeErrors(files: readonly string[]): Map<string, string[]> {
  const { options, errors } = ts.parseJsonConfigFileContent(ts.readConfigFile(path.join(project, 'tsconfig.json'), name => ts.sys.readFile(name)).config, { ...ts.sys, readDirectory: () => [] }, project)
  const wrong = errors.filter(({ code }) => code !== NO_INPUTS)
  if (wrong.length) throw new Error(ts.formatDiagnostics(wrong, host))
  const program = ts.createProgram(files, { ...options, typeRoots: [path.join(project, 'node_modules', '@types')] })
  const found = new Map<string, string[]>()
  for (const file of files) {
    const source = program.getSourceFile(file)
    const told = source ? [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)] : []
    if (!source) found.set(file, ['The compiler did not read it.'])
    else if (told.length) found.set(file, told.map(each => ts.formatDiagnostic(each, host)))
  }
  return found
}

/** "No inputs were found": they are given apart. */
const NO_INPUTS = 18003

const host: ts.FormatDiagnosticsHost = { getCurrentDirectory: () => project, getCanonicalFileName: name => name, getNewLine: () => '\n' }
