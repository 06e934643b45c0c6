import { ReadError } from '../../errors.ts'
import { problems } from './closure.ts'
import { comesFrom } from './direct-url.ts'
import { installed } from './installed.ts'
import { holds } from './marker.ts'
import { normalizeName } from './normalize-name.ts'
import { parseRequirement } from './requirement.ts'
import { read, readLines, type ReadScript } from '../../shell/script.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { Reading } from '../../state/resource.ts'
import type { Output } from '../../shell/output.ts'
import type { VenvKey, VenvState } from './venv.ts'

/**
 * A directory in an environment while it is being written, for what pip needs in the meantime. If
 * it is still there without a run, the run was interrupted.
 */
export const UNFINISHED = '.stead-unfinished'

/**
 * Shell: `v_kind` says why a path is not an environment, or that it is unfinished, as `python -m
 * venv` leaves it before it writes pyvenv.cfg. `v_moved` finds a program whose interpreter belongs
 * to another environment. pip puts the interpreter in the second line if the first would be too
 * long.
 */
const functions = read`
v_kind() {
  if [ -L "$1" ] && [ ! -e "$1" ]; then echo 'other is a broken link'
  elif [ ! -e "$1" ]; then :
  elif [ ! -d "$1" ]; then echo 'other is not a directory'
  elif [ -e "$1/${UNFINISHED}" ]; then echo 'unfinished a run was interrupted'
  elif [ -f "$1/pyvenv.cfg" ]; then :
  elif [ -n "$(find "$1" -mindepth 1 -maxdepth 1 ! -name bin ! -name include ! -name lib ! -name lib64 -print -quit; cd "$1" && find . -mindepth 1 ! -type d ! -path ./lib64 -print -quit)" ]; then echo 'other contains something other than a virtual environment: there is no pyvenv.cfg'
  elif [ -d "$1/bin" ]; then echo 'unfinished it has no pyvenv.cfg'
  fi
}
v_moved() {
  for f in "$1"/bin/*; do
    case \${f##*/} in python*|activate*|Activate*) continue;; esac
    a= z=; { IFS= read -r a; IFS= read -r z; } 2>/dev/null <"$f"
    case $a in
      '#!/bin/sh') case $z in "'''exec' "*) a=\${z#*exec\' }; a=\${a%' "$0" "$@"'}; a=\${a#\"}; a=\${a%\"};; *) continue;; esac;;
      '#!'*) a=\${a#??};;
      *) continue;;
    esac
    case $a in /usr/bin/*|/usr/local/bin/*|/bin/*) continue;; /*/python*) ;; *) continue;; esac
    [ "\${a%/*}" -ef "$1/bin" ] || { printf 'moved %s\n' "\${a%/bin/*}"; return; }
  done
}`

/**
 * Prints what {@link parseVenv} reads: versions, then the metadata lines of every distribution.
 * Does not start Python. Only the directory of the environment's own Python counts. Names that
 * start with a tilde were left behind by an interrupted pip, and pip skips them too. pip writes
 * INSTALLER and then RECORD once the rest of a distribution is in place.
 */
function readScript({ path, python, systemSitePackages }: VenvKey): ReadScript {
  const system = systemSitePackages ? read`"$l" "$b"` : read``
  return read`
printf '=venv %s %s\n' "$mark" "$(readlink -f -- "$(command -v ${python} || echo ${python})")"
v_kind ${path}
c=${path}/pyvenv.cfg; v=; h=
if [ -f "$c" ]; then sed -n -e 's/^version *= */version /p' -e 's/^version_info *= */virtualenv /p' -e 's/^include-system-site-packages *= */system /p' "$c"
h=$(sed -n 's/^home *= *//p' "$c"); v=$(sed -n 's/^version\(_info\)\{0,1\} *= *\([0-9]*\.[0-9]*\).*/\2/p' "$c" | head -n 1); v_moved ${path}; fi
[ -x ${path}/bin/python3 ] && printf 'runs %s\n' "$(readlink -f -- ${path}/bin/python3)"
printf 'machine %s\n' "$(uname -rm)"
s=${path}/lib/python$v/site-packages
case $h in /usr/bin|/bin) l=/usr/local/lib/python$v/dist-packages; b=/usr/lib/python3/dist-packages;; *) l=; b=\${h%/*}/lib/python$v/site-packages;; esac
for d in "$s" ${system}; do [ -d "$d" ] || continue; [ "$d" = "$s" ] && echo 'P own' || echo 'P system'
sed -s -n -e 1F -e 's/\r$//' -e '1,/^$/{s/^Name: /N /p;s/^Version: /V /p;s/^Requires-Dist: /R /p}' "$d"/[!~]*.dist-info/METADATA "$d"/[!~]*.egg-info/PKG-INFO "$d"/[!~]*.egg-info 2>/dev/null
sed -s -n -e 1F -e 's/^/Q /p' "$d"/[!~]*.egg-info/requires.txt 2>/dev/null
done
for f in "$s"/[!~]*.dist-info/direct_url.json; do [ -f "$f" ] && { d=\${f%/*}; printf 'U %s %s\n' "\${d##*/}" "$(tr '\n' ' ' <"$f")"; }; done
for f in "$s"/[!~]*.dist-info; do [ ! -d "$f" ] || { [ -s "$f/RECORD" ] && [ -e "$f/INSTALLER" ]; } || printf 'I %s\n' "\${f##*/}"; done
set -- "$s"/pip-*.dist-info; [ ! -d "$s/pip" ] || [ -d "$1" ] || echo 'I pip'
:`
}

