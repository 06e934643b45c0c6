import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { directoriesAbove } from './file.ts'
import { problems } from '../python/closure.ts'
import { comesFrom } from '../python/direct-url.ts'
import { installed } from '../python/installed.ts'
import { holds } from '../python/marker.ts'
import { normalizeName } from '../python/normalize-name.ts'
import { parseRequirement } from '../python/requirement.ts'
import { apply, read, readLines, type ReadScript } from '../shell/script.ts'
import type { Output, Resource, Writing } from '../state/resource.ts'

export interface VenvKey {
  path: string
  /** What it shall hold, as in PEP 508. */
  requirements: readonly string[]
  constraints: readonly string[]
  /** Names of what it shall not hold. */
  unwanted: readonly string[]
  /** The requirements and constraints files for pip. */
  files: { requirements: string; constraints: string }
  /** The interpreter that makes it. */
  python: string
  systemSitePackages: boolean
  /** More options for `pip install`. */
  pipOptions: readonly string[]
}

export interface VenvState {
  readonly [field: string]: string | boolean | readonly string[]
  /** sound, or broken where its interpreter is gone or of another version. */
  python: string
  systemSitePackages: boolean
  /** What the requirements, and theirs in turn, still want. */
  missing: readonly string[]
  /** What is in it and is unwanted. */
  unwanted: readonly string[]
}

const schema = z.strictObject({ python: z.string(), systemSitePackages: z.boolean(), missing: z.array(z.string()), unwanted: z.array(z.string()) })

/**
 * Prints what {@link parseVenv} reads: versions, then the metadata lines of every distribution. Starts no Python. Of the directories of several
 * Pythons only the one that its own reads counts; what begins with a tilde, an interrupted pip left behind, and pip passes it over too.
 */
function look({ path, python, systemSitePackages }: VenvKey): ReadScript {
  const system = systemSitePackages ? read`"$l" "$b"` : read``
  return read`
printf '=venv %s\n' "$(readlink -f -- "$(command -v ${python} || echo ${python})")"
c=${path}/pyvenv.cfg; v=; h=
if [ -f "$c" ]; then sed -n -e 's/^version *= */version /p' -e 's/^version_info *= */virtualenv /p' -e 's/^include-system-site-packages *= */system /p' "$c"
h=$(sed -n 's/^home *= *//p' "$c"); v=$(sed -n 's/^version\(_info\)\{0,1\} *= *\([0-9]*\.[0-9]*\).*/\2/p' "$c" | head -n 1); fi
[ -x ${path}/bin/python3 ] && printf 'runs %s\n' "$(readlink -f -- ${path}/bin/python3)"
printf 'machine %s\n' "$(uname -rm)"
s=${path}/lib/python$v/site-packages
case $h in /usr/bin|/bin) l=/usr/local/lib/python$v/dist-packages; b=/usr/lib/python3/dist-packages;; *) l=; b=\${h%/*}/lib/python$v/site-packages;; esac
for d in "$s" ${system}; do [ -d "$d" ] || continue; [ "$d" = "$s" ] && echo 'P own' || echo 'P system'
sed -s -n -e 1F -e 's/\r$//' -e '1,/^$/{s/^Name: /N /p;s/^Version: /V /p;s/^Requires-Dist: /R /p}' "$d"/[!~]*.dist-info/METADATA "$d"/[!~]*.egg-info/PKG-INFO "$d"/[!~]*.egg-info 2>/dev/null
sed -s -n -e 1F -e 's/^/Q /p' "$d"/[!~]*.egg-info/requires.txt 2>/dev/null
done
for f in "$s"/[!~]*.dist-info/direct_url.json; do [ -f "$f" ] && { d=\${f%/*}; printf 'U %s %s\n' "\${d##*/}" "$(tr '\n' ' ' <"$f")"; }; done
:`
}

/** A virtual environment of Python with what is installed in it. Sources: venv and pip documentation, PEP 376, PEP 440, PEP 508, PEP 610. */
export const venv: Resource<VenvKey, VenvState, z.infer<typeof schema>> = {
  kind: 'venv',
  schema,
  identify: ({ path }) => path,
  question: ({ requirements, constraints, unwanted, python, systemSitePackages }) => JSON.stringify([requirements, constraints, unwanted, python, systemSitePackages]),
  read: keys => ({
    script: readLines(keys.map(look)),
    parse: output => parseVenvs(output, keys),
  }),
  apply: writeVenv,
  foretells: ({ path }, desired) => (desired === null ? [{ kind: 'file', identity: path, state: null, below: true }] : [{ kind: 'file', identity: path, state: { type: 'directory' }, below: true }, ...directoriesAbove(path)]),
}

