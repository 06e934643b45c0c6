import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, applyLines, read, type ApplyScript } from '../shell/script.ts'
import type { Output, Reading, Resource } from '../state/resource.ts'

export interface UnitKey {
  /** With its suffix: `nginx.service`, `backup.timer`. */
  unit: string
}

export interface UnitState {
  readonly [field: string]: string | boolean | undefined
  running: boolean
  /** UnitFileState of systemctl(1): enabled, disabled, static, masked … */
  enabled: string
  /** Changes whenever the unit is started anew. */
  invocation: string
}

const schema = z.object({ running: z.boolean().optional(), enabled: z.string().optional() })

const properties = ['LoadState', 'ActiveState', 'UnitFileState', 'InvocationID']

/** A unit of systemd: whether it runs, and whether it starts at boot. Source: systemctl(1), `org.freedesktop.systemd1`(5). */
export const unit: Resource<UnitKey, UnitState, z.infer<typeof schema>> = {
  kind: 'unit',
  schema,
  identify: ({ unit: name }) => name,
  read: readUnits,
  apply({ unit: name }, current, desired) {
    const steps: ApplyScript[] = [apply`set -e`]
    if (desired?.enabled !== undefined && desired.enabled !== current?.enabled) {
      steps.push(apply`systemctl ${desired.enabled === 'enabled' ? 'enable' : 'disable'} -q -- ${name}`)
    }
    if (desired?.running === true && !current?.running) steps.push(startOrExplain('start', name))
    if (desired?.running === false && current?.running) steps.push(apply`systemctl stop -- ${name}`)
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

/** A restart or a reload. It came about when the unit runs afterwards, and for a restart as another invocation. */
export const unitEvent: Resource<UnitEventKey, UnitState, Record<string, never>> = {
  kind: 'unit-event',
  schema: z.strictObject({}),
  identify: ({ unit: name, event }) => `${name} ${event}`,
  read: readUnits,
  apply: ({ unit: name, event }) => ({ script: startOrExplain(event === 'restarted' ? 'restart' : 'reload-or-restart', name) }),
  event: {
    effect: 'change',
    describe: ({ unit: name, event }) => `${name} is ${event}`,
    verify({ unit: name, event }, before, after) {
      if (!after?.running) return `${name} does not run after it was ${event}.`
      return event === 'restarted' && before?.invocation === after.invocation ? `${name} was not restarted: it is still the same invocation.` : undefined
    },
  },
}

function readUnits(keys: readonly UnitKey[]): Reading<UnitState> {
  const names = keys.map(({ unit: name }) => name)
  return {
    script: read`command -v systemctl >/dev/null || exit 69; systemctl show -p ${['Id', ...properties].join(',')} -- ${names}`,
    parse: output => parseUnits(output, names),
  }
}

/** Reads `systemctl show`: one block a unit, in the order asked for. */
export function parseUnits({ stdout, stderr, exitCode }: Output, names: readonly string[]): (UnitState | null)[] {
  if (exitCode === 69) return names.map(() => null)
  if (exitCode !== 0) throw new ReadError('systemd could not be asked.', { stderr, exitCode })
  const blocks: Map<string, string>[] = []
  for (const line of stdout.toString().split('\n')) {
    const at = line.indexOf('=')
    if (at < 0) continue
    const [name, value] = [line.slice(0, at), line.slice(at + 1)]
    // Blank lines between blocks are not to be relied on; Id opens a block, wherever systemd prints it in there.
    const last = blocks.at(-1)
    if (!last || last.has(name)) blocks.push(new Map([[name, value]]))
    else last.set(name, value)
  }
  return names.map((_, index) => {
    const block = blocks[index]
    if (!block || block.get('LoadState') === 'not-found') return null
    return {
      running: ['active', 'activating', 'reloading'].includes(block.get('ActiveState') ?? ''),
      enabled: block.get('LoadState') === 'masked' ? 'masked' : (block.get('UnitFileState') ?? ''),
      invocation: block.get('InvocationID') ?? '',
    }
  })
}

/** Starts a unit; if it will not, says why in systemd's words and the unit's own. */
function startOrExplain(verb: string, name: string): ApplyScript {
  return apply`systemctl ${verb} -- ${name} || { c=$?; systemctl status --no-pager -l -n 0 -- ${name} >&2; journalctl --no-pager -q -n 20 -o cat -u ${name} >&2; exit $c; }`
}
