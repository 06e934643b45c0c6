import { ArgumentError, PlaybookError, SteadError } from '../errors.ts'
import { FactsNotKnown, type Facts } from '../state/facts.ts'
import type { HostView, ModuleCall, Plan, Want } from '../playbook/module.ts'
import { currentPass, currentTask, never, Pass } from '../playbook/pass.ts'
import { asPlaybookError } from '../playbook/place.ts'
import { misplaced } from '../playbook/playbook.ts'
import type { AnyTask, Settled } from '../playbook/task.ts'
import { differences, type Difference } from '../state/compare.ts'
import { identity, type AnyResource, type Request, type Resource, type State } from '../state/resource.ts'

/** Where a plan gets states from: the host, or the overlay over it in check mode. */
export interface StateSource {
  current<Key, Current extends State, Desired extends State>(resource: Resource<Key, Current, Desired>, key: Key): Promise<Current | null>
  packagesPending(): boolean
  anythingPending(): boolean
  foretold?(): boolean
  facts(): Facts
}

/** A want, compared with the current state. */
export interface PlannedWant {
  want: Want
  /** As printed: `file[/etc/tor/torrc]`. */
  identity: string
  current: State | null
  differences: Difference[]
}

/** What a task has to do. `skipped`: its `when` returned false. */
export interface TaskPlan {
  skipped: boolean
  module: string
  wants: PlannedWant[]
  output: Plan<unknown>['output']
  /** Tasks whose results are not known yet, so that placeholders were used. */
  unknown: ReadonlySet<string>
  /** The texts that were used for them. */
  placeholders: readonly string[]
  /** Whether the task runs at all depends on one of them. */
  conditional: boolean
  /** Everything that was read to plan it. */
  seen: readonly Seen[]
}

/** A state that a plan was made from. */
export interface Seen {
  request: Request
  state: State | null
}

/** What each plan requested, so that it can be read again in the frame of an earlier change. */
export type Asked = Map<AnyTask, Request[]>

interface PlanOptions {
  inHandler?: boolean
  /** Collects what the task requests. */
  asked?: Asked
  /** Called with the module call that the task turns out to be. */
  called?: (call: ModuleCall<unknown>) => void
  /** Do not evaluate `when`. */
  regardless?: boolean
}

/**
 * Plans one task in a pass: evaluates `when` and the task's function, asks its module for its
 * wants, and compares.
 *
 * @throws SteadError with the task's name: wrong arguments, or why a read failed.
 */
export async function planTask(task: AnyTask, source: StateSource, pass: Pass, options: PlanOptions = {}): Promise<TaskPlan> {
  const requests: Request[] = []
  options.asked?.set(task, requests)
  const seen: Seen[] = []
  const ask: StateSource['current'] = async (resource, key) => {
    requests.push({ resource, key })
    if (pass.abandoned) return never()
    const state = await source.current(resource, key)
    if (pass.abandoned) return never()
    seen.push({ request: { resource, key }, state })
    return state
  }
  let called: ModuleCall<unknown> | undefined
  return currentPass.run(pass, () => currentTask.run(options.inHandler ? undefined : task, async () => {
    try {
      if (!options.regardless && !(await isWanted(task, pass))) return skippedPlan(pass)
      const conditional = pass.unknown.size > 0 && task.options.when !== undefined
      const call = typeof task.body === 'function' ? await task.body() : task.body
      called = call
      const issues = [...call.issues, ...misplaced(call, options.inHandler ?? false)]
      if (issues.length) throw new ArgumentError(call.module, issues)
      const view: HostView = { current: ask, packagesPending: () => source.packagesPending(), anythingPending: () => source.anythingPending(), foretold: () => source.foretold?.() ?? false, get facts() { return source.facts() }, become: task.options.become }
      task.placeholder = call.placeholder
      options.called?.(call)
      const plan = await call.plan(view)
      const wants = await Promise.all(plan.wants.map(want => planWant(want, ask)))
      return { skipped: false, module: call.module, wants, output: plan.output, unknown: pass.unknown, placeholders: pass.placeholders, conditional, seen }
    } catch (error) {
      throw asPlaybookError(error).at({ task: task.name }).offer(called?.arguments?.() ?? [])
    }
  }))
}

