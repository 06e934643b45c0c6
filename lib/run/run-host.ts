import { randomBytes } from 'node:crypto'
import { userInfo, hostname } from 'node:os'
import { Convergence } from '../apply/converge.ts'
import { openHost, type Choose, type Prepared } from './open-host.ts'
import type { HostWalk, Observer } from '../walk/host-walk.ts'
import { Interrupted, refuseStopped, stopped } from '../walk/stop.ts'
import { foretell } from '../check/foretell.ts'
import type { Overlay } from '../check/overlay.ts'
import { ConnectError } from '../errors.ts'
import { formatError } from '../report/format-error.ts'
import type { Host } from '../inventory/host.ts'
import { factsScript, parseFacts, type Facts } from '../state/facts.ts'
import { currentPass, Pass } from '../playbook/pass.ts'
import { asPlaybookError } from '../playbook/place.ts'
import type { HostPlay } from '../playbook/playbook.ts'
import { ResultNotKnown } from '../playbook/task.ts'
import { shown } from '../report/printable.ts'
import { statusOf, type HostReport } from '../report/report.ts'
import { ReadSession, Session, type SessionOptions } from '../shell/session.ts'
import type { Connect } from '../transport/transport.ts'

/** This run, on all its hosts. */
const RUN = randomBytes(8).toString('hex')

/**
 * Seconds to wait for a lock: a run that was just cut off may still be finishing its last script.
 */
const LOCK_WAIT_SECONDS = 5

/**
 * One playbook on one host, from the first frame to its report. Every failure of the host is in the
 * report. A check continues from `overlay`. `connect` replaces the connection that the inventory
 * describes.
 */
export async function runHost(host: Host, prepared: Prepared, options: { check: boolean; contents?: boolean; choose: Choose; observer: Observer; overlay?: Overlay; connect?: Connect }): Promise<HostReport> {
  const { check, choose, observer, overlay } = options
  const report: HostReport = { status: 'ok', connectMs: 0, roundTrips: 0, bytesSent: 0, bytesReceived: 0, tasks: [], handlers: [], summary: [] }
  const connect = options.connect ?? await connector(host)
  const settings = { ...settingsOf(host, observer), contents: options.contents }
  const session = check
    ? new ReadSession(connect, settings)
    : new Session(connect, { ...settings, lock: { holder: `${userInfo().username} on ${hostname()}, process ${process.pid}, playbook "${prepared.playbook.name}"`, waitSeconds: LOCK_WAIT_SECONDS } })
  try {
    refuseStopped(observer.stop, 'anything was done')
    const walk = await unlessStopped(openHost(session, prepared, choose, observer), observer.stop)
    if (session instanceof Session) {
      const convergence = new Convergence(session, walk)
      try {
        await convergence.run()
      } finally {
        Object.assign(report, { tasks: convergence.tasks, handlers: convergence.handlers })
      }
    } else {
      await foretell(walk, overlay, report)
    }
    report.status = statusOf(report)
    if (report.status !== 'failed') report.summary = await summaryOf(walk.play)
  } catch (error) {
    report.status = error instanceof ConnectError ? 'unreachable' : 'failed'
    if (error instanceof Interrupted) report.stopped = true
    report.error = formatError(error instanceof ConnectError ? error.at({ host: host.name }) : error)
  } finally {
    session.close()
    report.connectMs = session.connectMs
    report.roundTrips = session.roundTrips
    report.bytesSent = session.bytesSent
    report.bytesReceived = session.bytesReceived
  }
  return report
}

/** Opening a host writes nothing, so it need not finish. */
async function unlessStopped(opening: Promise<HostWalk>, stop: AbortSignal | undefined): Promise<HostWalk> {
  const walk = await Promise.race([opening, stopped(stop)])
  // Nothing waits for this connection any more.
  opening.catch(() => undefined)
  if (!walk) throw new Interrupted(stop?.reason, 'anything was done')
  return walk
}

/** Reads only the facts of a host, over a separate connection. @throws ConnectError */
export async function askFacts(host: Host): Promise<Facts> {
  const session = new ReadSession(await connector(host), settingsOf(host))
  try {
    const [output] = await session.read([{ script: factsScript }])
    if (!output) throw new ConnectError('The host gave no answer.', { host: host.name })
    return parseFacts(output)
  } finally {
    session.close()
  }
}

function settingsOf({ name, user, become, connectTimeoutSeconds }: Host, observer?: Observer): SessionOptions {
  return {
    host: name, become: user === 'root' || become === false ? 'none' : 'sudo', run: RUN, connectTimeoutSeconds,
    ...(observer ? { note: message => observer.note(name, message) } : {}),
  }
}

/** Loads only the transport that the host needs. */
async function connector(host: Host): Promise<Connect> {
  if (host.connection === 'local') {
    const { connectLocal } = await import('../transport/local.ts')
    return connectLocal
  }
  const { connectSsh } = await import('../transport/ssh.ts')
  return withinMs => connectSsh(host, withinMs)
}

/**
 * The summary of the playbook, omitted where it needs an unknown result (in check mode, or because
 * of tags).
 */
async function summaryOf({ summaries }: HostPlay): Promise<string[]> {
  const pass = new Pass('check')
  try {
    const lines = await currentPass.run(pass, () => Promise.all(summaries.map(async summary => summary())))
    return pass.unknown.size > 0 ? [] : lines.flat().map(shown)
  } catch (error) {
    if (error instanceof ResultNotKnown) return []
    throw asPlaybookError(error, message => `The summary cannot be made: ${message}`)
  }
}