/**
 * Shell: prints a random mark that separates the answers. A user of an environment could create a
 * name with a newline and a heading in it, but cannot know the mark.
 */
const randomMark = read`read -r mark </proc/sys/kernel/random/uuid; printf '%s\n' "$mark"`

/** Reads environments, all in one script. */
export function readVenvs(keys: readonly VenvKey[]): Reading<VenvState> {
  return {
    script: readLines([randomMark, functions, ...keys.map(readScript)]),
    parse(output: Output) {
      const stdout = stdoutOf(output, 'Could not read the virtual environment.')
      const text = stdout.toString()
      const [mark = ''] = text.split('\n', 1)
      const sections = text.split(`\n=venv ${mark} `).slice(1)
      return keys.map((key, index) => parseVenv(sections[index] ?? '', key))
    },
  }
}

/** The state of an unfinished environment. */
const unfinished = (why: string): VenvState => ({ python: `unfinished (${why})`, systemSitePackages: false, missing: [], unwanted: [] })

function parseVenv(section: string, { path, requirements, constraints, unwanted }: VenvKey): VenvState | null | Error {
  const [system = '', ...lines] = section.split('\n')
  const value = (name: string) => lines.find(line => line.startsWith(`${name} `))?.slice(name.length + 1)
  const other = value('other')
  if (other !== undefined) return new ReadError(`${path} ${other}.`, { hint: 'Move it away first, or choose another path.' })
  const version = value('version') ?? /^\d+\.\d+\.\d+/.exec(value('virtualenv') ?? '')?.[0]
  const cutOff = value('unfinished')
  if (version === undefined) return cutOff === undefined ? null : unfinished(cutOff)
  const [release = '', machine = ''] = value('machine')?.split(' ') ?? []
  const minor = /^\d+\.\d+/.exec(version)?.[0] ?? version
  const interpreter = (path: string | undefined) => /python(\d+\.\d+)$/.exec(path ?? '')?.[1]
  const isOfHost = interpreter(value('runs')) === minor && (interpreter(system) === undefined || interpreter(system) === minor)
  const environment = {
    python_version: minor, python_full_version: version, os_name: 'posix', sys_platform: 'linux', platform_system: 'Linux',
    platform_machine: machine, platform_release: release, platform_version: '', implementation_name: 'cpython', platform_python_implementation: 'CPython',
  }
  const { distributions, own, origins, halfWritten } = installed(lines)
  const names = new Set(distributions.map(({ name }) => normalizeName(name)))
  const elsewhere = requirements.map(parseRequirement).filter(({ marker }) => !marker || holds(marker, { ...environment, extra: '' }))
    .flatMap(({ name, url }) => (url !== undefined && names.has(name) && !comesFrom(origins.get(name), url) ? [`${name} does not come from ${url}`] : []))
  const missing = problems(distributions, environment, requirements, constraints)
  const half = [...halfWritten].filter(name => name === 'pip' || unwanted.some(each => normalizeName(each) === name) || missing.some(text => text.startsWith(`${name} is missing`)))
  const moved = value('moved')
  return {
    python: cutOff !== undefined ? `unfinished (${cutOff})` : !isOfHost ? `broken (made for ${version})` : moved !== undefined ? `moved (made as ${moved})`
      : half.length > 0 ? `unfinished (${half.join(', ')} without a RECORD)` : 'sound',
    systemSitePackages: value('system')?.trim() === 'true',
    missing: [...missing, ...elsewhere],
    unwanted: unwanted.map(normalizeName).filter(name => own.has(name)),
  }
}
