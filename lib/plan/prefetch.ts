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

/** What a look ahead found. */
export interface Prefetched {
  asked: Asked
  /** What is wrong with the playbook whatever the host is like, and would be told at its task's turn. */
  mistakes: SteadError[]
}

/**
 * Learns what a whole playbook will read, without a host: every task is planned with placeholders for results that are not known
 * and with reads that never answer. What a task asks for only after an earlier answer stays unknown, and is asked at its turn.
 */
export async function prefetch({ steps, handlers, late }: HostPlay): Promise<Prefetched> {
  const asked: Asked = new Map()
  const mistakes: SteadError[] = []
  const passes: Pass[] = []
  const source: StateSource = { current: () => never(), packagesPending: () => false, anythingPending: () => false, facts: () => { throw new FactsNotKnown('of a host') } }
  const claimed = new Map<AnyTask, Claims>()
  const look = (task: AnyTask, inHandler: boolean) => {
    const pass = new Pass('ahead')
    passes.push(pass)
    // What stands for a result, or may be left out, says nothing certain.
    const called = ({ claims }: ModuleCall<unknown>) => void (claims && pass.unknown.size === 0 && !pass.uncertain && claimed.set(task, claims))
    planTask(task, source, pass, { asked, inHandler, called }).catch((error: unknown) => {
      // What a condition may leave out, or what may fail, is told at its turn.
      if (!pass.uncertain && !task.options.ignoreErrors && isMistakeAhead(error, pass)) mistakes.push(error)
    })
  }
  const tasks = steps.flatMap(step => ('task' in step ? [step.task] : []))
  for (const task of tasks) look(task, false)
  for (const { task } of handlers) look(task, true)
  const busy = () => passes.flatMap(pass => [...pass.busy])
  do {
    await Promise.allSettled(busy())
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
  } while (busy().length > 0)
  for (const pass of passes) pass.abandoned = true
  for (const what of late) mistakes.push(new PlaybookError(`${what} was added after tasks() had returned, and would never be run.`, { hint: 'A function that tasks() calls must not await anything before it adds its tasks: await inside a task\'s function.' }))
  mistakes.push(...contraryClaims(tasks.flatMap(task => {
    const claims = claimed.get(task)
    return claims ? [{ task: task.name, claims }] : []
  })))
  return { asked, mistakes }
}

/** Ahead no host has answered, so that an error is the playbook's own: but not where facts or a result that is not known yet have a say in it. */
function isMistakeAhead(error: unknown, { unknown }: Pass): error is SteadError {
  if (error instanceof AwaitedTooEarly) return true
  return error instanceof SteadError && !(error instanceof FactsNotKnown || error instanceof ResultNotKnown) && unknown.size === 0
}

/** Whether an error is the playbook's own, and no matter of what its host is like or of a result that is not known yet. */
export function isMistake(error: unknown, { unknown }: Pass): error is SteadError {
  return error instanceof AwaitedTooEarly || ((error instanceof ArgumentError || error instanceof PlaybookFileError || error instanceof SecretAsText) && unknown.size === 0)
}

/** The requests of some tasks as the last plan made them. */
export function requestsOf(asked: Asked, tasks: readonly Parameters<Asked['get']>[0][]): Request[] {
  return tasks.flatMap(task => asked.get(task) ?? [])
}
