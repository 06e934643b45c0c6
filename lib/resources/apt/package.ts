import { z } from 'zod'
import { meets, parsePackageSpec } from './package-spec.ts'
import { compareVersions } from './version.ts'
import { apply, read, type ApplyScript } from '../../shell/script.ts'
import { differences, type Difference } from '../../state/compare.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { PendingWrite, Reading, Resource, Writing } from '../../state/resource.ts'
import type { Output } from '../../shell/output.ts'
import { aptArguments, aptFunctions, autoremove, quietServices, type AptOptions } from './apt-get.ts'

export interface PackageKey {
  /** With its architecture, if that is not the host's own: `foo:arm64`. */
  name: string
  options: AptOptions
}

export interface PackageState {
  readonly [field: string]: string | boolean | undefined
  /**
   * dpkg's status: `installed`, `config-files` (removed, configuration left), `half-configured`,
   * `unpacked`, `half-installed`, `triggers-…`.
   */
  status: string
  version: string
  /** Installed on purpose, not only as a dependency. */
  manual: boolean
  /** Held (`apt-mark hold`). */
  held: boolean
}

const schema = z.strictObject({
  status: z.literal('installed'),
  manual: z.boolean().optional(),
  /** The version that apt is expected to choose; for the diff. */
  version: z.string().optional(),
  /** The accepted versions, as in `foo=1.0.*`; omitted: any. */
  accepts: z.string().optional(),
  /** The lowest accepted version. */
  atLeast: z.string().optional(),
  /** The argument for apt-get. */
  argument: z.string(),
})

export type PackageDesired = z.infer<typeof schema>

/**
 * A Debian package. It is installed if dpkg says `installed`, held or not. A package that was
 * removed but not purged, is half installed, unpacked or half configured does not count as
 * installed. Sources: dpkg-query(1), apt-get(8), apt-mark(8), apt.conf(5).
 */
export const packageResource: Resource<PackageKey, PackageState, PackageDesired> = {
  kind: 'package',
  schema,
  identify: ({ name }) => name,
  read: readPackages,
  apply: (key, current, desired) => change([{ key, current, desired }]),
  applyTogether: change,
  compare,
  forecast: {
    brings: ({ name, options }, current, desired) => (desired !== null && (current === null || current.status === 'config-files') ? { what: 'package', name, startsServices: options.startServices ?? true } : undefined),
    // Old lists are fetched again before something is installed.
    sideEffects: (_key, desired) => (desired === null ? [] : [{ kind: 'package-candidate', identity: '*', change: now => ({ ...now, refetched: true }) }]),
    // A package may be installed as a dependency of another, and removed with its own dependencies.
    mayComeWithPackage: (_key, desired) => desired === null || desired.manual === undefined,
    mayChangeWith: ({ name }, made, current, desired) => (made.kind === 'package' && made.name !== name && made.after === null && current !== null) || (made.kind === 'apt' && current !== null)
      // The host's lists do not have it yet, and what new sources have is known only after
      // applying.
      || (made.kind === 'file' && made.name.startsWith('/etc/apt/sources.list') && current === null && desired !== null && desired.version === undefined),
  },
}

/** Reads packages from dpkg, and which of them were installed as dependencies. */
function readPackages(keys: readonly PackageKey[]): Reading<PackageState> {
  const names = [...new Set(keys.map(({ name }) => name))]
  const patterns = [...new Set(names.map(name => name.replace(/:.*/, '')))].flatMap(name => ['-e', `Package: ${name}`])
  return {
    script: read`{ read -r n </var/lib/dpkg/arch || n=$(dpkg --print-architecture); } 2>/dev/null; echo "$n"
dpkg-query -W -f '\${Package}\t\${Architecture}\t\${db:Status-Want}\t\${db:Status-Status}\t\${Version}\n' -- ${names} 2>/dev/null; [ $? -le 1 ] || exit
grep -sxF -A 2 ${patterns} /var/lib/apt/extended_states || :`,
    parse: output => parsePackages(output, keys.map(({ name }) => name)),
  }
}

