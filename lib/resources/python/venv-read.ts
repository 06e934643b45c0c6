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

/** In an environment for as long as it is written: what pip needs meanwhile. What is there without a run at work was never finished. */
export const UNFINISHED = '.stead-unfinished'

/**
 * Shell: `v_kind` says of what is at a path why it is no environment, or that it was never finished, as `python -m venv` leaves it before it
 * writes pyvenv.cfg. `v_moved` finds a program whose interpreter is that of another environment; pip writes it into the second line where the
 * first would be too long.
 */
const functions = read`
v_kind() {
  if [ -L "$1" ] && [ ! -e "$1" ]; then echo 'other is a link that leads nowhere'
  elif [ ! -e "$1" ]; then :
  elif [ ! -d "$1" ]; then echo 'other is not a directory'
  elif [ -e "$1/${UNFINISHED}" ]; then echo 'unfinished a run was interrupted'
  elif [ -f "$1/pyvenv.cfg" ]; then :
  elif [ -n "$(find "$1" -mindepth 1 -maxdepth 1 ! -name bin ! -name include ! -name lib ! -name lib64 -print -quit; cd "$1" && find . -mindepth 1 ! -type d ! -path ./lib64 -print -quit)" ]; then echo 'other contains something that is not a virtual environment, for it has no pyvenv.cfg'
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
 * Prints what {@link parseVenv} reads: versions, then the metadata lines of every distribution. Starts no Python. Of the directories of several
 * Pythons only the one that its own reads counts; what begins with a tilde, an interrupted pip left behind, and pip passes it over too. pip writes
 * INSTALLER and then RECORD when all else of a distribution is there.
 */
function look({ path, python, systemSitePackages }: VenvKey): ReadScript {
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

/** Shell: what parts the answers. Names in an environment are its user's, who may put a newline and a heading into one; the mark he cannot know. */
const marked = read`read -r mark </proc/sys/kernel/random/uuid; printf '%s\n' "$mark"`

/** Reads environments, all of them by one script. */
export function readVenvs(keys: readonly VenvKey[]): Reading<VenvState> {
  return {
    script: readLines([marked, functions, ...keys.map(look)]),
    parse(output: Output) {
      const stdout = stdoutOf(output, 'The virtual environment could not be looked at.')
      const text = stdout.toString()
      const [mark = ''] = text.split('\n', 1)
      const sections = text.split(`\n=venv ${mark} `).slice(1)
      return keys.map((key, index) => parseVenv(sections[index] ?? '', key))
    },
  }
}

/** What an environment that was never finished is said to be. */
const unfinished = (why: string): VenvState => ({ python: `unfinished (${why})`, systemSitePackages: false, missing: [], unwanted: [] })

function parseVenv(section: string, { path, requirements, constraints, unwanted }: VenvKey): VenvState | null | Error {
  const [system = '', ...lines] = section.split('\n')
  const value = (name: string) => lines.find(line => line.startsWith(`${name} `))?.slice(name.length + 1)
  const other = value('other')
  if (other !== undefined) return new ReadError(`${path} ${other}.`, { hint: 'Move it away first, or give another path.' })
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
