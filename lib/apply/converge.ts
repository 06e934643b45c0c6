import { ApplyError, ConnectError, NotConvergedError, StaleError, SteadError } from '../errors.ts'
import { formatError } from '../report/format-error.ts'
import { changesAnything, isDone, prefetchLeftOut, planTask, settle, type TaskPlan } from '../plan/plan-task.ts'
import { Pass } from '../playbook/pass.ts'
import { notified, type AnyTask } from '../playbook/task.ts'
import type { Change, HandlerReport, TaskReport, TaskStatus } from '../report/report.ts'
import { ConnectionLost, type Session } from '../shell/session.ts'
import { applyTask, applyTasks } from './apply-task.ts'
import { companyOf, MOST_TASKS, type PlannedTask } from './together.ts'
import { requestsAfter, tasksUpToFlush } from './upcoming.ts'
import { changesOf, ignored, neverApplied } from '../walk/told.ts'
import type { Request } from '../state/resource.ts'
import { hostSource, type HostWalk } from '../walk/host-walk.ts'
import { clearJournal, writeJournal } from '../walk/journal.ts'
import { ReconnectBackoff } from '../walk/reconnect.ts'
import { refuseStopped } from '../walk/stop.ts'
import { tidyUp } from '../walk/tidy-up.ts'

/** How often an edit is planned again because somebody else changed the file first. */
const MAX_STALE = 3

/** How many tasks are planned together after a change; doubled as long as nothing changes. */
const WINDOW_AFTER_CHANGE = 2

/** Brings one host into the state that its playbook describes, and reports on each task. */
export class Convergence {
  readonly tasks: TaskReport[] = []
  readonly handlers: HandlerReport[] = []
  readonly #session: Session
  readonly #walk: HostWalk
  readonly #pending: Set<string>
  #window = Infinity
  readonly #backoff: ReconnectBackoff
  /** How often each task's edit came too late. */
  readonly #stale = new Map<AnyTask, number>()
  /** The tasks that were being applied when the connection was lost. */
  readonly #cutOff = new Map<AnyTask, { changes: Change[]; again: boolean }>()

  constructor(session: Session, walk: HostWalk, backoff = new ReconnectBackoff()) {
    this.#session = session
    this.#walk = walk
    this.#backoff = backoff
    this.#pending = new Set(walk.pending)
    prefetchLeftOut(walk.leftOut, hostSource(walk))
  }

