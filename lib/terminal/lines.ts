import type { Colors } from 'picocolors/types.js'
import { shown, shownInLine } from '../report/printable.ts'
import type { HandlerReport, HostReport, Report, TaskReport, TaskStatus } from '../report/report.ts'

/** How much to print, and how. */
export interface Style {
  colors: Colors
  check: boolean
  diff: boolean
  /** 0: changes and failures; 1: every task; 2: how long each took as well. */
  verbosity: number
}

/** Status words padded to one width, so that tasks line up; colour is never the only sign. */
function statusWord(status: TaskStatus, { colors, check }: Style): string {
  const word = { ok: 'ok', change: check ? 'would change' : 'changed', 'may-change': 'may change', failed: 'FAILED', skipped: 'skipped' }[status].padEnd(check ? 12 : 10)
  return { ok: colors.green, change: colors.yellow, 'may-change': colors.cyan, failed: colors.red, skipped: colors.dim }[status](word)
}

/** Whether a task is worth a line at this verbosity. */
export function isTold({ status }: Pick<TaskReport, 'status'>, { verbosity }: Style): boolean {
  return verbosity > 0 || (status !== 'ok' && status !== 'skipped')
}

/**
 * A task with its changes. Text from hosts and playbooks is made printable; stead's own words stay,
 * even where a secret is one of them.
 */
export function taskLines(host: string, task: TaskReport, style: Style): string[] {
  const took = style.verbosity > 1 ? style.colors.dim(` (${Math.round(task.durationMs)} ms)`) : ''
  const lines = [`${shownInLine(host)}  ${statusWord(task.status, style)}  ${shownInLine(task.name)}${task.ignored ? ' (ignored)' : ''}${took}`]
  for (const { resource, diff, reason } of task.changes) {
    lines.push(`    ${style.colors.bold(shownInLine(resource))}${reason === undefined ? '' : `  ${shown(reason).replaceAll('\n', '\n      ')}`}`)
    if (style.diff && diff) lines.push(...shown(diff).split('\n').map(line => `      ${paint(line, style)}`))
  }
  if (task.error !== undefined) lines.push(...textLines(task.error))
  return lines.flatMap(line => line.split('\n'))
}

/** Indented lines of text, so that none can pass for one of stead's own. */
function textLines(text: string): string[] {
  return shown(text).split('\n').map(line => `    ${line}`)
}

function paint(line: string, { colors }: Style): string {
  if (line.startsWith('+')) return colors.green(line)
  if (line.startsWith('-')) return colors.red(line)
  return line.startsWith('@@') ? colors.cyan(line) : line
}

export function handlerLines(host: string, handler: HandlerReport, style: Style): string[] {
  const word = handler.status === 'change' ? (style.check ? 'would run' : 'ran') : handler.status === 'may-change' ? 'may run' : 'FAILED'
  const color = handler.status === 'failed' ? style.colors.red : style.colors.yellow
  return [`${shownInLine(host)}  ${color(word.padEnd(style.check ? 12 : 10))}  handler: ${shownInLine(handler.name)}`, ...(handler.error === undefined ? [] : textLines(handler.error))]
}

/** The result of a run host by host, what to do next, and a total. */
export function summaryLines({ hosts, check, durationMs }: Report, style: Style): string[] {
  const each = Object.entries(hosts).flatMap(([name, host]) => [hostLine(name, host, style), ...(host.error === undefined ? [] : textLines(host.error)), ...host.summary.flatMap(textLines)])
  const all = Object.values(hosts)
  const words = totalWords(check)
  const counts = (['ok', 'change', 'may-change', 'failed', 'unreachable', 'stopped'] as const)
    .map(end => [end, all.filter(host => (host.stopped ? 'stopped' : host.status) === end).length] as const)
    .flatMap(([end, count]) => (count === 0 ? [] : [`${count} ${words[end]}`]))
  const ignored = all.reduce((sum, host) => sum + ignoredFailures(host), 0)
  if (ignored > 0) counts.push(`${ignored} ${ignored === 1 ? 'failure' : 'failures'} ignored`)
  return all.length === 0 ? each : [...each, `${all.length} ${all.length === 1 ? 'host' : 'hosts'}: ${counts.join(', ')}, in ${(durationMs / 1000).toFixed(1)} s`]
}

function totalWords(check: boolean): Record<HostReport['status'] | 'stopped', string> {
  return { ok: check ? 'as it should be' : 'unchanged', change: check ? 'would change' : 'changed', 'may-change': 'may change', failed: 'FAILED', unreachable: 'UNREACHABLE', stopped: 'STOPPED' }
}

/** The result of a host in a few words. */
export function hostWord(host: HostReport, { colors, check }: Style): string {
  const { status, stopped } = host
  if (stopped) return colors.yellow('STOPPED')
  if (status === 'ok' && ignoredFailures(host) > 0) return colors.yellow('nothing to change, apart from ignored failures')
  return {
    ok: colors.green(check ? 'as it should be' : 'converged, nothing to change'), change: colors.yellow(check ? 'would change' : 'converged'),
    'may-change': colors.cyan('may change'), failed: colors.red('FAILED'), unreachable: colors.red('UNREACHABLE'),
  }[status]
}

function ignoredFailures({ tasks, handlers }: HostReport): number {
  return [...tasks, ...handlers].filter(({ ignored }) => ignored === true).length
}

function hostLine(name: string, host: HostReport, style: Style): string {
  const count = (status: TaskStatus) => host.tasks.filter(task => task.status === status).length
  const counts = (['ok', 'change', 'may-change', 'failed', 'skipped'] as const).filter(status => count(status) > 0).map(status => `${count(status)} ${status}`)
  if (ignoredFailures(host) > 0) counts.push(`${ignoredFailures(host)} of the failures ignored`)
  if (host.handlers.length) counts.push(`${host.handlers.length} ${host.handlers.length === 1 ? 'handler' : 'handlers'}`)
  const cost = `${host.roundTrips} ${host.roundTrips === 1 ? 'round trip' : 'round trips'}, ${kilobytes(host.bytesSent)} sent, ${kilobytes(host.bytesReceived)} received`
  return `${shownInLine(name)}  ${hostWord(host, style)}: ${[...counts, cost].join(', ')}`
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
