import type { Asked, StateSource } from '../plan/plan-task.ts'
import type { HostPlay } from '../playbook/playbook.ts'
import type { AnyTask } from '../playbook/task.ts'
import type { HandlerReport, TaskReport } from '../report/report.ts'
import type { Leftover } from '../shell/temporary.ts'
import type { Facts } from '../state/facts.ts'
import type { Reader } from '../state/reader.ts'

/** Told of a host's progress while it happens. */
export interface Observer {
  taskStarted: (host: string, task: string) => void
  taskDone: (host: string, task: TaskReport) => void
  handlerDone: (host: string, handler: HandlerReport) => void
  note: (host: string, message: string) => void
  /** Aborted when the run is to stop: what was begun is ended, and nothing more is begun. */
  stop?: AbortSignal
}

/** What walking a playbook on a host works with, in check mode and for real. */
export interface HostWalk {
  name: string
  playbook: string
  play: HostPlay
  /** Tasks that this run leaves out, by tags or since it starts behind them. */
  leftOut: readonly AnyTask[]
  /** What each task asked for when it was last planned. */
  asked: Asked
  reader: Reader
  /** Handlers that an earlier, cut-off run left to be run. */
  pending: Set<string>
  /** What interrupted runs have put there for the length of a step, and could not take back. */
  leftovers: readonly Leftover[]
  observer: Observer
  facts: Facts
}

/** States as the host has them now. */
export function hostSource({ reader, facts }: HostWalk): StateSource {
  return { current: (resource, key) => reader.current(resource, key), mayCome: () => false, mayBeThere: () => false, facts: () => facts }
}
