import { shown, shownInLine } from '../report/printable.ts'
import type { RunObserver } from '../run/run-playbooks.ts'
import { handlerLines, isTold, taskLines, type Style } from './lines.ts'

/** Prints a run line by line as it happens, for pipes, logs and CI. */
export function lineObserver(write: (line: string) => void, style: Style): RunObserver {
  return {
    taskStarted: () => undefined,
    taskDone: (host, task) => {
      if (isTold(task, style)) taskLines(host, task, style).forEach(write)
    },
    handlerDone: (host, handler) => handlerLines(host, handler, style).forEach(write),
    note: (host, message) => write(`${shownInLine(host)}  ${shown(message).replaceAll('\n', '\n    ')}`),
    hostDone: () => undefined,
  }
}
