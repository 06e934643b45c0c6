import { ApplyError, NotConvergedError, StaleError, SteadError } from '../errors.ts'
import { compareWant, type PlannedWant, type TaskPlan } from '../plan/plan-task.ts'
import { notified } from '../playbook/task.ts'
import { showDifferences } from '../report/diff.ts'
import type { FramePart } from '../shell/frame.ts'
import type { Output } from '../shell/output.ts'
import { STALE } from '../resources/files/file-write.ts'
import { APPLY_TIMEOUT_SECONDS, type Session } from '../shell/session.ts'
import { batch, requestIdentity } from '../state/batch.ts'
import type { Request, State, Writing } from '../state/resource.ts'
import { findCause } from './find-cause.ts'
import type { HostWalk } from '../walk/host-walk.ts'
import { writeJournal } from '../walk/journal.ts'
import type { PlannedTask } from './together.ts'
import { waitNote } from './wait-note.ts'

/** The result of one task of a frame; undefined: it was not started, since an earlier one failed. */
export type Applied = { states: (State | null)[] } | { error: unknown } | undefined

/**
 * Applies one task in one frame: records its handlers, writes what differs, in order, reads it
 * back, and reads what the next tasks need.
 *
 * Once the frame is sent, earlier answers are no longer used, whatever the outcome.
 *
 * @returns the states of the task's wants afterwards, in the order of the wants.
 * @throws ApplyError with the host's own words if a write failed; NotConvergedError if what was
 * written does not read back.
 */
export async function applyTask(session: Session, walk: HostWalk, planned: PlannedTask, next: readonly Request[], afterwards: readonly FramePart[] = []): Promise<(State | null)[]> {
  const [applied] = await applyTasks(session, walk, [planned], next, afterwards)
  if (applied === undefined) throw new TypeError('The only task of a frame is always started.')
  if ('error' in applied) throw applied.error
  return applied.states
}

/**
 * Applies tasks that do not affect each other in one frame, as {@link applyTask} does with one. The
 * host starts none after one whose write failed. If one does not read back as desired, the later ones
 * were written already, and their results say so.
 */
export async function applyTasks(session: Session, walk: HostWalk, tasks: readonly PlannedTask[], next: readonly Request[], afterwards: readonly FramePart[] = []): Promise<Applied[]> {
  const recorded = new Set<string>()
  const steps = tasks.map(planned => partsOf(walk, planned, recorded))
  const own = steps.filter(({ writes }) => writes.length > 0).flatMap(({ plan }) => plan.wants.map(({ want: { resource, key } }) => ({ resource, key })))
  const { parts, parse } = batch([...own, ...next])
  const writing = [...steps.flatMap(({ notes, writes }) => [...notes, ...writes]), ...afterwards]
  walk.reader.forget()
  const outputs = await session.apply([...writing, ...parts], { timeoutSeconds: Math.max(...steps.map(each => each.timeoutSeconds)) })
  const answers = parse(outputs.slice(writing.length))
  walk.reader.forget(answers)
  const applied: Applied[] = []
  let at = 0
  let isOver = false
  for (const { notes, writes, writings, plan } of steps) {
    const results = outputs.slice(at, at += notes.length + writes.length)
    const error: SteadError | undefined = isOver ? undefined : await failureOf(session, plan, writings, results.slice(0, notes.length), results.slice(notes.length))
    applied.push(isOver ? undefined : error ? { error } : writes.length > 0 ? verifiedAll(plan, answers) : { states: plan.wants.map(({ current }) => current) })
    isOver ||= error !== undefined
  }
  return applied
}

/**
 * The parts of a frame that apply one task.
 *
 * @param recorded the handlers that the frame records already; those of the task are added.
 */
