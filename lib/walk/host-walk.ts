import type { Asked, StateSource } from '../plan/plan-task.ts'
import type { HostPlay } from '../playbook/playbook.ts'
import type { AnyTask } from '../playbook/task.ts'
import type { HandlerReport, TaskReport } from '../report/report.ts'
import type { Leftover } from '../shell/temporary.ts'
import type { Facts } from '../state/facts.ts'
import type { Reader } from '../state/reader.ts'

/** Observes a host's progress as it happens. */
export interface Observer {
  taskStarted: (host: string, task: string) => void
  taskDone: (host: string, task: TaskReport) => void
  handlerDone: (host: string, handler: HandlerReport) => void
  note: (host: string, message: string) => void
  /** Aborted when the run is to stop: work in progress finishes, and nothing new starts. */
  stop?: AbortSignal
}

/** The state of walking a playbook on a host, in check mode and in a real run. */
export interface HostWalk {
  name: string
  playbook: string
  play: HostPlay
  /** Tasks that this run leaves out, because of tags or a later start. */
  leftOut: readonly AnyTask[]
  /** What each task read when it was last planned. */
  asked: Asked
  reader: Reader
  /** Handlers that an interrupted run left to run. */
  pending: Set<string>
  /** Temporary things that interrupted runs could not clean up. */
  leftovers: readonly Leftover[]
  observer: Observer
  facts: Facts
}

/** The states of the host as they are now. */
export function hostSource({ reader, facts }: HostWalk): StateSource {
  return { current: (resource, key) => reader.current(resource, key), packagesPending: () => false, anythingPending: () => false, facts: () => facts }
}