  /** Walks all steps; stops at the first task that fails. */
  async run(): Promise<void> {
    const { steps } = this.#walk.play
    let at = 0
    if (this.#walk.leftovers.length > 0) await this.#tidyUp()
    while (at < steps.length) {
      const reached = await this.#advance(at)
      if (reached === 'failed') return
      at = reached
    }
    await this.#runHandlers(steps.length)
  }

  /** Plans a window from step `at`, walks it until something changes, and returns the next step. */
  async #advance(at: number): Promise<number | 'failed'> {
    const steps = this.#walk.play.steps
    const first = steps[at]
    if (first && 'flush' in first) return (await this.#runHandlers(at + 1)) ? at + 1 : 'failed'
    const segment = tasksUpToFlush(steps.slice(at), this.#window)
    const pass = new Pass('plan')
    const source = hostSource(this.#walk)
    const plans = segment.map(task => {
      const startedAt = performance.now()
      task.settle(undefined)
      const planned: { task: AnyTask; plan: Promise<TaskPlan>; ready?: TaskPlan; startedAt: number } = { task, startedAt, plan: planTask(task, source, pass, { asked: this.#walk.asked }).then(plan => {
        if (plan.skipped) task.settle({ known: false })
        else if (isDone(plan)) settle(task, plan, plan.wants.map(({ current }) => current))
        return planned.ready = plan
      }) }
      // Each is awaited at its turn. Nobody awaits a plan that is abandoned before that.
      planned.plan.catch(() => undefined)
      return planned
    })
    for (const [index, { task, plan, startedAt }] of plans.entries()) {
      pass.abandoned ||= this.#walk.observer.stop?.aborted ?? false
      refuseStopped(this.#walk.observer.stop, `"${task.name}"`)
      this.#walk.observer.taskStarted(this.#walk.name, task.name)
      let isPlanned = false
      try {
        const ready = await plan
        isPlanned = true
        if (ready.skipped || isDone(ready)) {
          this.#reportTask(task, ready, ready.skipped ? 'skipped' : 'ok', startedAt)
          continue
        }
        if (task.options.checkMode === true) {
          task.settle({ known: false })
          this.#report({ name: task.name, module: ready.module, status: 'may-change', changes: neverApplied(changesOf(ready)), durationMs: performance.now() - startedAt })
          continue
        }
        const company = await companyOf({ task, plan: ready }, plans.slice(index + 1))
        pass.abandoned = true
        this.#window = company.length > 0 ? Math.min(2 * (company.length + 1), MOST_TASKS) : WINDOW_AFTER_CHANGE
        if (company.length > 0) return (await this.#applyTogether([{ task, plan: ready }, ...company], at + index, startedAt)) ? at + index + 1 + company.length : 'failed'
        await this.#apply(task, ready, at + index + 1)
        this.#reportTask(task, ready, changesAnything(ready) ? 'change' : 'ok', startedAt)
        return at + index + 1
      } catch (error) {
        pass.abandoned = true
        // A read ahead of its turn may be the cause; now that it is its turn, it is read again.
        if (!isPlanned && !(error instanceof ConnectError) && (this.#walk.reader.forgetErrors() || index > 0)) return at + index
        if (error instanceof ConnectionLost && this.#cutOff.get(task)?.again && !error.nothingSent) {
          this.#cutOff.delete(task)
          error = new ApplyError('The connection was lost while it ran. It is not known whether it finished, so it is not run again.', { cause: error, hint: 'Say how to see its effect (creates, removes, unless or onlyIf), or make it a handler.' })
        }
        if (error instanceof ConnectionLost && (await this.#reconnect(error))) return at + index
        if (error instanceof ConnectError) throw error
        if (error instanceof StaleError && this.#planAgain(task)) return at + index
        this.#failTask(task, error, startedAt)
        if (!task.options.ignoreErrors) return 'failed'
        this.#window = WINDOW_AFTER_CHANGE
        return at + index + 1
      }
    }
    this.#window *= 2
    return at + segment.length
  }

  /**
   * Plans an edit again, a few times at most, after somebody else changed the file in the meantime.
   */
  #planAgain(task: AnyTask): boolean {
    const times = (this.#stale.get(task) ?? 0) + 1
    this.#stale.set(task, times)
    if (times > MAX_STALE) return false
    this.#cutOff.clear()
    this.#walk.reader.forget()
    return true
  }

  /** What is read in the frame of a change, for the steps from `at` on. */
  #requestsAfter(at: number, handlersFirst = false): Request[] {
    return requestsAfter(this.#walk, handlersFirst ? [] : this.#walk.play.steps.slice(at), this.#pending, Math.min(this.#window, MOST_TASKS))
  }

  async #apply(task: AnyTask, plan: TaskPlan, following: number): Promise<void> {
    this.#begin(task, plan)
    const states = await applyTask(this.#session, this.#walk, { task, plan }, this.#requestsAfter(following))
    this.#cutOff.delete(task)
    settle(task, plan, states)
  }

  /** Applies tasks from step `at` on in one frame and reports them; false if one failed. */
  async #applyTogether(tasks: readonly PlannedTask[], at: number, startedAt: number): Promise<boolean> {
    for (const { task, plan } of tasks) this.#begin(task, plan)
    const applied = await applyTasks(this.#session, this.#walk, tasks, this.#requestsAfter(at + tasks.length))
    let isWell = true
    for (const [index, { task, plan }] of tasks.entries()) {
      const result = applied[index]
      if (result === undefined) return false
      if (index > 0) this.#walk.observer.taskStarted(this.#walk.name, task.name)
      this.#cutOff.delete(task)
      if ('error' in result) {
        this.#failTask(task, result.error, startedAt)
        isWell = false
      } else {
        settle(task, plan, result.states)
        this.#reportTask(task, plan, changesAnything(plan) ? 'change' : 'ok', startedAt)
      }
    }
    return isWell
  }

  #begin(task: AnyTask, plan: TaskPlan): void {
    if (!changesAnything(plan)) return
    for (const { name } of notified(task)) this.#pending.add(name)
    this.#cutOff.set(task, { changes: changesOf(plan), again: plan.wants.some(({ want: { resource } }) => resource.event?.effect === 'change') })
  }

  /** Runs the notified handlers in the order of their definition; false if one failed. */
  async #runHandlers(following: number): Promise<boolean> {
    const { play, playbook, observer, name: host } = this.#walk
    // Later tasks have no result yet, and a handler that awaits one would wait forever.
    if (this.#pending.size > 0) for (const step of play.steps.slice(following)) if ('task' in step) step.task.settle({ known: false })
    for (const handler of play.handlers) {
      if (!this.#pending.has(handler.name)) continue
      refuseStopped(observer.stop, `the handler "${handler.name}"`)
      observer.taskStarted(host, handler.name)
      const report: HandlerReport = { name: handler.name, status: 'change', after: this.tasks.length }
      try {
        const plan = await planTask(handler.task, hostSource(this.#walk), new Pass('plan'), { inHandler: true })
        this.#pending.delete(handler.name)
        await applyTask(this.#session, this.#walk, { task: handler.task, plan }, this.#requestsAfter(following, this.#pending.size > 0), [{ script: clearJournal(playbook, handler.name) }])
      } catch (error) {
        if (error instanceof ConnectionLost) this.#pending.add(handler.name)
        if (error instanceof ConnectionLost && (await this.#reconnect(error))) return this.#runHandlers(following)
        if (error instanceof ConnectError) throw error
        // It ran without an error, so its record is gone, but it did not take effect.
        if (error instanceof NotConvergedError) await this.#session.apply([{ script: writeJournal(playbook, [handler.name]) }])
        report.status = 'failed'
        Object.assign(report, { error: formatError(error instanceof SteadError ? error.at({ host, task: handler.name }) : error), ...ignored(handler.task) })
      }
      this.#pending.delete(handler.name)
      this.#backoff.renew()
      this.handlers.push(report)
      observer.handlerDone(host, report)
      if (report.status === 'failed' && !handler.task.options.ignoreErrors) return false
    }
    return true
  }

  /** Waits for the host, and cleans up what a step left there that was killed with its shell. */
  async #reconnect(error: ConnectionLost): Promise<boolean> {
    this.#window = WINDOW_AFTER_CHANGE
    if (!(await this.#backoff.waitFor(this.#walk, error))) return false
    try {
      await this.#tidyUp()
      return true
    } catch (again) {
      if (again instanceof ConnectionLost) return this.#reconnect(again)
      throw again
    }
  }

  async #tidyUp(): Promise<void> {
    const report = await tidyUp(this.#session, this.#walk)
    if (report) this.#report(report)
  }

  #reportTask(task: AnyTask, plan: TaskPlan, status: TaskStatus, startedAt: number): void {
    // If nothing is left to do, the change was made although the connection was lost.
    const cutOff = status === 'ok' ? this.#cutOff.get(task)?.changes : undefined
    this.#cutOff.delete(task)
    const changes = cutOff ?? changesOf(plan)
    this.#report({ name: task.name, module: plan.module, status: cutOff ? 'change' : status, changes, durationMs: performance.now() - startedAt })
  }

  #failTask(task: AnyTask, error: unknown, startedAt: number): void {
    task.settle({ known: false })
    const message = formatError(error instanceof SteadError ? error.at({ host: this.#walk.name, task: task.name }) : error)
    this.#report({ name: task.name, module: '', status: 'failed', changes: [], durationMs: performance.now() - startedAt, error: message, ...ignored(task) })
  }

  #report(report: TaskReport): void {
    this.#backoff.renew()
    this.tasks.push(report)
    this.#walk.observer.taskDone(this.#walk.name, report)
  }
}
