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

/** What two tasks of a playbook say against each other. */
export interface Contradictions {
  /** Of one field they want different values, so that each run changes it twice. */
  mistakes: PlaybookError[]
  /** One wants a thing there that the other wants gone: that may be meant, as when something is made anew. */
  notes: string[]
}

interface Claim {
  task: AnyTask
  want: Want
}

/**
 * Tasks that undo each other on every run, as far as that can be told without a host: the tasks are foretold twice over a host that has nothing,
 * and what one of them would change the second time, another has changed in between. Tasks that a run leaves out, handlers, what depends on facts
 * or on a result, and a `when` that cannot be told are not held against each other.
 *
 * @param asked what each task reads; only those that look at a thing of one name are foretold.
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
        if (isSecond) tell(task, want, differences, last.get(id) ?? [], found)
        if (differences.length > 0) overlay.foretell({ resource, key }, current, desired)
        last.set(id, [{ task, want }, ...last.get(id) ?? []])
      }
    }
  }
  return found
}

/** The tasks that are about a thing of a name that another is about too. */
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

/** What a task wants, and what its writes make of other things; nothing where that cannot be told. */
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
    // Why it cannot be planned here is told, where it is a mistake, by the look ahead; where it is not, at its turn.
    return []
  }
}

/** Notes where a task would change again what another has changed since. */
function tell(task: AnyTask, want: Want, differences: readonly Difference[], claims: readonly Claim[], { mistakes, notes }: Contradictions): void {
  const name = identity(want.resource.kind, want.resource.identify(want.key))
  const ownLast = claims.findIndex(claim => claim.task === task)
  const since = ownLast < 0 ? claims : claims.slice(0, ownLast)
  if (differences.some(({ field }) => field === undefined)) {
    // The one that removes it meets it there, and would tell the same.
    const gone = want.desired === null ? undefined : since.find(claim => claim.want.desired === null)
    const note = gone && `"${gone.task.name}" removes ${name}, and "${task.name}" makes it: each run does both.`
    if (note && !notes.includes(note)) notes.push(note)
    return
  }
  for (const { field = '', desired } of differences) {
    const other = since.find(claim => claim.want.desired?.[field] !== undefined && !sameValue(claim.want.desired[field], desired))
    if (!other || (field === 'content' && isEdit(want) && isEdit(other.want))) continue
    const [first, second] = task.index < other.task.index ? [{ task, want }, other] : [other, { task, want }]
    const message = `"${first.task.name}" and "${second.task.name}" say contrary things of ${name}: ${field} ${shown(first.want.desired, field)} and ${shown(second.want.desired, field)}.`
    if (!mistakes.some(each => each.message === message)) mistakes.push(new PlaybookError(message, { hint: 'Every run would change it twice. Take one out, or give one a `when` or a tag that tells when it holds.' }))
  }
}

/** What two edits make of a file depends on what is there. */
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
