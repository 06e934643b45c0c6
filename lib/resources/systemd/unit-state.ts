import { apply, read, type ApplyScript } from '../../shell/script.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { Reading } from '../../state/resource.ts'
import type { Output } from '../../shell/output.ts'
import { alsoOf, askedLinks, linksOf } from './unit-links.ts'

export interface UnitState {
  readonly [field: string]: string | boolean | undefined
  /** The unit's own name, even if an alias was requested. */
  id: string
  /**
   * Between true and false: `activating` (it is being started, and may still fail), `deactivating`
   * (it is being stopped) and `restarting` (it failed, and systemd is about to start it again).
   */
  running: boolean | 'activating' | 'deactivating' | 'restarting'
  /**
   * What `systemctl is-enabled` says about the files on disk: enabled, disabled (also if it is only
   * linked), static, masked …; an indirect unit is described by the units that it enables:
   * `indirect, enabled`, `disabled`, `partly`, or `unknown` if one of them is not known.
   */
  enabled: string
  /** Changes whenever the unit is started again. */
  invocation: string
  /** systemd still uses an older version of its files. */
  needsDaemonReload: boolean
  /** A oneshot that does not stay active: it can be run, but not kept running. */
  ends: boolean
  /** Its last run succeeded. */
  succeeded: boolean
  /**
   * The links that enable it, and those that its section [Install] requests, if both are known:
   * `multi-user.target.wants, sshd.service`.
   */
  links?: string
  asked?: string
}

const properties = ['Id', 'LoadState', 'ActiveState', 'SubState', 'UnitFileState', 'InvocationID', 'NeedDaemonReload', 'Type', 'RemainAfterExit', 'Result', 'SourcePath', 'FragmentPath', 'DropInPaths']

/**
 * Shell: `ids` prints the units in `$s` with a certain property; `enabled` prints what systemctl
 * finds on disk, for one unit after the other.
 */
const functions = read`
ids() { printf '%s\n' "$s" | sed -n "/^Id=/h; /^$1/{x; s/^Id=//p}"; }
enabled() { for u; do printf '=enabled %s %s\n' "$u" "$(systemctl is-enabled -- "$u" 2>/dev/null)"; done; }
nl='
'`

/**
 * Shell: [Install] of all files of these units, each after a line with the file's name; and the
 * links related to the units.
 */
const installed = read`sed -s -n -e '1F' -e '/^[[:space:]]*\[Install\]/,/^[[:space:]]*\[[^I]/s/^/=install /p' -- $(printf '%s\n' "$s" | sed -n 's/^\(FragmentPath\|DropInPaths\)=\(\/.*\)/\2/p') 2>/dev/null
find /etc/systemd/system -maxdepth 2 -type l -printf '=link %P %l\n' 2>/dev/null | grep -F -e "$(printf '%s\n' "$s" | sed -n 's/^Id=//p')"`

/**
 * Reads any number of units with two calls of systemctl: its UnitFileState is cached, and links may
 * have changed since. One call of is-enabled stops at the first unit that it does not know; then
 * each unit gets a call of its own. So do units of init.d, and the units that an indirect one
 * enables (including its drop-ins). What enables a unit is read from its files and the links
 * themselves.
 */
export function readUnits(names: readonly string[]): Reading<UnitState> {
  return {
    script: read`command -v systemctl >/dev/null || exit 69
s=$(systemctl show -p ${properties.join(',')} -- ${names}) || exit; printf '%s\n' "$s"
${functions}
set -- $(ids 'UnitFileState=[^g]')
if [ $# -gt 0 ]; then
  o=$(systemctl is-enabled -- "$@" 2>/dev/null)
  if [ "$(printf '%s\n' "$o" | wc -l)" = $# ]; then for u; do printf '=enabled %s %s\n' "$u" "\${o%%"$nl"*}"; o=\${o#*"$nl"}; done; else enabled "$@"; fi
fi
enabled $(ids 'SourcePath=\/etc\/init\.d\/')
l=$(${installed}); printf '%s\n' "$l"
a=indirect; case $l in *Also*) a='\(indirect\|enabled\)';; esac
for u in $(ids "UnitFileState=$a"); do
  printf '=also %s' "$u"
  for a in $(systemctl cat -- "$u" 2>/dev/null | sed -n 's/^[[:space:]]*Also[[:space:]]*=//p'); do a=$(systemctl is-enabled -- "$a" 2>/dev/null); printf ' %s' "\${a:-unknown}"; done; echo
done`,
    parse: output => parseUnits(output, names),
  }
}

/**
 * Parses `systemctl show`: one block per unit, in the requested order. Lines that are not a
 * property are skipped. Units of different types have different properties, so a blank line ends a
 * block; if it is missing, a repeated property starts the next one.
 */
