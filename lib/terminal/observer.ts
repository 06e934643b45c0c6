import type { Observer } from '../apply/host.ts'
import { handlerLines, isTold, taskLines, type Style } from './lines.ts'

/** Tells of a run line by line, as things happen: for pipes, logs and CI. */
export function lineObserver(write: (line: string) => void, style: Style): Observer {
  return {
    taskStarted: () => undefined,
    taskDone: (host, task) => {
      if (isTold(task, style)) for (const line of taskLines(host, task, style)) write(line)
    },
    handlerDone: (host, handler) => handlerLines(host, handler, style).forEach(write),
    note: (host, message) => write(`${host}  ${message}`),
  }
}

/** What a terminal shows while a run goes on, and how it is closed. */
export interface LiveView {
  observer: Observer
  close(): Promise<void>
}

/**
 * Shows a spinner a host with the task at hand, by listr2; what has changed is written once the hosts are done, so that
 * diffs of hosts at work side by side do not mix.
 */
export async function liveView(hosts: readonly string[], write: (line: string) => void, style: Style): Promise<LiveView> {
  const { Listr } = await import('listr2')
  const told: string[] = []
  const titles = new Map<string, (title: string) => void>()
  const done = new Map<string, number>()
  let finish: () => void = () => undefined
  const finished = new Promise<void>(resolve => (finish = resolve))
  const list = new Listr(hosts.map(host => ({
    title: host,
    task: async (_context: unknown, task: { title: string }) => {
      titles.set(host, title => (task.title = `${host}  ${title}`))
      await finished
      task.title = `${host}  done`
    },
  })), { concurrent: true, rendererOptions: { collapseErrors: false } })
  const running = list.run()
  const lines = lineObserver(line => told.push(line), style)
  return {
    observer: {
      taskStarted: (host, task) => titles.get(host)?.(`${done.get(host) ?? 0} done, now: ${task}`),
      taskDone: (host, task) => {
        done.set(host, (done.get(host) ?? 0) + 1)
        lines.taskDone(host, task)
      },
      handlerDone: lines.handlerDone,
      note: lines.note,
    },
    async close() {
      finish()
      await running
      told.forEach(write)
    },
  }
}
