import { z } from 'zod'
import type { Resource } from '../../state/resource.ts'
import { bringAbout } from './unit-effect.ts'
import { readUnits, type UnitState } from './unit-state.ts'
import type { UnitKey } from './unit.ts'

/** Something that happens to a unit, as handlers ask for it. */
export interface UnitEventKey extends UnitKey {
  event: 'restarted' | 'reloaded'
}

/**
 * A restart or a reload. It came about when the unit runs afterwards (a oneshot that does not stay: when it succeeded), and for a restart as
 * another invocation.
 */
export const unitEventResource: Resource<UnitEventKey, UnitState, Record<string, never>> = {
  kind: 'unit-event',
  schema: z.strictObject({}),
  identify: ({ unit: name, event }) => `${name} ${event}`,
  read: keys => readUnits(keys.map(({ unit: name }) => name)),
  apply: ({ unit: name, event }) => ({
    script: bringAbout(event, name),
  }),
  event: {
    effect: 'change',
    describe: ({ unit: name, event }) => `${name} is ${event}`,
    verify({ unit: name, event }, before, after) {
      // systemd forgets the last invocation of what has ended; that it ended well is what systemctl waited for.
      if (after?.ends) return after.succeeded ? undefined : `${name} failed when it was ${event}.`
      if (after?.running !== true) return `${name} does not run after it was ${event}.`
      return event === 'restarted' && before?.invocation === after?.invocation ? `${name} was not restarted: it is still the same invocation.` : undefined
    },
  },
  forecast: {
    sideEffects: ({ unit: name }) => [{ kind: 'unit', identity: name, state: {}, change: now => ({ ...now, running: now.ends !== true, needsDaemonReload: false }) }],
  },
}
