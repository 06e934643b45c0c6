import pLimit from 'p-limit'
import { choosePlay, prepare, type Prepared } from './open-host.ts'
import type { Observer } from '../walk/host-walk.ts'
import { contradictions } from '../check/contrary.ts'
import { Overlay } from '../check/overlay.ts'
import { ArgumentError, PlaybookError } from '../errors.ts'
import { formatError } from '../report/format-error.ts'
import type { Host, Inventory } from '../inventory/host.ts'
import { selectHosts } from '../inventory/select-hosts.ts'
import { argumentIssues, type Playbook } from '../playbook/playbook.ts'
import { exitStatus, statusOf, type HostReport, type Report } from '../report/report.ts'
import { Problems } from './problems.ts'
import { askFacts, runHost } from './run-host.ts'
import { checkSelection, choosers, type LaidOut, type Selection } from './select.ts'
import { unknownExtraVars, unknownInventoryVars } from './unknown-variables.ts'

/** What to run. */
export interface RunOptions extends Selection {
  check: boolean
  /** Whether contents are fetched in order to show how they differ; default true. */
  contents?: boolean
  limit?: string
  extraVars: Readonly<Record<string, unknown>>
  /** A variable in the inventory that no playbook declares is an error. */
  strictVars?: boolean
  /** Hosts at the same time. */
  forks: number
}

/** One playbook with its hosts, laid out and checked. */
export interface CheckedPlaybook {
  playbook: Playbook
  hosts: { host: Host; prepared: Prepared }[]
}

/**
 * Lays out playbooks for their hosts and finds every mistake that needs no connection.
 *
 * @throws PlaybookError with all mistakes of all hosts at once; UsageError for an unknown limit or
 * tag.
 */
export function checkPlaybooks(playbooks: readonly Playbook[], inventory: Inventory, options: Omit<RunOptions, 'check' | 'forks'>): CheckedPlaybook[] {
  const problems = new Problems()
  for (const problem of unknownExtraVars(playbooks, options.extraVars)) problems.note(problem)
  const checked = playbooks.map(playbook => ({
    playbook,
    hosts: selectHosts(inventory, playbook.hosts, options.limit).flatMap(host => {
      if (options.strictVars) for (const problem of unknownInventoryVars(playbooks, [host])) problems.note(problem, host.name)
      const vars = { ...host.vars, ...options.extraVars }
      const wrong = playbook.checkVars(vars)
      for (const { variable, message } of wrong) problems.note(`The variable ${variable || '(all)'} is wrong${placeOf(variable, host, options.extraVars)}: ${message}`, host.name)
      if (wrong.length) problems.hint = 'Variables come from the inventory (vars) or from -e name=value.'
      if (wrong.length) return []
      const prepared = prepare(playbook, host, vars)
      if (prepared.play) for (const issue of argumentIssues(prepared.play)) problems.note(`"${issue.task}": ${issue.module}: ${issue.argument}: ${issue.message}`, host.name)
      return [{ host, prepared }]
    }),
  }))
  problems.refuse()
  checkSelection(options, checked.map(laidOut))
  return checked
}

/** Where a wrong variable was set; empty where it is missing. */
function placeOf(variable: string, { places }: Host, extraVars: Readonly<Record<string, unknown>>): string {
  const [name = ''] = variable.split('.')
  if (name in extraVars) return ' (-e)'
  return places?.[name] === undefined ? '' : ` (${places[name]})`
}

/** The plays of a playbook, by host name. */
export function laidOut({ hosts }: CheckedPlaybook): LaidOut {
  return new Map(hosts.map(({ host, prepared }) => [host.name, prepared.play]))
}

/**
 * Reads the facts that plays use in their layout, and lays them out: tasks that are selected or
 * listed by name must be known first.
 *
 * @returns why a host could not be asked, by host name.
 * @throws PlaybookError with all mistakes of all hosts at once; UsageError for an unknown tag or
 * task.
 */
export async function learnFacts(checked: readonly CheckedPlaybook[], options: Pick<RunOptions, 'forks'> & Selection): Promise<Map<string, string>> {
  const unreachable = new Map<string, string>()
  const problems = new Problems()
  const atOnce = pLimit(options.forks)
  const targets = checked.flatMap(({ hosts }) => hosts).filter(({ prepared }) => !prepared.play)
  await Promise.all([...new Set(targets.map(({ host }) => host))].map(host => atOnce(async () => {
    try {
      const facts = await askFacts(host)
      for (const target of targets) if (target.host === host) target.prepared.play = target.prepared.learn(facts)
    } catch (error) {
      if (error instanceof PlaybookError || error instanceof ArgumentError) problems.note(formatError(error), host.name)
      else unreachable.set(host.name, formatError(error))
    }
  })))
  problems.refuse()
  checkSelection(options, checked.map(laidOut))
  return unreachable
}

