import type { HandlerReport, HostReport, TaskReport } from './report.ts'

/** One step of a host: a task or a handler. */
export type Step = { task: TaskReport; handler?: undefined } | { task?: undefined; handler: HandlerReport }

/** The tasks and handlers of a host in the order in which they ran. */
export function inOrder({ tasks, handlers }: Pick<HostReport, 'tasks' | 'handlers'>): Step[] {
  const after = (count: number) => handlers.filter(handler => Math.min(handler.after ?? Infinity, tasks.length) === count).map((handler): Step => ({ handler }))
  return [...after(0), ...tasks.flatMap((task, index): Step[] => [{ task }, ...after(index + 1)])]
}