export function parseUnits(output: Output, names: readonly string[]): (UnitState | null)[] {
  if (output.exitCode === 69) return names.map(() => null)
  const stdout = stdoutOf(output, 'Could not query systemd.')
  const blocks: Map<string, string>[] = []
  const [onDisk, also, install] = [new Map<string, string>(), new Map<string, string[]>(), new Map<string, string>()]
  const links: { path: string; target: string }[] = []
  let open: Map<string, string> | undefined
  let file = ''
  for (const line of stdout.toString().split('\n')) {
    if (line.startsWith('/')) install.set(file = line, '')
    if (line.startsWith('=install ')) install.set(file, `${install.get(file) ?? ''}${line.slice(9)}\n`)
    const [, path, target] = /^=link (\S+) (.*)$/.exec(line) ?? []
    if (path !== undefined && target !== undefined) links.push({ path, target })
    const [, what, id = '', states = ''] = /^=(enabled|also) (\S+) ?(.*)$/.exec(line) ?? []
    if (what === 'enabled' && states !== '') onDisk.set(id, states)
    if (what === 'also' && states !== '') also.set(id, states.split(' '))
    if (line === '') open = undefined
    const at = line.indexOf('=')
    const name = line.slice(0, Math.max(at, 0))
    if (!properties.includes(name)) continue
    if (!open || open.has(name)) blocks.push(open = new Map<string, string>())
    open.set(name, line.slice(at + 1))
  }
  return names.map((_, index) => {
    const block = blocks[index]
    if (!block || block.get('LoadState') === 'not-found') return null
    const id = block.get('Id') ?? ''
    const state = stateOf(block, onDisk.get(id), also.get(id))
    const files = `${block.get('FragmentPath') ?? ''} ${block.get('DropInPaths') ?? ''}`.split(' ').flatMap(path => install.get(path) ?? [])
    const asked = state.enabled === 'enabled' ? askedLinks(id, files) : undefined
    if (asked === undefined) return state
    // Units that Also names are enabled together with it.
    const without = alsoOf(files).length > 0 && (also.get(id) ?? []).includes('disabled')
    return { ...state, links: linksOf(id, links), asked: without ? `${asked}, Also` : asked }
  })
}

function stateOf(block: ReadonlyMap<string, string>, onDisk: string | undefined, also: readonly string[] | undefined): UnitState {
  const property = (name: string) => block.get(name) ?? ''
  const file = onDisk === undefined || onDisk === 'alias' ? property('UnitFileState') : onDisk
  const masked = property('LoadState') === 'masked' && !file.startsWith('masked')
  return {
    id: property('Id'),
    running: running(property('ActiveState'), property('SubState')),
    enabled: masked ? 'masked' : file === 'linked' ? 'disabled' : file === 'indirect' && also ? indirectState(also) : file,
    invocation: property('InvocationID'),
    needsDaemonReload: property('NeedDaemonReload') === 'yes',
    ends: property('Type') === 'oneshot' && property('RemainAfterExit') === 'no',
    succeeded: property('Result') === 'success',
  }
}

function running(active: string, sub: string): UnitState['running'] {
  if (active === 'deactivating') return 'deactivating'
  if (sub.startsWith('auto-restart')) return 'restarting'
  return active === 'activating' ? 'activating' : ['active', 'reloading', 'refreshing'].includes(active)
}

/**
 * The state of an indirect unit, according to the units that are enabled with it; static ones do
 * not count.
 */
function indirectState(states: readonly string[]): string {
  const known = states.filter(state => state !== 'static')
  if (known.length === 0) return 'static'
  if (known.includes('unknown')) return 'indirect, unknown'
  if (known.every(state => state === 'enabled')) return 'indirect, enabled'
  return known.some(state => state.startsWith('enabled')) ? 'indirect, partly' : 'indirect, disabled'
}

/** Checks again, since an earlier write in the same frame may already have reloaded it. */
export function reloadIfNeeded(name: string): ApplyScript {
  return apply`if systemctl show -p NeedDaemonReload -- ${name} | grep -q yes; then systemctl daemon-reload; fi`
}

/**
 * Starts a unit; if that fails, prints why, in the words of systemd and of the unit. A program of
 * Type=simple counts as started before it runs, so it gets a moment to fail, or to be restarted
 * because it failed.
 */
export function startOrExplain(name: string): ApplyScript {
  return apply`systemctl reset-failed -- ${name} 2>/dev/null || :
since=$(date '+%F %T'); c=0; systemctl start -- ${name} || c=$?
if [ $c = 0 ] && systemctl show -p Type -- ${name} | grep -qxE 'Type=(simple|exec|idle)'; then for i in 1 2 3; do
  sleep 0.1; case $(systemctl show -p ActiveState -p SubState -- ${name}) in *=failed*|*auto-restart*|*=inactive*) c=1; break;; esac; done
  systemctl show -p NRestarts -- ${name} | grep -qxE 'NRestarts=0?' || c=1; fi
${explainUnit(name)}`
}

/**
 * Shell: unless `c` is 0, prints what systemd says about a unit and its journal since `since`, and
 * exits with `c`.
 */
export function explainUnit(name: string): ApplyScript {
  return apply`[ $c = 0 ] || { systemctl status --no-pager -l -n 0 -- ${name} >&2; journalctl --sync 2>/dev/null; journalctl --no-pager -q -n 20 \${since:+--since "$since"} -o cat -u ${name} >&2; exit $c; }`
}
