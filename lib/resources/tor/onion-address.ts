import { z } from 'zod'
import { ReadError } from '../../errors.ts'
import { apply, read } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { restartOrReload } from '../systemd/unit-effect.ts'

export interface OnionState {
  readonly [field: string]: string
  hostname: string
}

const schema = z.strictObject({})
const address = /^[a-z2-7]{56}\.onion$/

/**
 * How long tor may take to generate a key and write the address (seconds). It needs no network for
 * that.
 */
const TIMEOUT_SECONDS = 60

/**
 * The address of an onion service, which tor generates when it first reads its HiddenServiceDir.
 * Source: tor(1), HiddenServiceDir.
 */
export const onionAddressResource: Resource<{ directory: string; unit: string }, OnionState, z.infer<typeof schema>> = {
  kind: 'onion-address',
  schema,
  identify: ({ directory }) => directory,
  read(keys) {
    return {
      script: read`for d in ${keys.map(({ directory }) => directory)}; do h=; if [ -f "$d/hostname" ] && [ ! -L "$d/hostname" ]; then read -r h <"$d/hostname"; fi; printf '%.100s\n' "$h"; done`,
      parse: linePerKey(keys, 'Could not read the onion addresses.', (line, { directory }) => {
        if (line === '' || address.test(line)) return line === '' ? null : { hostname: line }
        // It goes into templates, and tor's user can write it.
        return new ReadError(`${directory}/hostname does not contain an onion address: ${JSON.stringify(line)}.`, { hint: 'Remove the file; tor creates it again from the key.' })
      }),
    }
  },
  apply: ({ directory, unit }) => ({
    script: apply`${restartOrReload('reloaded', unit)} || exit
i=0; until [ -s ${directory}/hostname ]; do
  [ $i -lt ${TIMEOUT_SECONDS * 5} ] || { echo 'tor did not create the address:' >&2; journalctl --no-pager -q -n 20 -o cat -u ${unit} >&2; exit 1; }
  i=$((i+1)); sleep 0.2
done`,
  }),
  forecast: {
    // A new key means a new address, which tor computes once it has the key.
    mayChangeWith: ({ directory }, { kind, name }, current) => kind === 'onion-key' && name === directory && current !== null,
    // tor runs afterwards, even if the package did not start it: Debian's tor@default is static.
    sideEffects: ({ unit }, _desired, current) => (current ? [] : [
      { kind: 'unit', identity: unit, state: { id: unit, running: true, enabled: 'static', invocation: '', needsDaemonReload: false, ends: false, succeeded: true }, whereMissing: true },
      { kind: 'unit', identity: unit, state: {}, change: now => ({ ...now, running: true }) },
    ]),
  },
}
