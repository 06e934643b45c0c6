import type { Choose } from './open-host.ts'
import { UsageError } from '../errors.ts'
import { didYouMean } from '../text/nearest.ts'
import type { HostPlay } from '../playbook/playbook.ts'
import type { AnyTask } from '../playbook/task.ts'

/** Which tasks of a playbook to run. */
export interface Selection {
  tags: readonly string[]
  skipTags: readonly string[]
  startAtTask?: string
}

/**
 * A playbook as far as it is laid out: the plays of its hosts by name, undefined until a host's
 * facts are known.
 */
export type LaidOut = ReadonlyMap<string, HostPlay | undefined>

/** The tasks of a play, in order. */
export function tasksOf({ steps }: HostPlay): AnyTask[] {
  return steps.flatMap(step => ('task' in step ? [step.task] : []))
}

/** All tags of tasks, sorted. */
export function tagsOf(plays: readonly HostPlay[]): string[] {
  return [...new Set(plays.flatMap(tasksOf).flatMap(({ options: { tags = [] } }) => tags))].sort()
}

/** Special tags, as in Ansible. */
const SPECIAL = ['all', 'tagged', 'untagged', 'always', 'never']

/**
 * Checks that the tags and the task of a selection exist. A play that is not laid out yet may have
 * them.
 *
 * @throws UsageError for a tag or a task that no playbook has, with the existing ones.
 */
export function checkSelection({ tags, skipTags, startAtTask }: Selection, playbooks: readonly LaidOut[]): void {
  const all = playbooks.flatMap(playbook => [...playbook.values()])
  const plays = all.filter(play => play !== undefined)
  if (plays.length === 0 || plays.length < all.length) return
  const known = tagsOf(plays)
  const unknown = [...tags, ...skipTags].filter(tag => !known.includes(tag) && !SPECIAL.includes(tag))
  if (unknown.length) {
    const hints = unknown.length === 1 ? unknown.map(tag => didYouMean(tag, known)) : []
    throw new UsageError(`Unknown ${unknown.length > 1 ? 'tags' : 'tag'}: ${unknown.join(', ')}.${hints.join('')}`, { hint: `Tags of this playbook: ${known.join(', ') || '(none)'}.` })
  }
  const names = plays.flatMap(tasksOf).map(({ name }) => name)
  if (startAtTask !== undefined && !names.includes(startAtTask)) {
    throw new UsageError(`No task is called "${startAtTask}".${didYouMean(startAtTask, names)}`, { hint: 'See --list-tasks for their names.' })
  }
}

/**
 * Makes the choice that {@link Selection} describes, for one host; `always` and `never` mean the
 * same as in Ansible.
 */
export function chooser({ tags, skipTags, startAtTask }: Selection): Choose {
  return chooserFrom(startAtTask === undefined ? undefined : new Set([startAtTask]), { tags, skipTags })
}

/**
 * @param starts the names of the tasks to start at, whichever comes first; undefined: start at
 * once.
 */
function chooserFrom(starts: ReadonlySet<string> | undefined, { tags, skipTags }: Omit<Selection, 'startAtTask'>): Choose {
  let started = starts === undefined
  return ({ name, options: { tags: own = [] } }) => {
    started ||= starts?.has(name) ?? true
    if (!started || skipTags.some(tag => matches(tag, own))) return false
    if (own.includes('never')) return tags.some(tag => own.includes(tag))
    if (tags.length === 0 || own.includes('always')) return true
    return tags.some(tag => matches(tag, own))
  }
}

/**
 * The choices of a run over several playbooks. With a start task, the run starts in the first
 * playbook that has it, on each of its hosts; earlier playbooks are left out, and later ones run
 * completely, on all their hosts. A host without that task starts where the others continue after
 * it.
 *
 * @returns the choice for the playbook at an index and one of its hosts; call it for each task, in
 * order.
 */
export function choosers(selection: Selection, playbooks: readonly LaidOut[]): (index: number, host: string) => Choose {
  const { startAtTask } = selection
  if (startAtTask === undefined) return () => chooser(selection)
  const names = playbooks.map(playbook => new Map([...playbook].map(([host, play]) => [host, play ? tasksOf(play).map(({ name }) => name) : []])))
  const first = names.findIndex(playbook => [...playbook.values()].some(list => list.includes(startAtTask)))
  return (index, host) => {
    if (index < first) return () => false
    if (index > first && first >= 0) return chooserFrom(undefined, selection)
    const lists = [...names[index]?.values() ?? []].filter(list => list.includes(startAtTask))
    const own = names[index]?.get(host)
    return own && !own.includes(startAtTask) ? chooserFrom(behind(startAtTask, lists), selection) : chooser(selection)
  }
}

/** The tasks that follow a task on the hosts that have it, and precede it on none. */
function behind(start: string, lists: readonly (readonly string[])[]): ReadonlySet<string> {
  const before = new Set(lists.flatMap(list => list.slice(0, list.indexOf(start))))
  return new Set(lists.flatMap(list => list.slice(list.indexOf(start))).filter(name => !before.has(name)))
}

function matches(tag: string, own: readonly string[]): boolean {
  if (tag === 'all') return true
  if (tag === 'tagged') return own.length > 0
  return tag === 'untagged' ? own.length === 0 : own.includes(tag)
}
