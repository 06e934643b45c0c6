import { z } from 'zod'
import { apply } from '../../shell/script.ts'
import type { Resource } from '../../state/resource.ts'
import { explainUnit, readUnits, type UnitState } from './unit-state.ts'
import type { UnitKey } from './unit.ts'

/** Seconds. A unit may have no limit of its own, such as a PostgreSQL that is recovering. */
const TIMEOUT_SECONDS = 600

/**
 * Waits for a unit that is being started, whoever starts it. It changes nothing. If the start
 * fails, the journal is shown. Source: systemctl(1).
 */
export const unitWaitResource: Resource<UnitKey, UnitState, Record<string, never>> = {
  kind: 'unit-wait',
  schema: z.strictObject({}),
  identify: ({ unit: name }) => name,
  read: keys => readUnits(keys.map(({ unit: name }) => name)),
  apply: ({ unit: name }) => ({
    seconds: TIMEOUT_SECONDS,
    script: apply`e=$(( $(date +%s) + ${TIMEOUT_SECONDS} )); while :; do
  case $(systemctl show -p ActiveState -p SubState -- ${name}) in *auto-restart*) c=1; break;; *=activating*) :;; *=active*) exit 0;; *) c=1; break;; esac
  if [ "$(date +%s)" -gt "$e" ]; then exit 0; fi; sleep 0.3
done
since=; ${explainUnit(name)}`,
  }),
  event: {
    effect: 'wait',
    describe: ({ unit: name }) => `${name} to have started`,
    limitSeconds: () => TIMEOUT_SECONDS,
    verify: ({ unit: name }, _before, after) => (after?.running === true ? undefined : `${name} has not started: it is ${typeof after?.running === 'string' ? after.running : 'stopped'} (waited up to ${TIMEOUT_SECONDS} s in a run).`),
  },
  forecast: {},
}