function writeVenv({ path, requirements, files, python, systemSitePackages, pipOptions }: VenvKey, current: VenvState | null, desired: z.infer<typeof schema> | null): Writing {
  if (desired === null) return { script: apply`rm -rf --one-file-system -- ${path}` }
  const rebuild = current === null || current.python !== desired.python || current.systemSitePackages !== desired.systemSitePackages
  const refuse = current === null ? apply`if [ -d ${path} ] && [ -n "$(ls -A ${path})" ]; then echo ${`${path} holds something that is no virtual environment: move it away first.`} >&2; exit 1; fi` : apply`:`
  const undo = current === null ? apply`|| { [ ! -d ${path} ] || find ${path} -mindepth 1 -delete; exit 1; }` : apply``
  const make = rebuild ? apply`${refuse}; ${python} -m venv ${current ? ['--clear'] : []} ${systemSitePackages ? ['--system-site-packages'] : []} ${path} >&2 ${undo}` : apply`:`
  const quiet = ['--disable-pip-version-check', '--no-input', '--quiet']
  const unwanted = rebuild ? [] : (current?.unwanted ?? [])
  const uninstall = unwanted.length ? apply`${path}/bin/python3 -m pip uninstall ${quiet} --yes -- ${unwanted}` : apply`:`
  // Debian 12's pip would run setup.py itself for a source without pyproject.toml, which notes down neither where it came from nor what it needs.
  const install = requirements.length && (rebuild || current?.missing.length)
    ? apply`${path}/bin/python3 -m pip install ${quiet} --no-cache-dir --use-pep517 ${pipOptions} -r "$d/requirements" -c "$d/constraints"` : apply`:`
  return {
    stdin: Buffer.from(files.requirements + files.constraints),
    script: apply`set -e; d=$(mktemp -d); trap 'rm -rf -- "$d"' EXIT
head -c ${Buffer.byteLength(files.requirements)} >"$d/requirements"; cat >"$d/constraints"
mkdir -p -- ${path.replace(/\/[^/]*$/, '') || '/'}; ${make}
${path}/bin/python3 -c 'import pip' 2>/dev/null || ${path}/bin/python3 -m ensurepip --default-pip >/dev/null
${uninstall}
${install}`,
  }
}

function parseVenvs({ stdout, stderr, exitCode }: Output, keys: readonly VenvKey[]): (VenvState | null)[] {
  if (exitCode !== 0) throw new ReadError('The virtual environment could not be looked at.', { stderr, exitCode })
  const sections = stdout.toString().split(/^=venv /m).slice(1)
  return keys.map((key, index) => parseVenv(sections[index] ?? '', key))
}

function parseVenv(section: string, { requirements, constraints, unwanted }: VenvKey): VenvState | null {
  const [system = '', ...lines] = section.split('\n')
  const value = (name: string) => lines.find(line => line.startsWith(`${name} `))?.slice(name.length + 1)
  const version = value('version') ?? /^\d+\.\d+\.\d+/.exec(value('virtualenv') ?? '')?.[0]
  if (version === undefined) return null
  const [release = '', machine = ''] = value('machine')?.split(' ') ?? []
  const minor = /^\d+\.\d+/.exec(version)?.[0] ?? version
  const interpreter = (path: string | undefined) => /python(\d+\.\d+)$/.exec(path ?? '')?.[1]
  const sound = interpreter(value('runs')) === minor && (interpreter(system) === undefined || interpreter(system) === minor)
  const environment = {
    python_version: minor, python_full_version: version, os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux',
    platform_machine: machine, platform_release: release, platform_version: '', implementation_name: 'cpython', platform_python_implementation: 'CPython',
  }
  const { distributions, own, origins } = installed(lines)
  const names = new Set(distributions.map(({ name }) => normalizeName(name)))
  const elsewhere = requirements.map(parseRequirement).filter(({ marker }) => !marker || holds(marker, { ...environment, extra: '' }))
    .flatMap(({ name, url }) => (url !== undefined && names.has(name) && !comesFrom(origins.get(name), url) ? [`${name} does not come from ${url}`] : []))
  return {
    python: sound ? 'sound' : `broken (made for ${version})`,
    systemSitePackages: value('system')?.trim() === 'true',
    missing: [...problems(distributions, environment, requirements, constraints), ...elsewhere],
    unwanted: unwanted.map(normalizeName).filter(name => own.has(name)),
  }
}
