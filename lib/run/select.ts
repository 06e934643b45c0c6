import { UsageError } from '../errors.ts'
import type { HostPlay } from '../playbook/playbook.ts'
import type { AnyTask } from '../playbook/task.ts'

/** Which tasks of a playbook a run is about. */
export interface Selection {
  tags: readonly string[]
  skipTags: readonly string[]
  startAtTask?: string
}

/** All tags that tasks carry, sorted. */
export function tagsOf(plays: readonly HostPlay[]): string[] {
  const tags = plays.flatMap(({ steps }) => steps.flatMap(step => ('task' in step ? (step.task.options.tags ?? []) : [])))
  return [...new Set(tags)].sort()
}

/** Words that select by themselves, as in Ansible. */
const SPECIAL = ['all', 'tagged', 'untagged', 'always', 'never']

/** @throws UsageError for a tag or a task that no playbook has, with those there are. */
export function checkSelection({ tags, skipTags, startAtTask }: Selection, plays: readonly HostPlay[]): void {
  const known = tagsOf(plays)
  const unknown = [...tags, ...skipTags].filter(tag => !known.includes(tag) && !SPECIAL.includes(tag))
  if (unknown.length) throw new UsageError(`Unknown ${unknown.length > 1 ? 'tags' : 'tag'}: ${unknown.join(', ')}.`, { hint: `Tags of this playbook: ${known.join(', ') || '(none)'}.` })
  const names = plays.flatMap(({ steps }) => steps.flatMap(step => ('task' in step ? [step.task.name] : [])))
  if (startAtTask !== undefined && plays.length > 0 && !names.includes(startAtTask)) {
    throw new UsageError(`No task is called "${startAtTask}".`, { hint: 'See --list-tasks for their names.' })
  }
}

/** Makes the choice that {@link Selection} describes; `always` and `never` mean what they mean in Ansible. */
export function chooser({ tags, skipTags, startAtTask }: Selection): (task: AnyTask) => boolean {
  let started = startAtTask === undefined
  return ({ name, options: { tags: own = [] } }) => {
    started ||= name === startAtTask
    if (!started || skipTags.some(tag => matches(tag, own))) return false
    if (own.includes('never')) return tags.some(tag => own.includes(tag))
    if (tags.length === 0 || own.includes('always')) return true
    return tags.some(tag => matches(tag, own))
  }
}

function matches(tag: string, own: readonly string[]): boolean {
  if (tag === 'all') return true
  if (tag === 'tagged') return own.length > 0
  return tag === 'untagged' ? own.length === 0 : own.includes(tag)
}
