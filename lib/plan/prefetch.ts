import { never, Pass } from '../playbook/pass.ts'
import type { HostPlay } from '../playbook/playbook.ts'
import type { Request } from '../state/resource.ts'
import { FactsNotKnown } from '../playbook/facts.ts'
import { planTask, type Asked, type StateSource } from './plan-task.ts'

/**
 * Learns what a whole playbook will read, without a host: every task is planned with placeholders for results that are not known
 * and with reads that never answer. What a task asks for only after an earlier answer stays unknown, and is asked at its turn.
 */
export async function askAhead({ steps, handlers }: HostPlay): Promise<Asked> {
  const asked: Asked = new Map()
  const pass = new Pass('ahead')
  const source: StateSource = { current: () => never(), mayCome: () => false, mayBeThere: () => false, facts: () => { throw new FactsNotKnown('of a host') } }
  for (const step of steps) {
    // Whatever goes wrong here goes wrong again, and is told, when the task is planned for its host.
    if ('task' in step) planTask(step.task, source, pass, { asked }).catch(() => undefined)
  }
  for (const { task } of handlers) planTask(task, source, pass, { asked, inHandler: true }).catch(() => undefined)
  do {
    await Promise.allSettled(pass.busy)
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  } while (pass.busy.size > 0)
  pass.abandoned = true
  return asked
}

/** The requests of some tasks as the last plan made them. */
export function requestsOf(asked: Asked, tasks: readonly Parameters<Asked['get']>[0][]): Request[] {
  return tasks.flatMap(task => asked.get(task) ?? [])
}
