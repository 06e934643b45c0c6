import { ArgumentError, PlaybookError, PlaybookFileError, SteadError } from '../errors.ts'
import { FactsNotKnown } from '../state/facts.ts'
import type { Claims, ModuleCall } from '../playbook/module.ts'
import { never, Pass } from '../playbook/pass.ts'
import type { HostPlay } from '../playbook/playbook.ts'
import { AwaitedTooEarly, ResultNotKnown, type AnyTask } from '../playbook/task.ts'
import { SecretAsText } from '../secret/secret.ts'
import type { Request } from '../state/resource.ts'
import { contraryClaims } from './claims.ts'
import { planTask, type Asked, type StateSource } from './plan-task.ts'

/** What the prefetch found. */
export interface Prefetched {
  asked: Asked
  /**
   * Mistakes in the playbook that do not depend on the host, and would otherwise be reported at
   * their task's turn.
   */
  mistakes: SteadError[]
}

/**
 * Finds out what a whole playbook will read, without a host: every task is planned with
 * placeholders for unknown results and with reads that never answer. What a task requests only
 * after an earlier answer stays unknown, and is read at its turn.
 */
export async function prefetch({ steps, handlers, late }: HostPlay): Promise<Prefetched> {
  const asked: Asked = new Map()
  const mistakes: SteadError[] = []
  const passes: Pass[] = []
  const source: StateSource = { current: () => never(), packagesPending: () => false, anythingPending: () => false, facts: () => { throw new FactsNotKnown('of a host') } }
  const claimed = new Map<AnyTask, Claims>()
  const planAhead = (task: AnyTask, inHandler: boolean) => {
    const pass = new Pass('ahead')
    passes.push(pass)
    // A claim that depends on a placeholder, or on an unknown condition, is not certain.
    const called = ({ claims }: ModuleCall<unknown>) => void (claims && pass.unknown.size === 0 && !pass.uncertain && claimed.set(task, claims))
    planTask(task, source, pass, { asked, inHandler, called }).catch((error: unknown) => {
      // A task that may be skipped, or whose errors are ignored, is reported at its turn.
      if (!pass.uncertain && !task.options.ignoreErrors && isMistakeAhead(error, pass)) mistakes.push(error)
    })
  }
  const tasks = steps.flatMap(step => ('task' in step ? [step.task] : []))
  for (const task of tasks) planAhead(task, false)
  for (const { task } of handlers) planAhead(task, true)
  const busy = () => passes.flatMap(pass => [...pass.busy])
  do {
    await Promise.allSettled(busy())
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  } while (busy().length > 0)
  for (const pass of passes) pass.abandoned = true
  for (const what of late) mistakes.push(new PlaybookError(`${what} was added after tasks() had returned, so it would never run.`, { hint: 'A function that tasks() calls must not await anything before it adds its tasks. Await inside a task\'s function instead.' }))
  mistakes.push(...contraryClaims(tasks.flatMap(task => {
    const claims = claimed.get(task)
    return claims ? [{ task: task.name, claims }] : []
  })))
  return { asked, mistakes }
}

/**
 * In the prefetch no host has answered, so an error is a mistake in the playbook, unless it depends
 * on facts or on an unknown result.
 */
function isMistakeAhead(error: unknown, { unknown }: Pass): error is SteadError {
  if (error instanceof AwaitedTooEarly) return true
  return error instanceof SteadError && !(error instanceof FactsNotKnown || error instanceof ResultNotKnown) && unknown.size === 0
}

/**
 * Whether an error is a mistake in the playbook, independent of the host and of unknown results.
 */
export function isMistake(error: unknown, { unknown }: Pass): error is SteadError {
  return error instanceof AwaitedTooEarly || ((error instanceof ArgumentError || error instanceof PlaybookFileError || error instanceof SecretAsText) && unknown.size === 0)
}

/** What some tasks requested when they were last planned. */
export function requestsOf(asked: Asked, tasks: readonly Parameters<Asked['get']>[0][]): Request[] {
  return tasks.flatMap(task => asked.get(task) ?? [])
}
