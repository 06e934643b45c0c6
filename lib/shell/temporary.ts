import { ReadError } from '../errors.ts'
import { apply, read, readLines } from './script.ts'
import type { Output } from './output.ts'

/** Where a host remembers what a step has put there for its own length only. Survives the run and a reboot. */
const directory = '/var/lib/stead/temporary'

/** Something temporary that a run could not take back, since it was killed or its host lost power. */
export interface Leftover {
  name: string
  /** One line, as the operator is told. */
  what: string
}

/** Shell: sets `b` to a process and when it began, which no other process shares (proc_pid_stat(5), field 22); empty where there is none. */
const began = read`began() { b=; { read -r b <"/proc/$1/stat"; } 2>/dev/null || return 0; set -- "\${b%% *}" \${b##*) }; b="$1 \${21}"; }`

/**
 * Shell functions for an apply script that puts something on the host for its own length only. \`temporary NAME WHAT UNDO\` notes it down, synced,
 * and comes before the thing itself; it fails where that cannot be done. \`undone NAME\` crosses it out, and comes after the thing was taken back.
 * A run that finds the note of a script that is gone evaluates UNDO, a script that needs nothing of the one that noted it and may run twice.
 * Neither NAME (a file name, unique on its host) nor WHAT (one line) nor UNDO may hold a secret.
 *
 * @example temporary stead-deb-1 'downloaded package in /tmp/stead-deb.x1' 'rm -rf -- /tmp/stead-deb.x1'
 */
export const temporaryFunctions = apply`${began}
temporary() {
  mkdir -p -m 700 /var/lib/stead ${directory} && began self || return
  { printf '%s\n' "$2" "$b" "$3" >${directory}/."$1" && sync -- ${directory}/."$1" && mv -f -- ${directory}/."$1" ${directory}/"$1" && sync -- ${directory}; } || { rm -f -- ${directory}/."$1"; return 1; }
}
undone() { rm -f -- ${directory}/"$1"; }`

/** Shell: has `each NAME WHAT UNDO` called for all that was noted down by scripts that are gone; starts no program where nothing was. */
const leftovers = read`${began}
leftovers() {
  for f in ${directory}/* ${directory}/.[!.]*; do
    [ -f "$f" ] || continue
    { IFS= read -r w; read -r p; u=$(cat); } <"$f"
    # What it was to announce was not made yet, and what it says may be cut short.
    case $f in */.*) w='a note that was not finished' u=;; esac
    began "\${p%% *}"; if [ -z "$p" ] || [ "$b" != "$p" ]; then each "\${f##*/}" "$w" "$u" || return; fi
  done
}`

/** Asks for what earlier runs left; it may stand behind other reads in one script. */
export const readLeftovers = readLines([leftovers, read`each() { printf '=left %s %s\n' "$1" "$2"; }; leftovers`])

/** Takes back what earlier runs left, and tells of it as {@link readLeftovers} does. */
export const clearLeftovers = apply`${leftovers}
each() { (eval "$3") && rm -f -- ${directory}/"$1" && printf '=left %s %s\n' "$1" "$2"; }; leftovers`

/** Reads what either of the two scripts printed. @throws ReadError where something could not be taken back. */
export function parseLeftovers({ stdout, stderr, exitCode }: Output): Leftover[] {
  if (exitCode !== 0) throw new ReadError('What an interrupted run left on the host could not be taken back.', { stderr, exitCode })
  return [...`${stdout.toString()}\n${stderr}`.matchAll(/^=left (\S+) (.*)$/gm)].map(([, name = '', what = '']) => ({ name, what }))
}
