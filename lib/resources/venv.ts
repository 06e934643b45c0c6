import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { problems, type Distribution } from '../python/closure.ts'
import { apply, read, readLines, type ReadScript } from '../shell/script.ts'
import type { Output, Resource } from '../state/resource.ts'

export interface VenvKey {
  path: string
  requirements: readonly string[]
  /** The interpreter that makes it. */
  python: string
  systemSitePackages: boolean
  /** More options for `pip install`. */
  pipOptions: readonly string[]
}

export interface VenvState {
  readonly [field: string]: string | readonly string[]
  /** As in `3.11`; (broken) where its interpreter is gone or of another version. */
  python: string
  /** What the requirements, and theirs in turn, still want. */
  missing: readonly string[]
}

const schema = z.strictObject({ python: z.string(), missing: z.array(z.string()) })

/** Prints what {@link parseVenv} reads: versions, then the metadata lines of every distribution. Starts no Python. */
function look({ path, python, systemSitePackages }: VenvKey): ReadScript {
  const system = systemSitePackages ? read`/usr/lib/python3/dist-packages/*.dist-info/METADATA /usr/lib/python3/dist-packages/*.egg-info/PKG-INFO /usr/lib/python3/dist-packages/*.egg-info` : read`/nonexistent`
  return read`
printf '=venv %s\n' "$(readlink -f -- "$(command -v ${python} || echo ${python})")"
[ -f ${path}/pyvenv.cfg ] && sed -n 's/^version *= */version /p' ${path}/pyvenv.cfg
[ -x ${path}/bin/python3 ] && printf 'runs %s\n' "$(readlink -f -- ${path}/bin/python3)"
uname -rm
sed -s -n -e 's/\r$//' -e '1,/^$/{s/^Name: /N /p;s/^Version: /V /p;s/^Requires-Dist: /R /p}' ${path}/lib/python3*/site-packages/*.dist-info/METADATA ${system} 2>/dev/null
:`
}

/** A virtual environment of Python with what is installed in it. Sources: venv and pip documentation, PEP 376, PEP 440, PEP 508. */
export const venv: Resource<VenvKey, VenvState, z.infer<typeof schema>> = {
  kind: 'venv',
  schema,
  identify: ({ path }) => path,
  read: keys => ({
    script: readLines(keys.map(look)),
    parse: output => parseVenvs(output, keys),
  }),
  apply({ path, requirements, python, systemSitePackages, pipOptions }, current, desired) {
    if (desired === null) return { script: apply`rm -rf --one-file-system -- ${path}` }
    const rebuild = current === null || current.python !== desired.python
    const make = rebuild ? apply`${python} -m venv --clear ${systemSitePackages ? ['--system-site-packages'] : []} ${path}` : apply`:`
    const pip = ['install', '--disable-pip-version-check', '--no-input', '--quiet', '--no-cache-dir', ...pipOptions]
    const install = requirements.length ? apply`${path}/bin/python3 -m pip ${pip} -- ${requirements}` : apply`:`
    return { script: apply`set -e; mkdir -p -- ${path.replace(/\/[^/]*$/, '') || '/'}; ${make}; ${install}` }
  },
}

function parseVenvs({ stdout, stderr, exitCode }: Output, keys: readonly VenvKey[]): (VenvState | null)[] {
  if (exitCode !== 0) throw new ReadError('The virtual environment could not be looked at.', { stderr, exitCode })
  const sections = stdout.toString().split(/^=venv /m).slice(1)
  return keys.map((key, index) => parseVenv(sections[index] ?? '', key.requirements))
}

function parseVenv(section: string, requirements: readonly string[]): VenvState | null {
  const [system = '', ...lines] = section.split('\n')
  const version = lines.find(line => line.startsWith('version '))?.slice('version '.length)
  if (version === undefined) return null
  const runs = lines.find(line => line.startsWith('runs '))?.slice('runs '.length)
  const [release = '', machine = ''] = (lines.find(line => /^\S+ \S+$/.test(line) && !/^(version|runs|[NVR]) /.test(line)) ?? '').split(' ')
  const minor = /^\d+\.\d+/.exec(version)?.[0] ?? version
  const interpreter = (path: string | undefined) => /python(\d+\.\d+)$/.exec(path ?? '')?.[1]
  const sound = interpreter(runs) === minor && (interpreter(system) === undefined || interpreter(system) === minor)
  const distributions: Distribution[] = []
  for (const line of lines) {
    const [tag, text] = [line.slice(0, 2), line.slice(2)]
    const last = distributions.at(-1)
    if (tag === 'N ') distributions.push({ name: text, version: '', requires: [] })
    else if (tag === 'V ' && last) last.version ||= text
    else if (tag === 'R ' && last) last.requires.push(text)
  }
  const environment = {
    python_version: minor, python_full_version: version, os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux',
    platform_machine: machine, platform_release: release, platform_version: '', implementation_name: 'cpython', platform_python_implementation: 'CPython',
  }
  return { python: sound ? 'sound' : `broken (made for ${version})`, missing: problems(distributions, environment, requirements) }
}
