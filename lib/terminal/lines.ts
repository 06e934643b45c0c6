import type { Colors } from 'picocolors/types.js'
import { redact } from '../secret/redact.ts'
import type { HandlerReport, HostReport, Report, TaskReport, TaskStatus } from '../report/report.ts'

/** How much is said, and how. */
export interface Style {
  colors: Colors
  check: boolean
  diff: boolean
  /** 0: what is not as it should be; 1: every task; 2: what each took as well. */
  verbosity: number
}

/** Words in the width of the longest, so that tasks stand in a column; colour is never the only sign. */
function statusWord(status: TaskStatus, { colors, check }: Style): string {
  const word = { ok: 'ok', change: check ? 'would change' : 'changed', 'may-change': 'may change', failed: 'FAILED', skipped: 'skipped' }[status].padEnd(check ? 12 : 10)
  return { ok: colors.green, change: colors.yellow, 'may-change': colors.cyan, failed: colors.red, skipped: colors.dim }[status](word)
}

/** Whether a task is worth a line at this verbosity. */
export function isTold({ status }: Pick<TaskReport, 'status'>, { verbosity }: Style): boolean {
  return verbosity > 0 || (status !== 'ok' && status !== 'skipped')
}

/** A task with its changes. */
export function taskLines(host: string, task: TaskReport, style: Style): string[] {
  const took = style.verbosity > 1 ? style.colors.dim(` (${Math.round(task.durationMs)} ms)`) : ''
  const lines = [`${host}  ${statusWord(task.status, style)}  ${task.name}${task.ignored ? ' (ignored)' : ''}${took}`]
  for (const { resource, diff, reason } of task.changes) {
    lines.push(`    ${style.colors.bold(resource)}${reason === undefined ? '' : `  ${reason}`}`)
    if (style.diff && diff) lines.push(...diff.split('\n').map(line => `      ${paint(line, style)}`))
  }
  if (task.error !== undefined) lines.push(...errorLines(task.error))
  return lines.map(line => redact(line))
}

function errorLines(error: string): string[] {
  return error.split('\n').map(line => `    ${line}`)
}

function paint(line: string, { colors }: Style): string {
  if (line.startsWith('+')) return colors.green(line)
  if (line.startsWith('-')) return colors.red(line)
  return line.startsWith('@@') ? colors.cyan(line) : line
}

export function handlerLines(host: string, handler: HandlerReport, style: Style): string[] {
  const word = handler.status === 'change' ? (style.check ? 'would run' : 'ran') : handler.status === 'may-change' ? 'may run' : 'FAILED'
  const color = handler.status === 'failed' ? style.colors.red : style.colors.yellow
  return [`${host}  ${color(word.padEnd(style.check ? 12 : 10))}  handler: ${handler.name}`, ...(handler.error === undefined ? [] : errorLines(handler.error))].map(line => redact(line))
}

/** What a run came to, host by host, and what to do next. */
export function summaryLines({ hosts, check }: Report, style: Style): string[] {
  return Object.entries(hosts).flatMap(([name, host]) => [hostLine(name, host, check, style), ...(host.error === undefined ? [] : errorLines(host.error)), ...host.summary.map(line => `    ${line}`)])
}

function hostLine(name: string, host: HostReport, check: boolean, { colors }: Style): string {
  const word = {
    ok: colors.green(check ? 'as it should be' : 'converged, nothing to change'), change: colors.yellow(check ? 'would change' : 'converged'),
    'may-change': colors.cyan('may change'), failed: colors.red('FAILED'), unreachable: colors.red('UNREACHABLE'),
  }[host.status]
  const count = (status: TaskStatus) => host.tasks.filter(task => task.status === status).length
  const counts = (['ok', 'change', 'may-change', 'failed', 'skipped'] as const).filter(status => count(status) > 0).map(status => `${count(status)} ${status}`)
  if (host.handlers.length) counts.push(`${host.handlers.length} ${host.handlers.length === 1 ? 'handler' : 'handlers'}`)
  const cost = `${host.roundTrips} ${host.roundTrips === 1 ? 'round trip' : 'round trips'}, ${kilobytes(host.bytesSent)} sent, ${kilobytes(host.bytesReceived)} received`
  return `${name}  ${word}: ${[...counts, cost].join(', ')}`
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
