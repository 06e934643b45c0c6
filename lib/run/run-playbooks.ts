import pLimit from 'p-limit'
import { prepare, type Observer, type Prepared } from '../apply/host.ts'
import { PlaybookError } from '../errors.ts'
import type { Host, Inventory } from '../inventory/host.ts'
import { selectHosts } from '../inventory/select-hosts.ts'
import { argumentIssues, type HostPlay, type Playbook } from '../playbook/playbook.ts'
import { exitStatus, statusOf, type HostReport, type Report } from '../report/report.ts'
import { runHost } from './run-host.ts'
import { checkSelection, chooser, type Selection } from './select.ts'

/** What a run is about. */
export interface RunOptions extends Selection {
  check: boolean
  limit?: string
  extraVars: Readonly<Record<string, unknown>>
  /** Hosts at the same time. */
  forks: number
}

/** One playbook with the hosts it is for, laid out and found to be without mistakes. */
export interface CheckedPlaybook {
  playbook: Playbook
  hosts: { host: Host; prepared: Prepared }[]
}

/**
 * Lays playbooks out for their hosts and finds every mistake that can be found without a connection.
 *
 * @throws PlaybookError with all mistakes of all hosts at once; UsageError for an unknown limit or tag.
 */
export function checkPlaybooks(playbooks: readonly Playbook[], inventory: Inventory, options: Omit<RunOptions, 'check' | 'forks'>): CheckedPlaybook[] {
  const problems = new Map<string, string[]>()
  const note = (problem: string, host: string) => problems.set(problem, [...(problems.get(problem) ?? []), host])
  const checked = playbooks.map(playbook => ({
    playbook,
    hosts: selectHosts(inventory, playbook.hosts, options.limit).flatMap(host => {
      const vars = { ...host.vars, ...options.extraVars }
      const wrong = playbook.checkVars(vars)
      for (const { variable, message } of wrong) note(`The variable ${variable || '(all)'} is wrong: ${message}`, host.name)
      if (wrong.length) return []
      const prepared = prepare(playbook, host, vars)
      if (prepared.play) for (const issue of argumentIssues(prepared.play)) note(`"${issue.task}": ${issue.module}: ${issue.argument}: ${issue.message}`, host.name)
      return [{ host, prepared }]
    }),
  }))
  if (problems.size > 0) {
    const lines = [...problems].map(([problem, hosts]) => `${problem} (${hosts.join(', ')})`)
    throw new PlaybookError(`The playbook is wrong in ${lines.length} ${lines.length === 1 ? 'place' : 'places'}; nothing was touched.\n${lines.join('\n')}`, {
      hint: 'Variables come from the inventory (vars) or from -e name=value.',
    })
  }
  checkSelection(options, checked.flatMap(({ hosts }) => hosts.flatMap(({ prepared }): HostPlay[] => (prepared.play ? [prepared.play] : []))))
  return checked
}

/** Runs checked playbooks in order, each on its hosts side by side. A host that failed in one is left out of those after it. */
export async function runPlaybooks(checked: readonly CheckedPlaybook[], inventory: Inventory, options: RunOptions, observer: Observer): Promise<{ report: Report; status: number }> {
  const startedAt = new Date()
  const hosts: Record<string, HostReport> = {}
  const atOnce = pLimit(options.forks)
  for (const { hosts: targets } of checked) {
    await Promise.all(targets.map(({ host, prepared }) => atOnce(async () => {
      const earlier = hosts[host.name]
      if (earlier && (earlier.status === 'failed' || earlier.status === 'unreachable')) return
      const report = await runHost(host, prepared, { check: options.check, choose: chooser(options), observer })
      hosts[host.name] = earlier ? joined(earlier, report) : report
    })))
  }
  const report: Report = {
    version: 1, playbook: checked.map(({ playbook }) => playbook.name).join(', '), inventory: inventory.path, check: options.check,
    startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime(), hosts,
  }
  return { report, status: exitStatus(report) }
}

/** Two playbooks on one host, as one report. */
function joined(one: HostReport, other: HostReport): HostReport {
  const tasks = [...one.tasks, ...other.tasks]
  const handlers = [...one.handlers, ...other.handlers]
  return {
    ...other, tasks, handlers, status: other.error === undefined ? statusOf({ tasks, handlers }) : other.status,
    connectMs: one.connectMs + other.connectMs, roundTrips: one.roundTrips + other.roundTrips,
    bytesSent: one.bytesSent + other.bytesSent, bytesReceived: one.bytesReceived + other.bytesReceived,
    summary: [...one.summary, ...other.summary],
  }
}
