import { z } from 'zod'
import { CertainError, defineModule, PlaybookError, unitName, want, type HostView, type Want } from '../lib/resource.ts'
import { fileResource } from '../lib/resources/files/file.ts'
import { unitEventResource } from '../lib/resources/systemd/unit-event.ts'
import { unitWaitResource } from '../lib/resources/systemd/unit-wait.ts'
import { unitMaskResource } from '../lib/resources/systemd/unit-mask.ts'
import { unitResource } from '../lib/resources/systemd/unit.ts'

const args = z.strictObject({
  /**
   * A unit; without a suffix it is a service. Use the unit's own name: an alias costs one more
   * round trip.
   */
  unit: unitName.refine(unit => !unit.includes('@.'), 'must name an instance of the template, as in \'name@one.service\''),
  /**
   * A unit that is starting is waited for, up to 600 s. `restarted` and `reloaded` are events, for
   * handlers only; both start a stopped unit.
   * @default as it is
   */
  state: z.enum(['started', 'stopped', 'restarted', 'reloaded'], 'must be \'started\', \'stopped\', or in a handler \'restarted\' or \'reloaded\'').optional(),
  /**
   * Whether it starts at boot. With true, exactly the links of its [Install] exist, and no others,
   * such as those of `add-wants`.
   * @default as it is
   */
  enabled: z.boolean('must be true or false').optional(),
  /**
   * true: nothing can start it; units that are not installed can be masked too.
   * @default as it is
   */
  masked: z.boolean('must be true or false').optional(),
}).superRefine(({ state, enabled, masked }, context) => {
  if (masked && (enabled || (state !== undefined && state !== 'stopped'))) context.addIssue({ code: 'custom', path: ['masked'], message: 'a masked unit can only be stopped and not enabled' })
})

/** Values of UnitFileState that cannot be enabled or disabled. */
const startsAtBoot = ['enabled', 'static', 'alias', 'indirect, enabled']
const doesNotStart = ['disabled', 'static', 'indirect', 'indirect, disabled', 'generated', 'transient', 'linked', 'linked-runtime', 'masked', 'masked-runtime', 'alias', '']

/** Plans one unit, given its current state. */
export async function planUnit({ unit, state, enabled, masked }: { unit: string; state?: 'started' | 'stopped'; enabled?: boolean; masked?: boolean }, host: HostView): Promise<Want[]> {
  const path = `/etc/systemd/system/${unit}`
  const [current, own] = await Promise.all([
    host.current(unitResource, { unit }),
    host.current(fileResource, { path, noFollow: true }),
    masked === undefined ? null : host.current(unitMaskResource, { unit }),
  ])
  // When a check predicts a new unit, the fields that are not given are unknown.
  const wasMasked = current?.enabled?.startsWith('masked') ?? false
  // An empty file is a mask too.
  if (masked && own?.type === 'file' && !wasMasked) throw new PlaybookError(`Failed to mask unit, file "${path}" already exists.`, { hint: 'Remove a unit file of your own (systemd-unit) instead of masking it.' })
  const mask = masked === undefined ? [] : [want(unitMaskResource, { unit }, { masked })]
  if (state === undefined && enabled === undefined) return mask
  if (current === null && own === null && !host.packagesPending() && masked !== true) throw new PlaybookError(`There is no unit ${unit}.`, { hint: 'Install its package or write its file (systemd-unit) in an earlier task.' })
  if (wasMasked && masked !== false && (enabled || state === 'started')) throw new PlaybookError(`Unit ${unit} is masked.`, { hint: 'Set masked: false to let it be started.' })
  if (enabled && (current?.enabled === 'generated' || current?.enabled === 'transient')) {
    throw new PlaybookError(`Failed to enable unit: Unit ${unit} is transient or generated.`, { hint: 'Whatever generates it decides whether it starts at boot: remove enabled.' })
  }
  if (enabled !== undefined && !masked && current?.enabled === 'indirect, unknown') {
    throw new PlaybookError(`Whether ${unit} starts at boot is unknown: systemd does not know a unit that its Also= names.`, { hint: 'Set enabled on those units themselves.' })
  }
  if (state === 'started' && current?.ends) {
    throw new PlaybookError(`${unit} is a oneshot that does not stay active, so it cannot be kept started.`, { hint: 'Run it by a timer, restart it in a handler, or give it RemainAfterExit=yes.' })
  }
  // A mask hides the unit: its state is known only after unmasking.
  const known = wasMasked && masked === false ? undefined : current?.enabled
  const fits = known !== undefined && (enabled ? startsAtBoot : doesNotStart).includes(known)
  const atBoot = known?.startsWith('indirect, ') ? ['indirect, enabled', 'indirect, disabled'] : ['enabled', 'disabled']
  // A unit that is already starting needs no start, but is not started yet.
  const starts = state === 'started' && current?.running === 'activating' && !wasMasked
  const itself = masked && (current === null || wasMasked) ? [] : [want(unitResource, { unit: current?.id || unit }, {
    running: state === undefined || starts ? undefined : state === 'started',
    // A mask hides the unit, and a masked unit does not start.
    enabled: enabled === undefined || masked ? undefined : fits ? known : atBoot[enabled ? 0 : 1],
    links: enabled && !masked && known === 'enabled' ? current?.asked : undefined,
    needsDaemonReload: current ? false : undefined,
  }), ...(starts ? [want(unitWaitResource, { unit: current.id || unit }, {})] : [])]
  return masked ? [...itself, ...mask] : [...mask, ...itself]
}

/**
 * @throws CertainError for an event of a unit that does not exist and that no earlier task
 * installs: its name may be misspelt.
 */
async function refuseMissing(unit: string, event: 'restarted' | 'reloaded', host: HostView): Promise<void> {
  const fileOf = (unit: string) => host.current(fileResource, { path: `/etc/systemd/system/${unit}`, noFollow: true })
  const found = await Promise.all([host.current(unitResource, { unit }), fileOf(unit), fileOf(unit.replace(/@.+(?=\.)/, '@')), host.current(unitEventResource, { unit, event })])
  if (found.every(state => state === null) && !host.anythingPending()) throw new CertainError(`There is no unit ${unit}.`, { hint: 'Check the spelling, or install its package or write its file (systemd-unit) in an earlier task.' })
}

/**
 * A unit of systemd: running or not, starting at boot or not, masked or not. In a handler also
 * restarted or reloaded. A unit file that changed since systemd read it is reloaded first. Not
 * supported from Ansible's `systemd_service`: `daemon_reload` and `force` (done when needed),
 * `daemon_reexec`, `no_block`, `user` (obsolete), and `scope`: user units need a session; use units
 * with `User=`. Not supported from pyinfra: `command`, `user_mode` and `machine`. Source:
 * systemctl(1).
 *
 * @example
 * apt({ packages: ['nginx-light'], startServices: false })
 * systemd({ unit: 'nginx', state: 'started', enabled: true })
 */
export const systemd = defineModule({
  name: 'systemd',
  args,
  async plan({ unit, state, enabled, masked }, host) {
    if (state !== 'restarted' && state !== 'reloaded') return { wants: await planUnit({ unit, state, enabled, masked }, host) }
    await refuseMissing(unit, state, host)
    return { wants: [want(unitEventResource, { unit, event: state }, {})] }
  },
  onlyInHandlers: ({ state }) => (state === 'restarted' || state === 'reloaded'
    ? `'${state}' is an event, and as a task it would happen on every run: put it into a handler, or use 'started'` : undefined),
})
