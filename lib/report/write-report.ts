import { randomBytes } from 'node:crypto'
import { accessSync, closeSync, constants, fchmodSync, lstatSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { UsageError } from '../errors.ts'
import { html } from './html.ts'
import { junit } from './junit.ts'
import { shown, shownInLine } from './printable.ts'
import { reportSchema, type Report } from './report.ts'

const formats: Record<string, (report: Report) => string> = { '.json': report => `${JSON.stringify(report, undefined, 2)}\n`, '.xml': junit, '.html': html }

/**
 * @throws UsageError for a file with an unknown extension, for a directory, or for a folder that
 * does not exist or is not writable.
 */
export function checkReportFile(path: string): void {
  if (!formats[extname(path)]) throw new UsageError(`The report ${path} does not have a format that stead supports.`, { hint: `Its name must end in ${Object.keys(formats).join(' or ')}.` })
  const folder = statSync(dirname(path), { throwIfNoEntry: false })
  if (!folder?.isDirectory()) throw new UsageError(`The report ${path} cannot be written: its folder does not exist.`)
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`The report ${path} cannot be written: a directory is there.`)
  try {
    accessSync(dirname(path), constants.W_OK)
  } catch (error) {
    throw new UsageError(`The report ${path} cannot be written: its folder cannot be written to.`, { cause: error })
  }
}

/**
 * Writes a report atomically. It shows the content of files and how hosts are set up, so it gets
 * mode 0600, or keeps the mode of an older report of the same owner. A link in its place is
 * replaced, not followed.
 */
export function writeReport(path: string, report: Report): void {
  const format = formats[extname(path)]
  if (!format) return checkReportFile(path)
  const old = lstatSync(path, { throwIfNoEntry: false })
  const mode = old?.isFile() && old.uid === process.getuid?.() ? old.mode & 0o777 : 0o600
  // Its name cannot be guessed, and an existing file is never opened.
  const beside = join(dirname(path), `.${basename(path)}.${randomBytes(8).toString('hex')}`)
  const file = openSync(beside, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600)
  try {
    writeFileSync(file, format(printableReport(report)))
    fchmodSync(file, mode)
    renameSync(beside, path)
  } catch (error) {
    rmSync(beside, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
}

/**
 * A report without secrets and without anything a terminal or a browser would interpret or hide.
 */
export function printableReport(report: Report): Report {
  return reportSchema.parse(printable(report))
}

/**
 * Makes texts printable one by one, before a format escapes them: an escaped secret would no longer
 * be found. The report's own words stay.
 */
function printable(value: unknown, field = ''): unknown {
  if (typeof value === 'string') return field === 'status' || field === 'startedAt' ? value : shown(value)
  if (Array.isArray(value)) return value.map(one => printable(one))
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, one]) => [shownInLine(name), printable(one, name)])) : value
}
