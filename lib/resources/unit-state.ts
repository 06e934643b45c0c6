import { ReadError } from '../errors.ts'
import { apply, read, type ApplyScript } from '../shell/script.ts'
import type { Output, Reading } from '../state/resource.ts'

export interface UnitState {
  readonly [field: string]: string | boolean | undefined
  /** The unit's own name, where it was asked for by an alias. */
  id: string
  /** `deactivating` is neither: it was told to stop, and has not yet. A service that keeps failing and waits to be started again does not run. */
  running: boolean | 'deactivating'
  /** UnitFileState of systemctl(1): enabled, disabled (also where it is only linked), static, masked …; an indirect one is called after the units that it brings along. */
  enabled: string
  /** Changes whenever the unit is started anew. */
  invocation: string
  /** systemd still works with an older version of its files. */
  needsDaemonReload: boolean
  /** A oneshot that does not stay active: it can be run, not kept running. */
  ends: boolean
  /** Its last run ended well. */
  succeeded: boolean
}

const properties = ['Id', 'LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'InvocationID', 'NeedDaemonReload', 'Type', 'RemainAfterExit', 'Result', 'FragmentPath']

/** Reads units, however many, by one call of systemctl; the units that an indirect one brings along by one more. */
export function readUnits(names: readonly string[]): Reading<UnitState> {
  return {
    script: read`command -v systemctl >/dev/null || exit 69
s=$(systemctl show -p ${properties.join(',')} -- ${names}) || exit; printf '%s\n' "$s"
case $s in *UnitFileState=indirect*) printf '%s\n' "$s" | sed -n 's/^FragmentPath=//p' | while read -r f; do
  if grep -q '^Also=' "$f" 2>/dev/null; then also=$(sed -n 's/^Also=//p' "$f"); printf '=also %s %s\n' "$f" "$(systemctl show -p UnitFileState --value -- $also | tr '\n' ' ')"; fi; done;; esac; :`,
    parse: output => parseUnits(output, names),
  }
}

/**
 * Reads `systemctl show`: one block a unit, in the order asked for. Lines that are no property are passed over. Units of different types have
 * different properties, so a blank line ends a block; and where one is missing, a property that is there already opens the next.
 */
export function parseUnits({ stdout, stderr, exitCode }: Output, names: readonly string[]): (UnitState | null)[] {
  if (exitCode === 69) return names.map(() => null)
  if (exitCode !== 0) throw new ReadError('systemd could not be asked.', { stderr, exitCode })
  const blocks: Map<string, string>[] = []
  const also = new Map<string, string[]>()
  let open: Map<string, string> | undefined
  for (const line of stdout.toString().split('\n')) {
    const [, path, states] = /^=also (\S+) (.*)$/.exec(line) ?? []
    if (path !== undefined && states !== undefined) also.set(path, states.split(' ').filter(state => state !== ''))
    if (line === '') open = undefined
    const at = line.indexOf('=')
    const name = line.slice(0, Math.max(at, 0))
    if (!properties.includes(name)) continue
    if (!open || open.has(name)) blocks.push(open = new Map<string, string>())
    open.set(name, line.slice(at + 1))
  }
  return names.map((_, index) => {
    const block = blocks[index]
    return !block || block.get('LoadState') === 'not-found' ? null : stateOf(block, also)
  })
}

function stateOf(block: ReadonlyMap<string, string>, also: ReadonlyMap<string, string[]>): UnitState {
  const property = (name: string) => block.get(name) ?? ''
  const active = property('ActiveState')
  const file = property('UnitFileState')
  const brought = also.get(property('FragmentPath'))
  const masked = property('LoadState') === 'masked' && !file.startsWith('masked')
  const known = masked ? 'masked' : file === 'linked' ? 'disabled' : file
  return {
    id: property('Id'),
    running: active === 'deactivating' ? 'deactivating' : ['active', 'activating', 'reloading', 'refreshing'].includes(active) && property('SubState') !== 'auto-restart',
    enabled: file === 'indirect' && !masked && brought ? `indirect, ${brought.every(state => state === 'enabled' || state === 'static') ? 'enabled' : 'disabled'}` : known,
    invocation: property('InvocationID'),
    needsDaemonReload: property('NeedDaemonReload') === 'yes',
    ends: property('Type') === 'oneshot' && property('RemainAfterExit') === 'no',
    succeeded: property('Result') === 'success',
  }
}

/**
 * Starts a unit; if it will not, says why in systemd's words and the unit's own. A program of Type=simple is taken for started before it runs:
 * it is given a moment to fail, or to be restarted because it did.
 */
export function startOrExplain(verb: 'start' | 'restart' | 'reload-or-restart', name: string): ApplyScript {
  return apply`systemctl reset-failed -- ${name} 2>/dev/null || :
since=$(date '+%F %T'); c=0; systemctl ${verb} -- ${name} || c=$?
if [ $c = 0 ] && systemctl show -p Type -- ${name} | grep -qxE 'Type=(simple|exec|idle)'; then for i in 1 2 3; do
  sleep 0.1; case $(systemctl show -p ActiveState -p SubState -- ${name}) in *=failed*|*auto-restart*|*=inactive*) c=1; break;; esac; done
  systemctl show -p NRestarts -- ${name} | grep -qxE 'NRestarts=0?' || c=1; fi
[ $c = 0 ] || { systemctl status --no-pager -l -n 0 -- ${name} >&2; journalctl --sync 2>/dev/null; journalctl --no-pager -q -n 20 --since "$since" -o cat -u ${name} >&2; exit $c; }`
}
