import { z } from 'zod'
import type { Resource } from '../../state/resource.ts'
import { restartOrReload } from './unit-effect.ts'
import { readUnits, type UnitState } from './unit-state.ts'
import type { UnitKey } from './unit.ts'

/** Something that happens to a unit, usually in a handler. */
export interface UnitEventKey extends UnitKey {
  event: 'restarted' | 'reloaded'
}

/**
 * A restart or a reload. It worked if the unit runs afterwards (or succeeded, for a oneshot that
 * does not stay active), and after a restart as another invocation.
 */
export const unitEventResource: Resource<UnitEventKey, UnitState, Record<string, never>> = {
  kind: 'unit-event',
  schema: z.strictObject({}),
  identify: ({ unit: name, event }) => `${name} ${event}`,
  read: keys => readUnits(keys.map(({ unit: name }) => name)),
  apply: ({ unit: name, event }) => ({
    script: restartOrReload(event, name),
  }),
  event: {
    effect: 'change',
    describe: ({ unit: name, event }) => `${name} is ${event}`,
    verify({ unit: name, event }, before, after) {
      // systemd forgets the invocation of a unit that has ended; systemctl waited for it to
      // succeed.
      if (after?.ends) return after.succeeded ? undefined : `${name} failed when it was ${event}.`
      if (after?.running !== true) return `${name} does not run after it was ${event}.`
      return event === 'restarted' && before?.invocation === after?.invocation ? `${name} was not restarted: it is still the same invocation.` : undefined
    },
  },
  forecast: {
    sideEffects: ({ unit: name }) => [{ kind: 'unit', identity: name, state: {}, change: now => ({ ...now, running: now.ends !== true, needsDaemonReload: false }) }],
  },
}
