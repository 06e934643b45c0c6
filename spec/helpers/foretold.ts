import type { HostReport } from '../../lib/report/report.ts'

/**
 * What a check predicted, compared with what the run after it did. Both lists are empty if the
 * check was right.
 */
export interface Verdict {
  /** Changed or run, but not predicted as `change` or `may-change`. */
  unforetold: string[]
  /** Predicted as `change`, but did not happen. */
  untrue: string[]
}

/**
 * Holds a check's report of a host against that of the run which followed. A task of which the
 * check could tell nothing (it is named in the place of what it changes) may change anything. A run
 * that stopped at a task that failed is held to what it got to.
 *
 * @throws where one of them never came to a task: that would prove nothing.
 */
export function heldAgainst(check: HostReport, run: HostReport): Verdict {
  for (const { error, tasks, handlers: reported } of [check, run]) if (error !== undefined || tasks.length + reported.length === 0) throw new Error(`Nothing can be held against what never came to a task: ${error ?? 'none was reported'}`)
  const stopped = [...run.tasks, ...run.handlers].find(({ status }) => status === 'failed')
  const stopsAt = check.tasks.find(({ status }) => status === 'failed')
  const got = new Set(run.tasks.filter(({ status }) => status !== 'failed').map(({ name }) => name))
  const told = new Map(check.tasks.map(task => [task.name, task]))
  const unknown = new Set(check.tasks.filter(({ name, status, changes }) => status === 'may-change' && changes.some(({ resource }) => resource === name)).map(({ name }) => name))
  const foretold = new Map(check.tasks.filter(({ name }) => got.has(name)).flatMap(({ name, changes }) => changes.map(({ resource, reason }) => [`${name}: ${resource}`, reason === undefined])))
  const made = new Set(run.tasks.filter(({ name }) => got.has(name) && !unknown.has(name)).flatMap(({ name, changes }) => changes.map(({ resource }) => `${name}: ${resource}`)))
  const handlers = new Map(check.handlers.map(({ name, status }) => [name, status === 'change']))
  const ran = new Set(run.handlers.map(({ name }) => name))
  const surely = (list: Map<string, boolean>) => [...list].flatMap(([name, certain]) => (certain ? [name] : []))
  const tasksSure = check.tasks.filter(({ name, status }) => got.has(name) && status === 'change').map(({ name }) => name)
  const tasksChanged = new Set(run.tasks.filter(({ status }) => status === 'change').map(({ name }) => name))
  const tasksForetold = new Set(check.tasks.filter(({ status }) => status === 'change' || status === 'may-change').map(({ name }) => name))
  // A change that was tried and failed is told as a failure; of a task that was said to be fine
  // nothing may fail.
  const surelyFine = stopped && told.get(stopped.name)?.status === 'ok' ? [`${stopped.name}: failed`] : []
  return {
    unforetold: [
      ...[...made].filter(name => !foretold.has(name)),
      ...[...tasksChanged].filter(name => !tasksForetold.has(name)),
      ...[...ran].filter(name => !handlers.has(name)).map(name => `handler ${name}`),
    ],
    untrue: [
      ...surely(foretold).filter(name => !made.has(name) && !unknown.has(name.split(': ')[0] ?? '')),
      ...tasksSure.filter(name => !tasksChanged.has(name)),
      ...(stopped ? surelyFine : surely(handlers).filter(name => !ran.has(name)).map(name => `handler ${name}`)),
      ...(stopsAt && stopped?.name !== stopsAt.name ? [`${stopsAt.name}: was to fail`] : []),
    ],
  }
}
