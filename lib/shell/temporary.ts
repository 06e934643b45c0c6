import { ReadError } from '../errors.ts'
import { apply, read, readLines } from './script.ts'
import type { Output } from './output.ts'

/** Where a host keeps notes of what exists for one step only. They survive the run and a reboot. */
const directory = '/var/lib/stead/temporary'

/**
 * Something temporary that a run could not clean up, since it was killed or its host lost power.
 */
export interface Leftover {
  name: string
  /** One line, as shown to the operator. */
  what: string
}

/**
 * Shell: sets `b` to a process id and its start time, which together are unique (proc_pid_stat(5),
 * field 22); empty if there is no such process.
 */
const began = read`began() { b=; { read -r b <"/proc/$1/stat"; } 2>/dev/null || return 0; set -- "\${b%% *}" \${b##*) }; b="$1 \${21}"; }`

/**
 * Shell functions for an apply script that creates something temporary on the host. Call `temporary
 * NAME WHAT UNDO` before creating it: this writes a note and syncs it, and fails if it cannot. Call
 * `undone NAME` after cleaning up: this removes the note. A later run that finds the note of a
 * script that has ended evaluates UNDO, which must not depend on that script, and may run twice.
 * NAME (a file name, unique on its host), WHAT (one line) and UNDO must not contain secrets.
 *
 * @example temporary stead-deb-1 'downloaded package in /tmp/stead-deb.x1' 'rm -rf -- /tmp/stead-deb.x1'
 */
export const temporaryFunctions = apply`${began}
temporary() {
  { [ -d ${directory} ] || mkdir -p -m 700 /var/lib/stead ${directory}; } && began self || return
  { printf '%s\n' "$2" "$b" "$3" >${directory}/."$1" && sync -- ${directory}/."$1" && mv -f -- ${directory}/."$1" ${directory}/"$1" && sync -- ${directory}; } || { rm -f -- ${directory}/."$1"; return 1; }
}
undone() { rm -f -- ${directory}/"$1"; }`

/**
 * Shell: calls `each NAME WHAT UNDO` for every note whose script has ended. Starts no program if
 * there are no notes.
 */
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

/** Lists what earlier runs left behind; it may follow other reads in one script. */
export const readLeftovers = readLines([leftovers, read`each() { printf '=left %s %s\n' "$1" "$2"; }; leftovers`])

/** Cleans up what earlier runs left behind, and lists it as {@link readLeftovers} does. */
export const clearLeftovers = apply`${leftovers}
each() { (eval "$3") && rm -f -- ${directory}/"$1" && printf '=left %s %s\n' "$1" "$2"; }; leftovers`

/** Parses the output of either script. @throws ReadError if something could not be cleaned up. */
export function parseLeftovers({ stdout, stderr, exitCode }: Output): Leftover[] {
  if (exitCode !== 0) throw new ReadError('Could not clean up what an interrupted run left on the host.', { stderr, exitCode })
  return [...`${stdout.toString()}\n${stderr}`.matchAll(/^=left (\S+) (.*)$/gm)].map(([, name = '', what = '']) => ({ name, what }))
}