function partsOf(walk: HostWalk, { task, plan }: PlannedTask, recorded: Set<string>) {
  const toWrite = plan.wants.filter(({ differences: list }) => list.length > 0)
  const handlers = toWrite.some(({ want }) => want.resource.event?.effect !== 'wait') ? notified(task).map(({ name }) => name).filter(name => !recorded.has(name)) : []
  for (const name of handlers) recorded.add(name)
  const notes: FramePart[] = handlers.length ? [{ script: writeJournal(walk.playbook, handlers) }] : []
  const writings = groupWrites(toWrite)
  const writes = writings.map(({ identity, writing: { script, stdin, user } }): FramePart => ({ script, stdin, user: user ?? task.options.become, about: identity }))
  for (const planned of toWrite) {
    const note = waitNote(planned, new Date())
    if (note !== undefined) walk.observer.note(walk.name, `${task.name}: ${note}`)
  }
  return { plan, notes, writes, writings, timeoutSeconds: (task.options.timeoutSeconds ?? APPLY_TIMEOUT_SECONDS) + Math.max(0, ...writings.map(({ writing: { seconds = 0 } }) => seconds)) }
}

/** Why a task was not written; undefined if it was. */
async function failureOf(session: Session, { wants }: TaskPlan, writings: ReturnType<typeof groupWrites>, [note]: readonly Output[], results: readonly Output[]): Promise<SteadError | undefined> {
  if (note && note.exitCode !== 0) return new ApplyError(`Could not record the handlers on the host${await because(session, ['/var/lib/stead'])}.`, { stderr: note.stderr })
  // The first one failed by itself, whatever its exit code; the later ones were skipped.
  const failed = results.findIndex(({ exitCode }) => exitCode !== 0)
  const [result, what] = [results[failed], writings[failed]]
  if (!result || !what) return undefined
  if (result.exitCode === STALE && what.edits) return new StaleError('Somebody else kept changing it at the same time.', { resource: what.identity, stderr: result.stderr })
  const cause = await because(session, wants.map(({ want: { resource, key } }) => resource.identify(key)))
  return new ApplyError(`The change failed${cause}.`, { resource: what.identity, exitCode: result.exitCode, stderr: result.stderr })
}

function verifiedAll({ wants }: TaskPlan, answers: ReadonlyMap<string, State | null | Error>): Applied {
  try {
    return { states: wants.map(planned => verified(planned, answers.get(requestIdentity({ resource: planned.want.resource, key: planned.want.key })), planned.differences.length > 0)) }
  } catch (error) {
    return { error }
  }
}

/**
 * Why nothing can be written, as the end of a sentence. Losing the host in the meantime does not
 * hide that the change failed.
 */
async function because(session: Session, paths: readonly string[]): Promise<string> {
  try {
    const cause = await findCause(session, paths)
    return cause === undefined ? '' : `: ${cause}`
  } catch (error) {
    if (error instanceof SteadError) return ''
    throw error
  }
}

/** One write per want, except for adjacent wants that their resource writes together. */
function groupWrites(toWrite: readonly PlannedWant[]): { identity: string; writing: Writing; edits: boolean }[] {
  const groups: [PlannedWant, ...PlannedWant[]][] = []
  for (const planned of toWrite) {
    const last = groups.at(-1)
    const together = planned.want.resource.applyTogether !== undefined && last?.[0].want.resource === planned.want.resource
    if (last && together) last.push(planned)
    else groups.push([planned])
  }
  return groups.map(group => {
    const [first] = group
    const { resource, key, desired } = first.want
    const changes = group.map(({ want, current }) => ({ key: want.key, current, desired: want.desired }))
    const writing = resource.applyTogether?.(changes) ?? resource.apply(key, first.current, desired)
    return { identity: group.map(({ identity }) => identity).join(' '), writing, edits: resource.madeFrom?.(key) !== undefined }
  })
}

function verified(planned: PlannedWant, after: State | null | Error | undefined, wasWritten: boolean): State | null {
  const { want: { resource, key }, identity, current } = planned
  if (after === undefined) throw new NotConvergedError('It was written, but the host gave no answer when it was read back.', { resource: identity })
  if (after instanceof Error) throw new NotConvergedError(`It was written, but could not be read back: ${after.message}`, { resource: identity, cause: after.cause })
  if (resource.event) {
    const missing = wasWritten ? resource.event.verify(key, current, after) : undefined
    if (missing !== undefined) throw new NotConvergedError(missing, { resource: identity })
    return after
  }
  const remaining = compareWant(planned.want, after)
  if (remaining.length > 0) {
    throw new NotConvergedError(`It was written, but does not read back as desired:\n${showDifferences(remaining, after, { edited: resource.madeFrom?.(key) !== undefined })}`, { resource: identity })
  }
  return after
}
