import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { PlaybookError, type Way } from '../../errors.ts'
import { parseRequirement } from './requirement.ts'

/** What requirements files say, files that they name included. */
export interface Requirements {
  /** Requirements alone, without hashes and options, as in PEP 508. */
  requirements: string[]
  /** Versions that are allowed for whatever is installed. */
  constraints: string[]
  /** The lines for pip: requirements with their hashes, and options. */
  lines: string[]
  constraintLines: string[]
}

const takesFile = /^(?:(-r|--requirement)|(-c|--constraint))(?:=|\s+|(?=\S))(.+)$/

/** Logical lines with their number: continued ones joined, comments and empty ones left out, as pip does it. */
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
 * Reads requirements files of this machine, with what `-r` and `-c` in them name. Source: pip documentation, Requirements File Format.
 *
 * Decided: an editable requirement (`-e`) and a bare path or URL are errors, since their state cannot be told from a version: `name @ URL` can.
 * So is `${VARIABLE}`, which pip would take from the host.
 *
 * @param wheelsOnly refuse what would have pip run a build: it does so for a URL whatever `--only-binary` says.
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
        if (/^[a-z]+:\/\//.test(named)) throw fail(`${named} is a URL.`, 'Keep the file beside this one.')
        walk(resolve(dirname(file), named.trim()), constrains || requires === undefined, `${file}:${at}`)
        continue
      }
      if (/\$\{[A-Z0-9_]+\}/.test(line)) throw fail('Variables would be taken from the host.', 'Give the value itself, an index by the argument index.')
      if (/^(-e|--editable)\b/.test(line)) throw fail('An editable requirement cannot be kept in a known state.', 'Give name @ URL, or build a wheel.')
      if (wheelsOnly && line.startsWith('--no-binary')) throw fail('Builds would be run.', undefined, [{ argument: 'onlyBinary', hint: 'Say onlyBinary: false if they may.' }])
      if (line.startsWith('-')) {
        all.lines.push(line)
        continue
      }
      const text = line.replace(/\s+--?[a-z].*$/, '').trim()
      if (/^(\.{0,2}\/|[a-z+]+:\/\/)/.test(text)) throw fail(`${text} does not say what it is called.`, 'Write name @ URL.')
      try {
        parseRequirement(text)
      } catch (error) {
        throw fail(error instanceof Error ? error.message : String(error), 'Write it as for pip, like jinja2>=3.1,<4 (PEP 508).')
      }
      if (wheelsOnly && runsBuild(text)) throw fail(`${text} is not a wheel: its build would run.`, 'Give the URL of a wheel (.whl).', [{ argument: 'onlyBinary', hint: 'Or say onlyBinary: false.' }])
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

/** Whether a requirement is by a URL that is not a wheel's, so that pip runs a build for it. @example runsBuild('a @ https://example.org/a.tar.gz') // true */
export function runsBuild(requirement: string): boolean {
  const { url } = parseRequirement(requirement)
  return url !== undefined && (/^(git|hg|svn|bzr)\+/.test(url) || !/\.whl$/i.test(url.replace(/[?#].*$/, '')))
}

function readText(file: string, from: string | undefined): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new PlaybookError(`The requirements file ${file} cannot be read${from === undefined ? '' : `, which ${from} names`}.`, { cause: error })
  }
}
