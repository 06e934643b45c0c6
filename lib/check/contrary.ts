import { FactsNotKnown } from '../state/facts.ts'
import { PlaybookError } from '../errors.ts'
import { compareWant, planTask, type Asked, type StateSource } from '../plan/plan-task.ts'
import { requestsOf } from '../plan/prefetch.ts'
import type { Want } from '../playbook/module.ts'
import { Pass } from '../playbook/pass.ts'
import type { HostPlay } from '../playbook/playbook.ts'
import type { AnyTask } from '../playbook/task.ts'
import { questionIdentity } from '../state/batch.ts'
import { sameValue, type Difference } from '../state/compare.ts'
import { Content } from '../state/content.ts'
import { hand } from '../state/reader.ts'
import { identity, type Resource, type State, type Value } from '../state/resource.ts'
import { subjectsOf } from './subjects-of.ts'
import { Overlay } from './overlay.ts'

/** Tasks of a playbook that contradict each other. */
export interface Contradictions {
  /** They want different values for one field, so each run would change it twice. */
  mistakes: PlaybookError[]
  /**
   * One creates what the other removes. That may be intended, for example to recreate something.
   */
  notes: string[]
}

interface Claim {
  task: AnyTask
  want: Want
}

/**
 * Finds tasks that undo each other on every run, as far as possible without a host: the tasks are
 * foretold twice on an empty host, and what one of them would change the second time, another has
 * changed in between. Not compared: tasks that a run leaves out, handlers, and tasks that depend on
 * facts, on a result or on an unknown `when`.
 *
 * @param asked what each task reads; only tasks that read something of the same name are foretold.
 */
export async function contradictions({ steps }: HostPlay, asked: Asked): Promise<Contradictions> {
  const tasks = sharing(steps.flatMap(step => ('task' in step && step.task.options.checkMode !== true ? [step.task] : [])), asked)
  const found: Contradictions = { mistakes: [], notes: [] }
  const overlay = new Overlay()
  const last = new Map<string, Claim[]>()
  for (const isSecond of [false, true]) {
    for (const task of tasks) {
      for (const want of await wantsOf(task, overlay)) {
        const { resource, key, desired } = want
        const id = questionIdentity({ resource, key })
        const current = overlay.find({ resource, key }) ?? null
        const differences = compareWant(want, current)
        if (isSecond) record(task, want, differences, last.get(id) ?? [], found)
        if (differences.length > 0) overlay.foretell({ resource, key }, current, desired)
        last.set(id, [{ task, want }, ...last.get(id) ?? []])
      }
    }
  }
  return found
}

/** The tasks that are about something with the same name as the subject of another task. */
function sharing(tasks: readonly AnyTask[], asked: Asked): AnyTask[] {
  const byName = new Map<string, Set<AnyTask>>()
  for (const task of tasks) {
    for (const { resource, key } of subjectsOf(requestsOf(asked, [task]))) {
      const name = resource.identify(key)
      byName.set(name, (byName.get(name) ?? new Set()).add(task))
    }
  }
  const shared = new Set([...byName.values()].filter(({ size }) => size > 1).flatMap(each => [...each]))
  return tasks.filter(task => shared.has(task))
}

/** A task's wants, and the other states that writing them sets; empty if they are not known. */
async function wantsOf(task: AnyTask, overlay: Overlay): Promise<Want[]> {
  const source: StateSource = {
    current: <Key, Current extends State, Desired extends State>(resource: Resource<Key, Current, Desired>, key: Key) => new Promise<Current | null>(resolve => {
      hand({ to(state: Current | null) { resolve(state) } }, overlay.find({ resource, key }) ?? (resource.forecast?.everywhere ? {} : null))
    }),
    packagesPending: () => true, anythingPending: () => false, facts: () => { throw new FactsNotKnown('of a host') },
  }
  const pass = new Pass('check')
  try {
    const { skipped, wants } = await planTask(task, source, pass)
    if (skipped || pass.unknown.size > 0) return []
    return wants.flatMap(({ want }) => (want.resource.event || want.resource.forecast?.onlyRead ? [] : [want, ...want.resource.forecast?.overrides?.(want.key, want.desired) ?? []]))
  } catch {
    // If this is a mistake in the playbook, the prefetch reports it; if not, it is reported at the
    // task's turn.
    return []
  }
}

/** Records where a task would change again what another has changed since. */
function record(task: AnyTask, want: Want, differences: readonly Difference[], claims: readonly Claim[], { mistakes, notes }: Contradictions): void {
  const name = identity(want.resource.kind, want.resource.identify(want.key))
  const ownLast = claims.findIndex(claim => claim.task === task)
  const since = ownLast < 0 ? claims : claims.slice(0, ownLast)
  if (differences.some(({ field }) => field === undefined)) {
    // The task that removes it would be found as well, with the same note.
    const gone = want.desired === null ? undefined : since.find(claim => claim.want.desired === null)
    const note = gone && `"${gone.task.name}" removes ${name} and "${task.name}" creates it, so each run does both.`
    if (note && !notes.includes(note)) notes.push(note)
    return
  }
  for (const { field = '', desired } of differences) {
    const other = since.find(claim => claim.want.desired?.[field] !== undefined && !sameValue(claim.want.desired[field], desired))
    if (!other || (field === 'content' && isEdit(want) && isEdit(other.want))) continue
    const [first, second] = task.index < other.task.index ? [{ task, want }, other] : [other, { task, want }]
    const message = `"${first.task.name}" and "${second.task.name}" contradict each other about ${name}: ${field} ${shown(first.want.desired, field)} and ${shown(second.want.desired, field)}.`
    if (!mistakes.some(each => each.message === message)) mistakes.push(new PlaybookError(message, { hint: 'Every run would change it twice. Remove one of them, or give one a `when` or a tag.' }))
  }
}

/** Edits depend on the content that is there, so two of them need not contradict each other. */
function isEdit({ resource, key }: Want): boolean {
  return resource.madeFrom?.(key) === 'what is there'
}

function shown(desired: State | null, field: string): string {
  const value: Value | undefined = desired?.[field]
  if (!(value instanceof Content)) return JSON.stringify(value)
  if (value.secret || !value.bytes) return value.secret ? '<secret>' : `of SHA-256 ${value.sha256.slice(0, 12)}…`
  const text = value.bytes.toString()
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}
