import type { TaskOptions } from '../../lib/index.ts'
import type { Body } from '../../lib/playbook/task.ts'
import type { TaskReport } from '../../lib/report/report.ts'
import type { SpecHost } from './module-host.ts'

/** Runs a playbook of one task and returns the task's report; throws if there is none. */
export async function runTask(host: SpecHost, body: Body<unknown>, { check = false, ...options }: TaskOptions & { check?: boolean } = {}): Promise<TaskReport> {
  const { tasks: [task], error } = await host.run(play => void play.task('task', body, options), { check })
  if (!task) throw new Error(error ?? 'The task was not reported.')
  return task
}

/** The statuses of several tasks, each in a separate playbook. */
export async function statusesOf(host: SpecHost, ...calls: Body<unknown>[]): Promise<string[]> {
  const found: string[] = []
  for (const call of calls) found.push((await runTask(host, call)).status)
  return found
}

/** Why it failed, in check mode and for real, which have to be the same. */
export async function refusal(host: SpecHost, body: () => Body<unknown>): Promise<string> {
  const [foretold, applied] = [await runTask(host, body(), { check: true }), await runTask(host, body())]
  if (foretold.error !== applied.error) throw new Error(`--check: ${foretold.error ?? foretold.status}; applied: ${applied.error ?? applied.status}`)
  return applied.error ?? `no error: ${applied.status}`
}
