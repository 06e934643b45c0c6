import { CertainError, ConnectError, PlaybookError, SteadError } from '../errors.ts'
import { formatError } from '../report/format-error.ts'
import { hostSource, type HostWalk } from '../walk/host-walk.ts'
import { changesAnything, isDone, prefetchLeftOut, planTask, settle, type PlannedWant, type StateSource, type TaskPlan } from '../plan/plan-task.ts'
import { isMistake, requestsOf } from '../plan/prefetch.ts'
import { Pass } from '../playbook/pass.ts'
import { notified, type AnyTask } from '../playbook/task.ts'
import { showDifferences } from '../report/diff.ts'
import type { Change, HandlerReport, TaskReport, TaskStatus } from '../report/report.ts'
import type { State } from '../state/resource.ts'
import { changesOf, neverApplied } from '../walk/told.ts'
import { ignored } from '../walk/told.ts'
import { withReconnect, ReconnectBackoff } from '../walk/reconnect.ts'
import { refuseStopped } from '../walk/stop.ts'
import { tidyUpReport } from '../walk/tidy-up.ts'
import { subjectsOf } from './subjects-of.ts'
import { doubtOf } from './doubt.ts'
import { doubtOfNeeds } from './needs.ts'
import { Overlay } from './overlay.ts'

interface ForetoldReports {
  tasks: TaskReport[]
  handlers: HandlerReport[]
}

/**
 * Predicts what a run would change, task by task, each based on the state that the tasks before it
 * would leave. Writes nothing.
 *
 * @param overlay the host as earlier playbooks would leave it.
 * @param done collects the reports as they are made, so that they are kept if the host is lost.
 */
export async function foretell(walk: HostWalk, overlay = new Overlay(), done: ForetoldReports = { tasks: [], handlers: [] }): Promise<ForetoldReports> {
  const source = overlaySource(walk, overlay)
  const backoff = new ReconnectBackoff()
  prefetchLeftOut(walk.leftOut, source)
  const leftovers = overlay.cleanUp(walk.leftovers)
  if (leftovers.length > 0) {
    const report = tidyUpReport(leftovers)
    done.tasks.push(report)
    walk.observer.taskDone(walk.name, report)
  }
  const notifications = new Map<string, TaskStatus>([...walk.pending].map(name => [name, 'change']))
  for (const step of walk.play.steps) {
    refuseStopped(walk.observer.stop, 'flush' in step ? 'its handlers' : `"${step.task.name}"`)
    if ('flush' in step) {
      await withReconnect(backoff, walk, () => foretellHandlers(walk, notifications, source, overlay, done))
      continue
    }
    const report = await withReconnect(backoff, walk, () => foretellTask(step.task, walk, source, overlay))
    backoff.renew()
    done.tasks.push(report)
    walk.observer.taskDone(walk.name, report)
    if (report.status === 'failed' && !step.task.options.ignoreErrors) return done
    for (const handler of notified(step.task)) notify(notifications, handler.name, report.status)
  }
  await withReconnect(backoff, walk, () => foretellHandlers(walk, notifications, source, overlay, done))
  return done
}

function notify(notifications: Map<string, TaskStatus>, handler: string, status: TaskStatus): void {
  if (status === 'change') notifications.set(handler, 'change')
  if (status === 'may-change' && !notifications.has(handler)) notifications.set(handler, 'may-change')
}

/**
 * Lists the handlers that will run, and adds what they do to the overlay, for the tasks after them.
 */
async function foretellHandlers(walk: HostWalk, notifications: Map<string, TaskStatus>, source: StateSource, overlay: Overlay, done: ForetoldReports): Promise<void> {
  for (const { name, task } of walk.play.handlers) {
    const status = notifications.get(name)
    if (!status) continue
    let failure: Pick<HandlerReport, 'status' | 'error' | 'ignored'> | undefined
    try {
      const plan = await planTask(task, source, new Pass('check'), { inHandler: true })
      if (status === 'change') for (const planned of plan.wants) foretellWant(planned, plan, overlay)
      if (status !== 'change' || plan.unknown.size > 0) overlay.markUnknown(name, plan.wants.map(({ want }) => want), { brings: false })
    } catch (error) {
      if (error instanceof ConnectError) throw error
      if (error instanceof CertainError && status === 'change') failure = { status: 'failed', error: formatError(error.at({ host: walk.name, task: name })), ...ignored(task) }
      // A handler may wait for something, or depend on something unknown: only its run can tell,
      // and what it writes is unsure until then.
      overlay.markUnknown(name, subjectsOf(requestsOf(walk.asked, [task])), { brings: false })
    }
    notifications.delete(name)
    const report: HandlerReport = { name, status, after: done.tasks.length, ...(status === 'may-change' ? { reason: 'a task that notifies it may change' } : {}), ...failure }
    done.handlers.push(report)
    walk.observer.handlerDone(walk.name, report)
  }
}

/** States as they will be: first what was foretold, then what the host says. */
function overlaySource(walk: HostWalk, overlay: Overlay): StateSource {
  walk.reader.foretold = request => overlay.find(request)
  walk.reader.adjusted = (request, answer) => overlay.adjust(request, answer)
  return { ...hostSource(walk), packagesPending: () => overlay.packagesPending, anythingPending: () => overlay.anythingPending, foretold: () => !overlay.untouched }
}

