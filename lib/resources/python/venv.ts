import { z } from 'zod'
import { apply, read, type ApplyScript } from '../../shell/script.ts'
import type { Resource, Writing } from '../../state/resource.ts'
import { directoriesAbove } from '../files/file.ts'
import { uvFunctions, type UvUse } from './uv.ts'
import { readVenvs, UNFINISHED } from './venv-read.ts'

export interface VenvKey {
  path: string
  /** What it should contain, as in PEP 508. */
  requirements: readonly string[]
  constraints: readonly string[]
  /** Names of packages that it should not contain. */
  unwanted: readonly string[]
  /** The requirements and constraints files for pip. */
  files: { requirements: string; constraints: string }
  /** The interpreter that creates it. */
  python: string
  systemSitePackages: boolean
  /** Additional options for `pip install`. */
  pipOptions: readonly string[]
  /** Lets uv install what is missing; without it pip does. */
  uv?: UvUse
}

export interface VenvState {
  readonly [field: string]: string | boolean | readonly string[]
  /**
   * sound; or broken (its interpreter is gone or has another version), moved (its programs expect
   * another path), or unfinished (a run was interrupted).
   */
  python: string
  systemSitePackages: boolean
  /** Which requirements, direct or indirect, are not met. */
  missing: readonly string[]
  /** Unwanted packages that it contains. */
  unwanted: readonly string[]
}

const schema = z.strictObject({ python: z.string(), systemSitePackages: z.boolean(), missing: z.array(z.string()), unwanted: z.array(z.string()) })

/**
 * A Python virtual environment and the packages in it. Sources: venv and pip documentation, PEP
 * 376, PEP 440, PEP 508, PEP 610.
 */
export const venvResource: Resource<VenvKey, VenvState, z.infer<typeof schema>> = {
  kind: 'venv',
  schema,
  identify: ({ path }) => path,
  question: ({ requirements, constraints, unwanted, python, systemSitePackages }) => JSON.stringify([requirements, constraints, unwanted, python, systemSitePackages]),
  read: readVenvs,
  apply: writeVenv,
  forecast: {
    needs: ({ python }, current, desired) => (desired === null ? [] : [
      { program: python, packages: ['python3'] },
      ...(current?.python === 'sound' ? [] : [{ program: `${python} with venv and ensurepip`, test: read`${python} -c 'import venv, ensurepip'`, packages: ['python3-venv', 'python3-full', 'python3.'] }]),
    ]),
    sideEffects: ({ path }, desired) => (desired === null ? [{ kind: 'file', identity: path, state: null, below: true }] : [{ kind: 'file', identity: path, state: { type: 'directory' }, below: true }, ...directoriesAbove(path)]),
  },
}

/**
 * Temporary files of python3 and pip are in the environment itself, so that a killed run leaves
 * nothing elsewhere.
 */
function writeVenv({ path, requirements, files, python, systemSitePackages, pipOptions, uv }: VenvKey, current: VenvState | null, desired: z.infer<typeof schema> | null): Writing {
  if (desired === null) return { script: apply`rm -rf --one-file-system -- ${path}` }
  const rebuild = current === null || current.python !== desired.python || current.systemSitePackages !== desired.systemSitePackages
  const refuse = current === null ? apply`if [ -d "$e" ] && [ -n "$(ls -A -- "$e")" ]; then echo "$e contains something other than a virtual environment: move it away first." >&2; exit 1; fi` : apply`:`
  const undo = current === null ? apply`|| { find "$e" -mindepth 1 -delete; exit 1; }` : apply``
  const make = rebuild ? apply`find "$e" -mindepth 1 -maxdepth 1 ! -name ${UNFINISHED} -exec rm -rf --one-file-system -- {} +
${python} -m venv ${systemSitePackages ? ['--system-site-packages'] : []} "$e" >&2 ${undo}` : apply`:`
  const quiet = ['--disable-pip-version-check', '--no-input', '--quiet']
  const unwanted = rebuild ? [] : (current?.unwanted ?? [])
  const uninstall = unwanted.length ? apply`"$e/bin/python3" -m pip uninstall ${quiet} --yes -- ${unwanted}` : apply`:`
  // For a source without pyproject.toml, Debian 12's pip would run setup.py directly, which records
  // neither its origin nor its requirements.
  const byPip = apply`"$e/bin/python3" -m pip install ${quiet} --no-cache-dir --use-pep517 ${pipOptions} -r "$d/requirements" -c "$d/constraints"`
  const installer = uv && (rebuild || !uv.orPip) ? byUv(uv, byPip, { systemSitePackages, pipOptions }) : byPip
  const install = requirements.length && (rebuild || current?.missing.length) ? installer : apply`:`
  return {
    stdin: Buffer.from(files.requirements + files.constraints),
    script: apply`set -e; e=${path}; d=$e/${UNFINISHED}; whole=
# pip cleans up after itself when it fails, but not when it is killed.
ended() { c=$?; if [ -n "$whole" ] && [ $c -lt 128 ]; then rm -rf -- "$d"; fi; exit $c; }
command -v ${python} >/dev/null || { echo ${`${python} is not on this host, so the environment cannot be created.`} >&2; exit 1; }
${refuse}
mkdir -p -- "$e"; trap ended EXIT; trap 'exit 143' HUP INT TERM
rm -rf -- "$d"; mkdir -m 700 -- "$d"; sync -- "$e"; export TMPDIR="$d"
head -c ${Buffer.byteLength(files.requirements)} >"$d/requirements"; cat >"$d/constraints"
${make}
whole=1
"$e/bin/python3" -c 'import pip' 2>/dev/null || "$e/bin/python3" -m ensurepip --default-pip >/dev/null
${uninstall}
${install}
sync -f -- "$e"`,
  }
}

/**
 * Fetching uv takes longer than pip does for a few packages, so where pip may do it too, uv is used
 * only for a whole environment.
 */
function byUv(uv: UvUse, byPip: ApplyScript, options: Pick<VenvKey, 'systemSitePackages' | 'pipOptions'>): ApplyScript {
  const otherwise = uv.orPip ? apply`{ echo "stead-note: pip installs the packages of $e, since uv cannot: $(printf '%s\n' "$w" | tail -n 1)" >&2; ${byPip}; }`
    : apply`{ printf 'uv cannot install the packages of %s: %s\n' "$e" "$w" >&2; exit 1; }`
  return apply`${uvFunctions(uv, options)}
by_uv || ${otherwise}`
}