/** Parses the output of the script of {@link packageResource}. Pure. */
export function parsePackages(output: Output, names: readonly string[]): (PackageState | null)[] {
  const stdout = stdoutOf(output, 'Could not query dpkg.', { hint: 'stead\'s apt works only on Debian and its derivatives.' })
  const [native = '', ...lines] = stdout.toString().split('\n')
  const automatic = new Set([...stdout.toString().matchAll(/^Package: (\S+)\nArchitecture: (\S+)\nAuto-Installed: 1$/gm)].map(([, name, architecture]) => `${name}:${architecture}`))
  const known = new Map<string, PackageState>()
  for (const line of lines) {
    const [name, architecture, want, status, version] = line.split('\t')
    if (!name || !status || version === undefined || status === 'not-installed') continue
    // A package for all architectures is recorded under the host's own, and may be requested as
    // either.
    const id = `${name}:${architecture === 'all' ? native : architecture}`
    const state = { status, version, manual: !automatic.has(id), held: want === 'hold' }
    known.set(id, state).set(`${name}:${architecture}`, state)
  }
  return names.map(name => known.get(name.includes(':') ? name : `${name}:${native}`) ?? null)
}

/** Whether an installed version is accepted. */
function accepted({ accepts, atLeast }: PackageDesired, version: string): boolean {
  const spec = accepts === undefined ? undefined : parsePackageSpec(accepts)
  return (!spec || meets(spec, version)) && (atLeast === undefined || compareVersions(version, atLeast) >= 0)
}

function compare({ options }: PackageKey, current: PackageState | null, desired: PackageDesired | null): Difference[] {
  const leftOver = current?.status === 'config-files'
  if (desired === null) return leftOver && !options.purge ? [] : differences(current, null)
  const { status, manual, version } = desired
  const list = differences(leftOver ? { ...current, manual: true } : current, { status, manual: current === null ? undefined : manual })
  if (current !== null && !leftOver && accepted(desired, current.version)) return list
  const to = version ?? desired.accepts?.replace(/^[^=>]*/, '')
  return to === undefined ? list : [...list.filter(({ field }) => current !== null || field !== 'status'), { field: 'version', current: leftOver ? undefined : current?.version, desired: to }]
}

type PackageChange = PendingWrite<PackageKey, PackageState, PackageDesired>

function change(changes: readonly PackageChange[]): Writing {
  const options = changes[0]?.key.options ?? {}
  const removals = changes.filter(({ desired }) => desired === null).map(({ key }) => key.name)
  // apt-get would first try to install a half-installed package before removing it.
  const halves = changes.filter(({ desired, current }) => desired === null && current?.status === 'half-installed').map(({ key }) => key.name)
  const command = options.purge ? 'purge' : 'remove'
  const steps = removals.length ? [apply`mend
${halves.length ? apply`must dpkg --force-remove-reinstreq ${`--${command}`} -- ${halves}` : apply`:`}
must apt-get ${command} ${aptArguments({ ...options, failOnRemove: false })} -- ${removals}`] : []
  return { script: apply`${aptFunctions(options)}
${quietServices(options)}
${[...steps, install(changes, options), autoremove(options)].reduce((one, other) => apply`${one}
${other}`)}` }
}

/**
 * Shell: finishes what is half done, sets marks where only they are missing, and calls apt-get once
 * for everything else.
 */
function install(changes: readonly PackageChange[], options: AptOptions): ApplyScript {
  const wanted: string[] = []
  const finished: string[] = []
  const marks: string[] = []
  for (const { key, current, desired } of changes) {
    if (desired === null) continue
    const fits = current !== null && current.status !== 'config-files' && accepted(desired, current.version)
    if (fits && current.status !== 'installed') finished.push(key.name)
    if (fits && desired.manual) marks.push(key.name)
    if (!fits) wanted.push(desired.argument)
  }
  if (wanted.length + finished.length + marks.length === 0) return apply`:`
  return apply`configure
set -- ${wanted}; for p in ${finished}; do installed "$p" || set -- "$@" "$p"; done
if [ $# -gt 0 ]; then fresh; must apt-get install ${aptArguments(options)} -- "$@"; fi
${marks.length ? apply`must apt-mark manual -- ${marks}` : apply`:`}`
}
