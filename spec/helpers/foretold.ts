import type { HostReport } from '../../lib/report/report.ts'

/** What a check foretold, held against what the run after it did. Both lists are empty when the check told the truth. */
export interface Verdict {
  /** Changed or run, and not foretold as `change` or `may-change`. */
  unforetold: string[]
  /** Foretold as `change`, and did not come. */
  untrue: string[]
}

/** Holds a check's report of a host against that of the run which followed. */
export function heldAgainst(check: HostReport, run: HostReport): Verdict {
  const foretold = new Map(check.tasks.flatMap(({ name, changes }) => changes.map(({ resource, reason }) => [`${name}: ${resource}`, reason === undefined])))
  const made = new Set(run.tasks.flatMap(({ name, changes }) => changes.map(({ resource }) => `${name}: ${resource}`)))
  const handlers = new Map(check.handlers.map(({ name, status }) => [name, status === 'change']))
  const ran = new Set(run.handlers.map(({ name }) => name))
  const surely = (list: Map<string, boolean>) => [...list].flatMap(([name, certain]) => (certain ? [name] : []))
  const tasksSure = check.tasks.filter(({ status }) => status === 'change').map(({ name }) => name)
  const tasksChanged = new Set(run.tasks.filter(({ status }) => status === 'change').map(({ name }) => name))
  const tasksForetold = new Set(check.tasks.filter(({ status }) => status === 'change' || status === 'may-change').map(({ name }) => name))
  return {
    unforetold: [
      ...[...made].filter(name => !foretold.has(name)),
      ...[...tasksChanged].filter(name => !tasksForetold.has(name)),
      ...[...ran].filter(name => !handlers.has(name)).map(name => `handler ${name}`),
    ],
    untrue: [
      ...surely(foretold).filter(name => !made.has(name)),
      ...tasksSure.filter(name => !tasksChanged.has(name)),
      ...surely(handlers).filter(name => !ran.has(name)).map(name => `handler ${name}`),
    ],
  }
}