/**
 * Looks ahead at every task of a run, as far as that works without a host, and keeps the result
 * with the playbooks.
 *
 * @returns possible mistakes, one line each.
 * @throws PlaybookError with all mistakes of all hosts at once: arguments that only a task's
 * function makes, templates, missing files, errors of a playbook's own code, tasks that undo each
 * other.
 */
export async function lookAhead(checked: readonly CheckedPlaybook[], selection: Selection): Promise<string[]> {
  const problems = new Problems()
  const notes = new Set<string>()
  const choose = choosers(selection, checked.map(laidOut))
  for (const [index, { hosts }] of checked.entries()) {
    for (const { host, prepared } of hosts) {
      if (!prepared.play) continue
      prepared.chosen = await choosePlay(prepared.play, choose(index, host.name))
      const contrary = await contradictions(prepared.chosen.play, prepared.chosen.asked)
      for (const mistake of [...prepared.chosen.mistakes, ...contrary.mistakes]) problems.note(formatError(mistake), host.name)
      for (const note of contrary.notes) notes.add(note)
    }
  }
  problems.refuse()
  return [...notes]
}

/** Observes a whole run, host by host. */
export interface RunObserver extends Observer {
  /** A host has finished a playbook, successfully or not. */
  hostDone: (host: string, report: HostReport) => void
}

/**
 * Runs checked playbooks in order, each on its hosts in parallel. Names of one machine run one
 * after the other, since it has one lock. A host that failed in one playbook is left out of the
 * next ones.
 */
export async function runPlaybooks(checked: readonly CheckedPlaybook[], inventory: Inventory, options: RunOptions, observer: RunObserver): Promise<{ report: Report; status: number }> {
  const startedAt = new Date()
  const hosts: Record<string, HostReport> = {}
  const atOnce = pLimit(options.forks)
  const choose = choosers(options, checked.map(laidOut))
  const overlays = new Map<string, Overlay>()
  for (const [index, { hosts: targets }] of checked.entries()) {
    tellSharedMachines(targets.map(({ host }) => host), observer)
    const before = new Map<string, Promise<void>>()
    const run = async ({ host, prepared }: CheckedPlaybook['hosts'][number]): Promise<void> => {
      const earlier = hosts[host.name]
      if (earlier && (earlier.status === 'failed' || earlier.status === 'unreachable')) return
      const overlay = overlays.get(machineOf(host)) ?? new Overlay()
      overlays.set(machineOf(host), overlay)
      const report = await runHost(host, prepared, { check: options.check, contents: options.contents, choose: choose(index, host.name), observer, overlay })
      const whole = earlier ? joined(earlier, report) : report
      hosts[host.name] = whole
      observer.hostDone(host.name, whole)
    }
    await Promise.all(targets.map(target => {
      const machine = machineOf(target.host)
      const done = (before.get(machine) ?? Promise.resolve()).then(() => atOnce(() => run(target)))
      before.set(machine, done)
      return done
    }))
  }
  const report: Report = {
    version: 1, playbook: checked.map(({ playbook }) => playbook.name).join(', '), inventory: inventory.path, check: options.check,
    startedAt: startedAt.toISOString(), durationMs: Date.now() - startedAt.getTime(), hosts,
  }
  return { report, status: exitStatus(report) }
}

/** How many names of one machine are listed in a note. */
const NAMES_LISTED = 5

/** Notes, once per machine, which names of the inventory are one machine. */
function tellSharedMachines(hosts: readonly Host[], observer: RunObserver): void {
  const machines = new Map<string, string[]>()
  for (const host of hosts) machines.set(machineOf(host), [...(machines.get(machineOf(host)) ?? []), host.name])
  for (const [machine, [first = '', ...others]] of machines) {
    if (others.length === 0) continue
    const more = others.length > NAMES_LISTED ? ` and ${others.length - NAMES_LISTED} more` : ''
    observer.note(first, `It is the same machine (${machine}) as ${others.slice(0, NAMES_LISTED).join(', ')}${more}: they run one after the other.`)
  }
}

/** The machine behind a host name, as far as its address shows. */
function machineOf({ connection, address, port }: Host): string {
  return connection === 'local' ? 'local' : `${address.toLowerCase()} port ${port}`
}

/** Two playbooks on one host, as one report. */
function joined(one: HostReport, other: HostReport): HostReport {
  const tasks = [...one.tasks, ...other.tasks]
  const handlers = [...one.handlers, ...other.handlers.map(handler => ({ ...handler, after: one.tasks.length + (handler.after ?? other.tasks.length) }))]
  return {
    ...other, tasks, handlers, status: other.error === undefined ? statusOf({ tasks, handlers }) : other.status,
    connectMs: one.connectMs + other.connectMs, roundTrips: one.roundTrips + other.roundTrips,
    bytesSent: one.bytesSent + other.bytesSent, bytesReceived: one.bytesReceived + other.bytesReceived,
    summary: [...one.summary, ...other.summary],
  }
}
