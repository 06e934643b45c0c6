import { z } from 'zod'
import { apply, applyLines, type ApplyScript } from '../../shell/script.ts'
import { differences } from '../../state/compare.ts'
import type { Resource } from '../../state/resource.ts'
import { readUnits, reloadIfNeeded, startOrExplain, type UnitState } from './unit-state.ts'

export interface UnitKey {
  /** With its suffix: `nginx.service`, `backup.timer`. */
  unit: string
}

const schema = z.strictObject({ running: z.boolean().optional(), enabled: z.string().optional(), links: z.string().optional(), needsDaemonReload: z.literal(false).optional() })

/**
 * A systemd unit: whether it runs, and whether it starts at boot. Source: systemctl(1),
 * `org.freedesktop.systemd1`(5).
 */
export const unitResource: Resource<UnitKey, UnitState, z.infer<typeof schema>> = {
  kind: 'unit',
  schema,
  identify: ({ unit: name }) => name,
  read: keys => readUnits(keys.map(({ unit: name }) => name)),
  apply({ unit: name }, current, desired) {
    const steps: ApplyScript[] = [apply`set -e`]
    if (current?.needsDaemonReload) steps.push(reloadIfNeeded(name))
    if (desired?.enabled !== undefined && (desired.enabled !== current?.enabled || hasOtherLinks(current))) {
      if (desired.enabled !== 'enabled' || current?.enabled === 'enabled') steps.push(disable(name))
      if (desired.enabled.includes('enabled')) steps.push(apply`systemctl enable -q -- ${name}`)
    }
    if (desired?.running === true && current?.running !== true) steps.push(startOrExplain(name))
    if (desired?.running === false && current?.running !== false) steps.push(apply`systemctl stop -- ${name}`)
    return { script: applyLines(steps) }
  },
  compare(_key, current, desired) {
    if (!desired) return differences(current, desired)
    // A unit whose file no longer says how to enable it is static once its links are gone. Links
    // count if it should be enabled and is.
    const enabled = desired.enabled !== undefined && current?.enabled === 'static' ? 'static' : desired.enabled
    const others = desired.enabled === 'enabled' && hasOtherLinks(current)
    return [...differences(current, { ...desired, enabled, links: undefined }), ...(others ? [{ field: 'links', current: current?.links, desired: current?.asked }] : [])]
  },
  forecast: {
    defaults: ({ unit: name }) => ({ id: name, needsDaemonReload: false, invocation: '' }),
    mayComeWithPackage: ({ unit: name }, desired, foresight) => {
      // No package brings a unit file that the playbook writes, and a package that may not start
      // services leaves that to the playbook.
      if (foresight.foretold('file', `/etc/systemd/system/${name}`)) return false
      return foresight.servicesStart || desired?.running !== true
    },
  },
}

/**
 * Whether it is enabled, but by other links than its file requests: [Install] was changed after it
 * was enabled.
 */
function hasOtherLinks(current: UnitState | null): boolean {
  return current?.enabled === 'enabled' && current.links !== current.asked
}

/**
 * Disables a unit, both permanently and until the next boot. If the unit's file is elsewhere,
 * systemctl also removes the link to it, and the unit with it; that link is restored.
 */
function disable(name: string): ApplyScript {
  return apply`for f in /run/systemd/system/*.wants/${name} /run/systemd/system/*.requires/${name}; do if [ -L "$f" ]; then systemctl disable -q --runtime -- ${name}; break; fi; done
f=$(readlink -f -- ${`/etc/systemd/system/${name}`} || :); systemctl disable -q -- ${name}
if [ -e "$f" ] && ! [ -e ${`/etc/systemd/system/${name}`} ]; then systemctl link -q -- "$f"; fi`
}
