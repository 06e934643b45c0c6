import pLimit from 'p-limit'
import { choosePlay, prepare, type Choose, type Observer, type Prepared } from '../apply/host.ts'
import { Overlay } from '../check/overlay.ts'
import { format, PlaybookError } from '../errors.ts'
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
  const problems = new Problems()
  const checked = playbooks.map(playbook => ({
    playbook,
    hosts: selectHosts(inventory, playbook.hosts, options.limit).flatMap(host => {
      const vars = { ...host.vars, ...options.extraVars }
      const wrong = playbook.checkVars(vars)
      for (const { variable, message } of wrong) problems.note(`The variable ${variable || '(all)'} is wrong: ${message}`, host.name)
      if (wrong.length) return []
      const prepared = prepare(playbook, host, vars)
      if (prepared.play) for (const issue of argumentIssues(prepared.play)) problems.note(`"${issue.task}": ${issue.module}: ${issue.argument}: ${issue.message}`, host.name)
      return [{ host, prepared }]
    }),
  }))
  problems.refuse()
  checkSelection(options, checked.flatMap(({ hosts }) => hosts.flatMap(({ prepared }): HostPlay[] => (prepared.play ? [prepared.play] : []))))
  return checked
}

/**
 * Looks ahead at what every task of a run will be, as far as that can be told without a host, and keeps what it learnt with the playbooks.
 *
 * @throws PlaybookError with all mistakes of all hosts at once: arguments that only a task's function makes, templates, missing files.
 */
export async function lookAhead(checked: readonly CheckedPlaybook[], selection: Selection): Promise<void> {
  const problems = new Problems()
  const choose = choosers(selection)
  for (const { hosts } of checked) {
    for (const { host, prepared } of hosts) {
      if (!prepared.play) continue
      prepared.chosen = await choosePlay(prepared.play, choose(host))
      for (const mistake of prepared.chosen.mistakes) problems.note(format(mistake), host.name)
    }
  }
  problems.refuse()
}

/** One chooser a host, whatever playbooks it has: a run that starts at a task does so once. */
function choosers(selection: Selection): (host: Host) => Choose {
  const made = new Map<string, Choose>()
  return ({ name }) => {
    const choose = made.get(name) ?? chooser(selection)
    made.set(name, choose)
    return choose
  }
}

/** What is wrong with a playbook: each once, with the hosts that it is wrong for. */
class Problems {
  readonly #hosts = new Map<string, string[]>()

  note(problem: string, host: string): void {
    this.#hosts.set(problem, [...(this.#hosts.get(problem) ?? []), host])
  }

  /** @throws PlaybookError with all of them, if there are any. */
  refuse(): void {
    if (this.#hosts.size === 0) return
    const lines = [...this.#hosts].map(([problem, hosts]) => `${problem} (${hosts.join(', ')})`)
    throw new PlaybookError(`The playbook is wrong in ${lines.length} ${lines.length === 1 ? 'place' : 'places'}; nothing was touched.\n${lines.join('\n')}`, {
      hint: 'Variables come from the inventory (vars) or from -e name=value.',
    })
  }
}

/** Runs checked playbooks in order, each on its hosts side by side. A host that failed in one is left out of those after it. */
export async function runPlaybooks(checked: readonly CheckedPlaybook[], inventory: Inventory, options: RunOptions, observer: Observer): Promise<{ report: Report; status: number }> {
  const startedAt = new Date()
  const hosts: Record<string, HostReport> = {}
  const atOnce = pLimit(options.forks)
  const choose = choosers(options)
  const overlays = new Map<string, Overlay>()
  for (const { hosts: targets } of checked) {
    await Promise.all(targets.map(({ host, prepared }) => atOnce(async () => {
      const earlier = hosts[host.name]
      if (earlier && (earlier.status === 'failed' || earlier.status === 'unreachable')) return
      const overlay = overlays.get(host.name) ?? new Overlay()
      overlays.set(host.name, overlay)
      const report = await runHost(host, prepared, { check: options.check, choose: choose(host), observer, overlay })
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
