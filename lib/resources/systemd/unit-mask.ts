import { z } from 'zod'
import { apply } from '../../shell/script.ts'
import type { Resource } from '../../state/resource.ts'
import { readUnits } from './unit-state.ts'
import type { UnitKey } from './unit.ts'

const schema = z.strictObject({ masked: z.boolean() })

/**
 * Whether a unit is masked, so that nothing can start it. A unit that is not installed can be
 * masked too. Source: systemctl(1), mask.
 */
export const unitMaskResource: Resource<UnitKey, { readonly masked: boolean | 'until reboot' }, z.infer<typeof schema>> = {
  kind: 'unit-mask',
  schema: schema,
  identify: ({ unit: name }) => name,
  read(keys) {
    const units = readUnits(keys.map(({ unit: name }) => name))
    return { script: units.script, parse: output => units.parse(output).map(state => (state instanceof Error ? state : { masked: state?.enabled === 'masked' ? true : state?.enabled === 'masked-runtime' ? 'until reboot' : false })) }
  },
  apply({ unit: name }, _current, desired) {
    if (desired?.masked) return { script: apply`systemctl mask -q -- ${name}` }
    return { script: apply`systemctl unmask -q --runtime -- ${name} && systemctl unmask -q -- ${name}` }
  },
  forecast: {
    sideEffects: ({ unit: name }, desired, current) => (desired?.masked
      ? [{ kind: 'unit' as const, identity: name, state: {}, change: now => ({ ...now, enabled: 'masked' }) }, { kind: 'file' as const, identity: `/etc/systemd/system/${name}`, state: { type: 'link', target: '/dev/null' } }]
      : [{ kind: 'unit' as const, identity: name, state: 'unsure' }, ...(current?.masked === true ? [{ kind: 'file' as const, identity: `/etc/systemd/system/${name}`, state: null }] : [])]),
  },
}
