import { readFileSync } from 'node:fs'
import { createColors } from 'picocolors'
import { NotBundled } from '../default-export.ts'
import { SteadError } from '../errors.ts'
import { formatError } from '../report/format-error.ts'
import { loadInventory, refuseVarsBeside } from '../inventory/load.ts'
import { overrideConnection } from '../inventory/override-connection.ts'
import { loadPlaybooks } from '../playbook/load.ts'
import { shown } from '../report/printable.ts'
import { checkReportFile, writeReport } from '../report/write-report.ts'
import { checkPlaybooks, learnFacts, lookAhead, runPlaybooks, type RunOptions } from '../run/run-playbooks.ts'
import { listenForStop } from '../run/signals.ts'
import { unknownInventoryVars } from '../run/unknown-variables.ts'
import { summaryLines, type Style } from '../terminal/lines.ts'
import { lineObserver } from '../terminal/observer.ts'
import { parseArguments, type Arguments } from './arguments.ts'
import { listing } from './listing.ts'

/** Where a run writes to. */
export interface Streams {
  out: NodeJS.WriteStream
  error: NodeJS.WriteStream
}

/**
 * The whole command: parses the arguments, loads inventory and playbook, runs, reports, and returns
 * the exit status. It connects to nothing until all of these are valid.
 */
export async function main(words: readonly string[], { out, error }: Streams): Promise<number> {
  try {
    const line = parseArguments(words, { version: version() })
    if (line.type === 'print') {
      out.write(line.text)
      return 0
    }
    return await run(line.arguments, { out, error })
  } catch (problem) {
    if (problem instanceof NotBundled) throw problem
    error.write(`${shown(formatError(problem))}\n`)
    return problem instanceof SteadError ? problem.exitStatus : 70
  }
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? 'unknown'
}

async function run(given: Arguments, { out, error }: Streams): Promise<number> {
  given.reports.forEach(checkReportFile)
  const [playbooks, loaded] = await Promise.all([
    loadPlaybooks(given.playbook),
    loadInventory(given.inventories, { directory: 'inventories' }),
    // Nearly every run needs it, and it is slow to load: it loads while the others are found.
    import('../transport/ssh.ts'),
  ])
  const { user, privateKey, become } = given
  const inventory = { ...loaded, hosts: overrideConnection(loaded.hosts, { user, privateKey, become }) }
  for (const warning of inventory.warnings) error.write(`Warning: ${warning}\n`)
  const options: RunOptions = { ...given, contents: given.diff }
  refuseVarsBeside(given.playbook, inventory)
  const checked = checkPlaybooks(playbooks, inventory, options)
  for (const note of given.strictVars ? [] : unknownInventoryVars(playbooks, checked.flatMap(({ hosts }) => hosts.map(({ host }) => host)))) error.write(`Note: ${note}\n`)
  const lists = given.listHosts || given.listTasks || given.listTags
  const choosesByName = given.listTasks || given.listTags || given.startAtTask !== undefined || given.tags.length + given.skipTags.length > 0
  const asksFirst = choosesByName && checked.some(({ hosts }) => hosts.some(({ prepared }) => !prepared.play))
  if (asksFirst && !lists) await inventory.start?.()
  const unreachable = asksFirst ? await learnFacts(checked, options) : new Map<string, string>()
  if (lists) {
    out.write(listing(given, checked, unreachable).map(text => `${text}\n`).join(''))
    return unreachable.size > 0 ? 4 : 0
  }
  for (const note of await lookAhead(checked, options)) error.write(`Note: ${shown(note)}\n`)
  const terminal = Boolean(out.isTTY && !process.env.CI && process.env.TERM !== 'dumb')
  const style: Style = { colors: createColors(terminal && !process.env.NO_COLOR), check: given.check, diff: given.diff, verbosity: given.verbosity }
  const write = (text: string) => void out.write(`${text}\n`)
  await inventory.start?.()
  const names = [...new Set(checked.flatMap(({ hosts }) => hosts.map(({ host }) => host.name)))]
  const view = terminal ? (await import('../terminal/live.ts')).liveView(names, out, style) : { observer: lineObserver(write, style), tell: write, close: () => undefined }
  const stopping = listenForStop(reason => view.tell(`Stopping (${reason}) after the current step. A second Ctrl-C ends at once.`), () => view.close())
  try {
    const { report, status } = await runPlaybooks(checked, inventory, options, { ...view.observer, stop: stopping.signal })
    view.close()
    summaryLines(report, style).forEach(write)
    if (names.length === 0) write('No host matches; there was nothing to do.')
    for (const path of given.reports) writeReport(path, report)
    return stopping.status() ?? status
  } finally {
    view.close()
    stopping.end()
  }
}
