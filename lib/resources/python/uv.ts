import { readFileSync } from 'node:fs'
import path from 'node:path'
import { apply, type ApplyScript } from '../../shell/script.ts'

/**
 * The uv that installs packages, and the SHA-256 of its wheel for each machine that `uname -m`
 * names. To renew it, run for each machine `pip download uv==VERSION --no-deps
 * --only-binary=:all: --platform manylinux2014_MACHINE`, then `pip hash uv-*.whl`; compare with
 * what PyPI shows, and run spec/modules/pip-venv-uv.spec.ts.
 */
const UV = {
  version: '0.13.9',
  wheels: {
    x86_64: 'd7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19',
    aarch64: '5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe',
  },
} as const

/** How uv is used for one environment. */
export interface UvUse {
  /** Whether pip takes its place if uv cannot be used. */
  orPip: boolean
  /** An HTTP proxy without a password, which goes before that of pip's configuration. */
  proxy?: string
  /** Install nothing that has no hash, as pip does when one requirement has one. */
  requireHashes: boolean
}

/** What a task asks of its installer. */
export interface Asked {
  onlyBinary: boolean
  proxy?: string
  /** Lines of requirements and constraints files, as for pip. */
  lines: readonly string[]
}

/**
 * Why uv is not given a task; undefined if it is. Names no value, since an index may contain a
 * password.
 *
 * @example whyNotUv({ onlyBinary: false, lines: [] }) // 'only pip runs builds of packages (onlyBinary: false)'
 */
export function whyNotUv({ onlyBinary, proxy, lines }: Asked): string | undefined {
  if (!onlyBinary) return 'only pip runs builds of packages (onlyBinary: false)'
  if (proxy !== undefined && !proxy.startsWith('http:')) return 'uv only gets HTTP proxies (proxy)'
  const [option] = lines.flatMap(line => [...line.matchAll(/(?:^|\s)(--?[A-Za-z][A-Za-z-]*)/g)].map(([, found = '']) => found)).filter(found => found !== '--hash')
  return option === undefined ? undefined : `only pip follows the option ${option} of a requirements file`
}

/** Where the program is that gives uv what pip's configuration says. */
export const settingsFile = path.join(import.meta.dirname, 'uv-settings.py')

/**
 * Shell for `writeVenv`: `by_uv` installs $d/requirements into the environment $e. If it cannot, it
 * fails with the reason in `w` and nothing changed. If uv was killed, or failed after it had
 * changed something, it ends the script: unlike pip, uv takes nothing back, so the environment
 * stays marked as unfinished. pip installs uv itself, in the version and with the checksum from
 * above, into $d, which is removed when the environment is finished: no program stays on the host
 * that somebody would have to keep up to date.
 */
export function uvFunctions({ proxy, requireHashes }: UvUse, { systemSitePackages, pipOptions }: { systemSitePackages: boolean; pipOptions: readonly string[] }): ApplyScript {
  const pin = `uv==${UV.version} ${Object.values(UV.wheels).map(hash => `--hash=sha256:${hash}`).join(' ')}`
  const quiet = ['--disable-pip-version-check', '--no-input', '--quiet', '--no-cache-dir']
  const options = ['--no-config', '--no-progress', '--color', 'never', '--no-python-downloads', '--only-binary', ':all:',
    // As pip: the best version of all indexes. By default uv takes the first index that has the
    // name, and so finds other packages.
    '--index-strategy', 'unsafe-best-match', ...(requireHashes ? ['--require-hashes'] : [])]
  const system = systemSitePackages ? apply`
  uv --dry-run 2>"$d/planned" || failed $? "$(tail -n 5 -- "$d/planned")" || return 1
  w=$(sed -n 's/^ [+~-] \([^=@ ]*\).*/\1/p' "$d/planned" | sort -u | grep -xF -f "$d/system-packages") && { w="uv does not see packages of the system, and would install its own $(echo $w)"; return 1; }` : apply``
  return apply`
uv() { ( . "$d/uv-environment"; export XDG_DATA_HOME="$d/uv-data"; exec "$d/uv/bin/uv" pip install --python "$e/bin/python3" --cache-dir "$d/uv-cache" ${options} -r "$d/uv-requirements" -c "$d/constraints" "$@" ); }
entries() { stat -c '%n %z' -- "$e"/lib/python*/site-packages "$e/bin"; }
failed() { w=$2; [ $1 -lt 128 ] || { printf '%s\n' "$w" >&2; exit $1; }; return 1; }
by_uv() {
  case ${` ${Object.keys(UV.wheels).join(' ')} `} in *" $(uname -m) "*) ;; *) w="stead does not know a uv for this machine ($(uname -m))"; return 1;; esac
  w=$("$e/bin/python3" -c ${readFileSync(settingsFile, 'utf8')} "$d" ${proxy ?? ''} 2>&1) || failed $? "$w" || return 1
  { grep '^--' "$d/requirements"; echo ${pin}; } >"$d/uv-pin"
  w=$("$e/bin/python3" -m pip install ${quiet} ${pipOptions} --only-binary=:all: --no-deps --no-compile --require-hashes --target "$d/uv" -r "$d/uv-pin" 2>&1) || failed $? "$w" || return 1${system}
  b=$(entries); whole=; c=0
  w=$(uv --quiet --compile-bytecode 2>&1) || c=$?
  rm -f -- "$e/.lock"
  if [ $c -gt 0 ]; then
    [ $c -lt 128 ] && [ "$b" = "$(entries)" ] || { printf '%s\n' "$w" >&2; exit $c; }
    whole=1; return 1
  fi
  whole=1
}`
}
