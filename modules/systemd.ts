import { z } from 'zod'
import { defineModule, unit as unitResource, unitEvent, unitName, want } from '../lib/index.ts'

const args = z.strictObject({
  /** A unit; without a suffix it is a service. */
  unit: unitName,
  /** `restarted` and `reloaded` are events, for handlers alone. @default as it is */
  state: z.enum(['started', 'stopped', 'restarted', 'reloaded'], 'must be \'started\', \'stopped\', or in a handler \'restarted\' or \'reloaded\'').optional(),
  /** Whether it starts at boot. @default as it is */
  enabled: z.boolean('must be true or false').optional(),
})

/** States of systemctl(1) in which a unit starts at boot, or has no say in it. */
const startsAtBoot = ['enabled', 'enabled-runtime', 'static', 'indirect', 'alias', 'generated', 'transient']
const doesNotStart = ['disabled', 'static', 'indirect', 'generated', 'transient', 'masked', 'linked', '']

/**
 * A unit of systemd: running or not, starting at boot or not. In a handler also restarted or reloaded.
 *
 * @example
 * systemd({ unit: 'nginx', state: 'started', enabled: true })
 */
export const systemd = defineModule({
  name: 'systemd',
  args,
  async plan({ unit, state, enabled }, host) {
    if (state === 'restarted' || state === 'reloaded') return { wants: [want(unitEvent, { unit, event: state }, {})] }
    const current = enabled === undefined ? null : await host.current(unitResource, { unit })
    const fits = current !== null && (enabled ? startsAtBoot : doesNotStart).includes(current.enabled)
    return {
      wants: [want(unitResource, { unit }, {
        running: state === undefined ? undefined : state === 'started',
        enabled: enabled === undefined ? undefined : fits ? current.enabled : enabled ? 'enabled' : 'disabled',
      })],
    }
  },
  onlyInHandlers: ({ state }) => (state === 'restarted' || state === 'reloaded'
    ? `'${state}' is an event, and as a task it would happen on every run: put it into a handler, or use 'started'` : undefined),
})