async function foretellTask(task: AnyTask, walk: HostWalk, source: StateSource, overlay: Overlay): Promise<TaskReport> {
  const startedAt = performance.now()
  const pass = new Pass('check')
  const report = (status: TaskStatus, module: string, changes: Change[] = [], error?: string): TaskReport => (
    { name: task.name, module, status, changes, durationMs: performance.now() - startedAt, ...(error === undefined ? {} : { error }) })
  walk.observer.taskStarted(walk.name, task.name)
  try {
    const plan = await planAtItsTurn(task, walk, source, pass, overlay)
    if (plan.skipped) {
      if (pass.unknown.size === 0) {
        task.settle({ known: false, never: true })
        return report('skipped', '')
      }
      await collectRequests(task, walk, source)
      throw new PlaybookError(`whether it is skipped depends on the result of "${[...pass.unknown].join('", "')}"`)
    }
    if (task.options.checkMode === true && !isDone(plan)) return report('may-change', plan.module, neverApplied(changesOf(plan)))
    if (task.options.checkMode === false && changesAnything(plan)) {
      throw new PlaybookError('A task with checkMode: false runs for real in check mode, so it must only read, but this one would write.', { hint: 'Use checkMode: false only for tasks that read: command({ reads: true }), waitFor, httpCheck.' })
    }
    const needs = await Promise.all(plan.wants.map(planned => doubtOfNeeds(planned, walk.reader, overlay)))
    const foretold = plan.wants.map((planned, index) => foretellWant(planned, plan, overlay, needs[index]))
    const isKnown = foretold.every(({ status }) => status !== 'may-change') && (overlay.untouched || plan.wants.every(({ want }) => want.resource.forecast?.onlyRead !== true))
    if (plan.unknown.size > 0) overlay.markUnknown(task.name, plan.wants.map(({ want }) => want), { brings: false })
    settle(task, plan, isKnown ? statesAfter(plan, foretold, overlay) : undefined)
    const changes = foretold.flatMap(({ change }) => (change ? [change] : []))
    return report(worst(foretold.map(({ status }) => status)), plan.module, changes)
  } catch (error) {
    if (error instanceof ConnectError) throw error
    const message = formatError(error instanceof SteadError ? error.at({ host: walk.name }) : error)
    // An error may be due to changes that were not made yet. It is final only if there are none, or
    // if it is a mistake in the playbook.
    if (overlay.untouched || isMistake(error, pass) || error instanceof CertainError || (error instanceof PlaybookError && task.options.checkMode === false)) {
      task.settle({ known: false, never: true })
      return { ...report('failed', '', [], message), ...ignored(task) }
    }
    const about = subjectsOf(requestsOf(walk.asked, [task]))
    if (about.length === 0 || about.some(({ resource }) => resource.forecast?.onlyRead !== true)) overlay.markUnknown(task.name, about, { brings: true })
    return report('may-change', typeof task.body === 'function' ? '' : task.body.module, [{ resource: task.name, diff: '', reason: `cannot be predicted until the changes above are applied: ${message}` }])
  }
}

/**
 * Plans a task; if a read failed ahead of its turn and the failure would be final, the read is
 * repeated.
 */
async function planAtItsTurn(task: AnyTask, walk: HostWalk, source: StateSource, pass: Pass, overlay: Overlay): Promise<TaskPlan> {
  try {
    return await planTask(task, source, pass, { asked: walk.asked })
  } catch (error) {
    if (error instanceof ConnectError || !overlay.untouched || !walk.reader.forgetErrors()) throw error
    return planTask(task, source, pass)
  }
}

/**
 * Collects what a task would read if it were not skipped: it may yet run, so the later tasks that
 * it affects are uncertain.
 */
async function collectRequests(task: AnyTask, walk: HostWalk, source: StateSource): Promise<void> {
  try {
    await planTask(task, source, new Pass('check'), { asked: walk.asked, regardless: true })
  } catch (error) {
    // The failure need not happen in the run; the requests made before it are known.
    if (error instanceof ConnectError) throw error
  }
}

/** The states of a plan's wants after what was foretold. */
function statesAfter({ wants }: TaskPlan, foretold: readonly { status: TaskStatus }[], overlay: Overlay): (State | null)[] {
  return wants.map(({ want: { resource, key }, current }, index) => (foretold[index]?.status === 'ok' ? current : (overlay.find({ resource, key }) ?? null)))
}

function worst(statuses: readonly TaskStatus[]): TaskStatus {
  return (['change', 'may-change'] as const).find(status => statuses.includes(status)) ?? 'ok'
}

function foretellWant(planned: PlannedWant, plan: TaskPlan, overlay: Overlay, need?: string): { status: TaskStatus; change?: Change } {
  const { want: { resource, key, desired }, identity, current, differences } = planned
  if (resource.event?.effect === 'wait') return foretellWait(planned, overlay)
  const doubt = doubtOf(planned, plan, overlay) ?? need
  if (differences.length > 0) overlay.foretell({ resource, key }, current, desired, doubt === undefined)
  if (differences.length === 0 && doubt === undefined) return { status: 'ok' }
  const diff = showDifferences(differences, current, { edited: resource.madeFrom?.(key) !== undefined })
  return doubt === undefined ? { status: 'change', change: { resource: identity, diff } } : { status: 'may-change', change: { resource: identity, diff, reason: doubt } }
}

/**
 * Check mode does not wait: a condition that does not hold is an error if nothing would change
 * before, and expected otherwise.
 */
function foretellWait({ want: { resource, key }, current }: PlannedWant, overlay: Overlay): { status: TaskStatus; change?: Change } {
  const missing = resource.event?.verify(key, current, current)
  if (missing === undefined || !overlay.untouched) return { status: 'ok' }
  throw new SteadError(missing)
}
