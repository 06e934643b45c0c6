import { z } from 'zod'
import { apply, applyLines, type ApplyScript } from '../shell/script.ts'
import type { Resource } from '../state/resource.ts'
import { readUnits, startOrExplain, type UnitState } from './unit-state.ts'

export interface UnitKey {
  /** With its suffix: `nginx.service`, `backup.timer`. */
  unit: string
}

const schema = z.strictObject({ running: z.boolean().optional(), enabled: z.string().optional(), needsDaemonReload: z.literal(false).optional() })

/** A unit of systemd: whether it runs, and whether it starts at boot. Source: systemctl(1), `org.freedesktop.systemd1`(5). */
export const unit: Resource<UnitKey, UnitState, z.infer<typeof schema>> = {
  kind: 'unit',
  schema,
  identify: ({ unit: name }) => name,
  read: keys => readUnits(keys.map(({ unit: name }) => name)),
  apply({ unit: name }, current, desired) {
    const steps: ApplyScript[] = [apply`set -e`]
    if (current?.needsDaemonReload) steps.push(apply`systemctl daemon-reload`)
    if (desired?.enabled !== undefined && desired.enabled !== current?.enabled) {
      if (desired.enabled === 'disabled' && current?.enabled === 'enabled-runtime') steps.push(apply`systemctl disable -q --runtime -- ${name}`)
      steps.push(apply`systemctl ${desired.enabled.includes('enabled') ? 'enable' : 'disable'} -q -- ${name}`)
    }
    if (desired?.running === true && current?.running !== true) steps.push(startOrExplain('start', name))
    if (desired?.running === false && current?.running !== false) steps.push(apply`systemctl stop -- ${name}`)
    return { script: applyLines(steps) }
  },
  mayComeWithPackage: ({ unit: name }, desired, foresight) => {
    // A unit file that the playbook writes is nobody else's, and a package that may not start services leaves that to the playbook.
    if (foresight.foretold('file', `/etc/systemd/system/${name}`)) return false
    return foresight.servicesStart || desired?.running !== true
  },
}

/** Something that happens to a unit, as handlers ask for it. */
export interface UnitEventKey extends UnitKey {
  event: 'restarted' | 'reloaded'
}

/**
 * A restart or a reload. It came about when the unit runs afterwards (a oneshot that does not stay: when it succeeded), and for a restart as
 * another invocation.
 */
export const unitEvent: Resource<UnitEventKey, UnitState, Record<string, never>> = {
  kind: 'unit-event',
  schema: z.strictObject({}),
  identify: ({ unit: name, event }) => `${name} ${event}`,
  read: keys => readUnits(keys.map(({ unit: name }) => name)),
  apply: ({ unit: name, event }) => ({
    script: apply`if systemctl show -p NeedDaemonReload -- ${name} | grep -q yes; then systemctl daemon-reload; fi; ${startOrExplain(event === 'restarted' ? 'restart' : 'reload-or-restart', name)}`,
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
}

const maskSchema = z.strictObject({ masked: z.boolean() })

/** Whether a unit is masked, so that nothing can start it; a unit that is not installed can be. Source: systemctl(1), mask. */
export const unitMask: Resource<UnitKey, { readonly masked: boolean | 'until reboot' }, z.infer<typeof maskSchema>> = {
  kind: 'unit-mask',
  schema: maskSchema,
  identify: ({ unit: name }) => name,
  read(keys) {
    const units = readUnits(keys.map(({ unit: name }) => name))
    return { script: units.script, parse: output => units.parse(output).map(state => (state instanceof Error ? state : { masked: state?.enabled === 'masked' ? true : state?.enabled === 'masked-runtime' ? 'until reboot' : false })) }
  },
  apply({ unit: name }, current, desired) {
    if (desired?.masked) return { script: apply`systemctl mask -q -- ${name}` }
    return { script: apply`${current?.masked === 'until reboot' ? apply`systemctl unmask -q --runtime -- ${name} &&` : apply``} systemctl unmask -q -- ${name}` }
  },
}
