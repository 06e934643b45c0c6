import type { PlannedWant } from '../plan/plan-task.ts'

/** The time of day on this machine. */
const clock = (at: Date): string => at.toTimeString().slice(0, 8)

/**
 * What a want waits for, since when and until when at most, reported before the wait starts;
 * undefined for one that does not wait.
 *
 * @param now when the wait starts.
 */
export function waitNote({ want: { resource: { event }, key } }: PlannedWant, now: Date): string | undefined {
  if (event?.effect !== 'wait') return undefined
  const limit = event.limitSeconds?.(key)
  return `waits for ${event.describe(key)}, since ${clock(now)}${limit === undefined ? '' : `, until ${clock(new Date(now.getTime() + limit * 1000))} at the latest`}`
}
