import type { Content } from '../../state/content.ts'
import type { SideEffect } from '../../state/forecast.ts'
import { askedLinks } from './unit-links.ts'

const suffix = '(service|socket|timer|path|target|mount|automount|swap|slice)'
const ownUnit = new RegExp(`^/etc/systemd/system/([^/@]+@?[^/]*\\.${suffix})$`)
const dropIn = new RegExp(`^/etc/systemd/system/([^/]+\\.${suffix})\\.d/[^/]+\\.conf$`)

type UnitText = { type?: string; content?: Content } | null

/** Whether a unit file says how to enable the unit; undefined if its text is not known. */
function installs(file: UnitText): boolean | undefined {
  const text = file?.content?.bytes?.toString()
  return text === undefined ? undefined : /^\s*\[Install\]/m.test(text) && /^\s*(WantedBy|RequiredBy|UpheldBy|Alias)\s*=/m.test(text)
}

/**
 * How a unit changes when its file, or a drop-in, is written or removed: a new unit exists but does
 * not run; an existing one runs or not as before, and can be enabled if its file has an [Install]
 * section. Sources: systemd.unit(5), systemctl(1).
 */
export function unitsOfFile(path: string, desired: UnitText, current: UnitText): SideEffect[] {
  const [, ofDropIn] = dropIn.exec(path) ?? []
  const [, unit] = ownUnit.exec(path) ?? []
  const unsure = (identity: string): SideEffect[] => [{ kind: 'unit', identity, state: 'unsure' }]
  const text = desired?.content?.bytes?.toString()
  if (ofDropIn !== undefined) return desired === null || /^\s*(\[Install\]|Type\s*=|RemainAfterExit\s*=)/m.test(text ?? '[Install]') ? unsure(ofDropIn) : []
  if (unit === undefined || unit.includes('@.')) return []
  if (desired?.type === 'file' && desired.content === undefined) return []
  if (desired?.type !== 'file' || text === undefined || /^\s*Also\s*=/m.test(text)) return unsure(unit)
  const canBeEnabled = installs(desired) === true
  const [before, ends] = [installs(current), unit.endsWith('.service') && /^\s*Type\s*=\s*oneshot\s*$/m.test(text) && !/^\s*RemainAfterExit\s*=\s*(yes|true|on|1)\s*$/im.test(text)]
  return [
    { kind: 'unit', identity: unit, state: { id: unit, running: false, enabled: canBeEnabled ? 'disabled' : 'static', invocation: '', needsDaemonReload: false, ends, succeeded: true }, whereMissing: true },
    { kind: 'unit', identity: unit, state: {}, change: now => ({ ...now, ends, enabled: canBeEnabled && now.enabled === 'static' ? 'disabled' : now.enabled, ...(now.asked === undefined ? {} : { asked: askedLinks(unit, [text]) ?? now.links }), needsDaemonReload: false }) },
    // A unit that loses its section may have another one in a drop-in.
    ...(current !== null && !canBeEnabled && before !== false ? unsure(unit) : []),
  ]
}