/**
 * In the prefetch a condition may not be known yet; what the task reads is then collected all the
 * same.
 */
async function isWanted({ options: { when } }: AnyTask, pass: Pass): Promise<boolean> {
  if (!when) return true
  try {
    const wanted = await when()
    pass.uncertain = pass.unknown.size > 0
    return wanted
  } catch (error) {
    if (pass.purpose !== 'ahead' || !(error instanceof FactsNotKnown || pass.unknown.size > 0)) throw error
    pass.uncertain = true
    return true
  }
}

async function planWant(want: Want, ask: StateSource['current']): Promise<PlannedWant> {
  const { resource, key } = want
  const name = identity(resource.kind, resource.identify(key))
  const checked = want.desired === null ? undefined : resource.schema.safeParse(want.desired)
  if (checked?.success === false) {
    throw new PlaybookError(checked.error.issues.map(issue => `${issue.path.map(String).join('.')}: ${issue.message}`).join('\n'), { resource: name })
  }
  try {
    const current = await ask(resource, key)
    return { want, identity: name, current, differences: resource.event ? eventDifference(resource.event, key, current) : compareWant(want, current) }
  } catch (error) {
    throw error instanceof SteadError ? error.at({ resource: name }) : error
  }
}

/** How `current` differs from what is wanted, by the resource's own comparison if it has one. */
export function compareWant({ resource, key, desired }: Want, current: State | null): Difference[] {
  return resource.compare?.(key, current, desired) ?? differences(current, desired)
}

function eventDifference(event: NonNullable<AnyResource['event']>, key: unknown, current: State | null): Difference[] {
  if (event.effect === 'wait' && event.verify(key, current, current) === undefined) return []
  return [{ field: undefined, current: undefined, desired: event.describe(key) }]
}

function skippedPlan(pass: Pass): TaskPlan {
  return { skipped: true, module: '', wants: [], output: undefined, unknown: pass.unknown, placeholders: pass.placeholders, conditional: true, seen: [] }
}

/** Whether applying the plan would write anything (waiting writes nothing). */
export function changesAnything({ wants }: TaskPlan): boolean {
  return wants.some(({ want, differences: list }) => list.length > 0 && want.resource.event?.effect !== 'wait')
}

/** Whether there is nothing to do and nothing to wait for. */
export function isDone({ wants }: TaskPlan): boolean {
  return wants.every(({ differences: list }) => list.length === 0)
}

/**
 * Lets tasks that a run leaves out be awaited: they have their results if the host already matches
 * them.
 */
export function prefetchLeftOut(tasks: readonly AnyTask[], source: StateSource): void {
  for (const task of tasks) task.prefetch = pass => resultOfLeftOut(task, source, pass)
}

async function resultOfLeftOut(task: AnyTask, source: StateSource, pass: Pass): Promise<Settled<unknown>> {
  // In a check, results that it does not know must not make the awaiting task unknown.
  const plan = await planTask(task, source, pass.purpose === 'check' ? new Pass('check') : pass)
  if (plan.skipped || !isDone(plan) || plan.unknown.size > 0) return { known: false }
  return plan.output ? resultFrom(plan.output(plan.wants.map(({ current }) => current))) : { known: true, value: undefined }
}

function resultFrom(value: unknown): Settled<unknown> {
  return value === undefined ? { known: false } : { known: true, value }
}

/**
 * Passes a task's result to the tasks that await it, or says that it is known only after applying.
 */
export function settle(task: AnyTask, plan: TaskPlan, states: readonly (State | null)[] | undefined): void {
  if (!plan.output) return task.settle({ known: true, value: undefined })
  task.settle(resultFrom(states && plan.output(states)))
}
