import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { PlaybookError, type Way } from '../../errors.ts'
import { parseRequirement } from './requirement.ts'

/** The content of requirements files, including the files that they name. */
export interface Requirements {
  /** Only requirements, without hashes and options, as in PEP 508. */
  requirements: string[]
  /** Allowed versions of whatever is installed. */
  constraints: string[]
  /** The lines for pip: requirements with their hashes, and options. */
  lines: string[]
  constraintLines: string[]
}

const takesFile = /^(?:(-r|--requirement)|(-c|--constraint))(?:=|\s+|(?=\S))(.+)$/

/**
 * Logical lines with their numbers: continued lines joined, comments and empty lines removed, as
 * pip does.
 */
function logicalLines(text: string): { line: string; at: number }[] {
  const found: { line: string; at: number }[] = []
  let open: { line: string; at: number } | undefined
  text.split(/\r?\n/).forEach((raw, index) => {
    const isComment = /^\s*#/.test(raw)
    const continued = raw.endsWith('\\') && !isComment
    const current: { line: string; at: number } = open ?? { line: '', at: index + 1 }
    current.line += continued ? raw.slice(0, -1) : raw
    if (continued) return void (open = current)
    open = undefined
    found.push(current)
  })
  if (open) found.push(open)
  return found.map(({ line, at }) => ({ line: line.replace(/(^|\s+)#.*$/, '').trim(), at })).filter(({ line }) => line !== '')
}

/**
 * Reads requirements files on this machine, including the files that they name with `-r` and `-c`.
 * Source: pip documentation, Requirements File Format.
 *
 * An editable requirement (`-e`) and a bare path or URL are errors, since a version does not show
 * their state; `name @ URL` works. So is `${VARIABLE}`, which pip would take from the host.
 *
 * @param wheelsOnly refuse anything for which pip would run a build. It does so for a URL in spite
 * of `--only-binary`.
 * @throws PlaybookError with file and line.
 */
export function readRequirements(files: readonly string[], constraintFiles: readonly string[] = [], { wheelsOnly = false } = {}): Requirements {
  const all: Requirements = { requirements: [], constraints: [], lines: [], constraintLines: [] }
  const seen = new Set<string>()
  const walk = (file: string, constrains: boolean, from?: string) => {
    if (seen.has(`${constrains} ${file}`)) return
    seen.add(`${constrains} ${file}`)
    for (const { line, at } of logicalLines(readText(file, from))) {
      const fail = (message: string, hint?: string, ways?: Way[]) => new PlaybookError(`${file}:${at}: ${message}`, { hint, ways })
      const [, requires, , named] = takesFile.exec(line) ?? []
      if (named !== undefined) {
        if (/^[a-z]+:\/\//.test(named)) throw fail(`${named} is a URL; only a file is supported.`, 'Save it next to this one.')
        walk(resolve(dirname(file), named.trim()), constrains || requires === undefined, `${file}:${at}`)
        continue
      }
      if (/\$\{[A-Z0-9_]+\}/.test(line)) throw fail('Variables are not supported: pip would take them from the host.', 'Write the value itself; for an index, use the argument index.')
      if (/^(-e|--editable)\b/.test(line)) throw fail('Editable requirements are not supported, since their state is not known.', 'Write name @ URL, or build a wheel.')
      if (wheelsOnly && line.startsWith('--no-binary')) throw fail('--no-binary would run builds.', undefined, [{ argument: 'onlyBinary', hint: 'Set onlyBinary: false to allow that.' }])
      if (line.startsWith('-')) {
        all.lines.push(line)
        continue
      }
      const text = line.replace(/\s+--?[a-z].*$/, '').trim()
      if (/^(\.{0,2}\/|[a-z+]+:\/\/)/.test(text)) throw fail(`${text} has no package name.`, 'Write name @ URL.')
      try {
        parseRequirement(text)
      } catch (error) {
        throw fail(error instanceof Error ? error.message : String(error), 'Write it as for pip, like jinja2>=3.1,<4 (PEP 508).')
      }
      if (wheelsOnly && runsBuild(text)) throw fail(`${text} is not a wheel, so pip would run its build.`, 'Use the URL of a wheel (.whl).', [{ argument: 'onlyBinary', hint: 'Or set onlyBinary: false to allow builds.' }])
      if (constrains) all.constraints.push(text)
      else all.requirements.push(text)
      if (constrains) all.constraintLines.push(line)
      else all.lines.push(line)
    }
  }
  for (const file of files) walk(resolve(file), false)
  for (const file of constraintFiles) walk(resolve(file), true)
  return all
}

/**
 * Whether pip runs a build for a requirement, since its URL is not that of a wheel.
 * @example runsBuild('a @ https://example.org/a.tar.gz') // true
 */
export function runsBuild(requirement: string): boolean {
  const { url } = parseRequirement(requirement)
  return url !== undefined && (/^(git|hg|svn|bzr)\+/.test(url) || !/\.whl$/i.test(url.replace(/[?#].*$/, '')))
}

function readText(file: string, from: string | undefined): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new PlaybookError(`The requirements file ${file}${from === undefined ? '' : `, named in ${from},`} cannot be read.`, { cause: error })
  }
}
