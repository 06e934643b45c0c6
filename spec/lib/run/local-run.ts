import { userInfo } from 'node:os'
import { openHost, prepare, type Choose } from '../../../lib/run/open-host.ts'
import type { HostWalk, Observer } from '../../../lib/walk/host-walk.ts'
import { Convergence } from '../../../lib/apply/converge.ts'
import { foretell } from '../../../lib/check/foretell.ts'
import type { Host } from '../../../lib/inventory/host.ts'
import { playbook, type Play } from '../../../lib/playbook/playbook.ts'
import type { HostReport } from '../../../lib/report/report.ts'
import { statusOf } from '../../../lib/report/report.ts'
import { runHost } from '../../../lib/run/run-host.ts'
import type { RunObserver } from '../../../lib/run/run-playbooks.ts'
import { ReadSession, Session } from '../../../lib/shell/session.ts'
import type { Connect } from '../../../lib/transport/transport.ts'
import { connectPrivately } from '../../helpers/own-place.ts'
import { publishedHost } from '../../helpers/published-schema.ts'

export const silent: RunObserver = { taskStarted: () => undefined, taskDone: () => undefined, handlerDone: () => undefined, note: () => undefined, hostDone: () => undefined }

/** This machine, as its user. */
export const here: Host = { name: 'here', groups: [], address: '127.0.0.1', port: 22, user: userInfo().username, become: false, connection: 'local', vars: {} }

export type Tasks = (play: Play) => void

interface RunOptions {
  check?: boolean
  choose?: Choose
  observer?: Observer
}

const prepared = (tasks: Tasks) => prepare(playbook({ name: 'Spec', hosts: 'all', tasks }), here, {})

/** Runs tasks on this machine, as `ansible_connection: local` does, with a lock and a journal of the specs' own. */
export async function runLocally(tasks: Tasks, { check = false, choose = () => true, observer = silent }: RunOptions = {}): Promise<HostReport> {
  return publishedHost(await runHost(here, prepared(tasks), { check, choose, observer, connect: connectPrivately }), check)
}

async function converge(session: Session, walk: HostWalk): Promise<Convergence> {
  const convergence = new Convergence(session, walk)
  await convergence.run()
  return convergence
}

/** Runs tasks over a connection of one's own, and gives what is reported of tasks and handlers. */
export async function runOver(connect: Connect, tasks: Tasks, { check = false, choose = () => true, observer = silent }: RunOptions = {}) {
  const settings = { host: 'here', become: 'none' as const }
  const session = check ? new ReadSession(connect, settings) : new Session(connect, { ...settings, lock: { holder: 'spec', waitSeconds: 30 } })
  try {
    const walk = await openHost(session, prepared(tasks), choose, observer)
    const { tasks: done, handlers } = session instanceof Session ? await converge(session, walk) : await foretell(walk)
    const report = { tasks: done, handlers, status: statusOf({ tasks: done, handlers }), roundTrips: session.roundTrips }
    publishedHost({ ...report, connectMs: 0, bytesSent: 0, bytesReceived: 0, summary: [] }, check)
    return report
  } finally {
    session.close()
  }
}

/** What a report says of each task, in order, as `name: status`. */
export const statuses = ({ tasks }: Pick<HostReport, 'tasks'>): string[] => tasks.map(({ name, status }) => `${name}: ${status}`)
