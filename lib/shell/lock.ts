import { quote } from '../text/quote.ts'
import { nameOf } from './start.ts'

/** The exit code of a shell that did not get the lock (EX_TEMPFAIL of sysexits.h). */
export const LOCKED = 75

/** Who takes a lock. */
export interface Holder {
  /** Who it is, for the message that others get. */
  holder: string
  /** Id of the run, the same on all its hosts; letters and digits. */
  run: string
  /** Id of the session, the same after reconnecting; letters and digits. */
  id: string
}

/**
 * How long to wait for each possible holder of the lock (seconds): another run, an earlier shell of
 * this session, this run under another name of the host.
 */
export interface LockWaits {
  other: number
  own: number
  sameRun: number
}

/**
 * Takes the host's lock on descriptor 9, or ends the shell and says who holds it. The kernel
 * releases a flock(2) when the shell that holds it dies, so no lock is ever left behind. The file
 * is under /run: in memory, gone after a reboot. A user other than root has a separate lock.
 *
 * If it has to wait, it says so on standard output: `stead-waits own|same-run HOLDER`. An earlier
 * shell of this session may not have noticed that its connection was given up here. Killing the
 * sshd in between tells it, and it ends after its current script.
 */
export function lockScript({ holder, run, id }: Holder, waits: LockWaits): string {
  return [
    `if [ "$(id -u)" = 0 ]; then l=/run/stead; else l=/tmp/stead-$(id -u); fi`,
    // In /tmp anybody could have created it first.
    `mkdir -p -m 700 "$l" && [ -O "$l" ] && ! [ -L "$l" ] && exec 9>>"$l/lock" || { echo "$l cannot be used for the lock: it belongs to somebody else." >&2; exit 73; }`,
    // The holder is written after the lock is taken, so what is read may be from a previous holder.
    // It is read again every second.
    `w=0; k=; until flock -n 9; do h=; o=; x=; { IFS= read -r h; read -r o x; } 2>/dev/null <"$l/holder"`,
    `case $o in ${run}.${id}) y=own; z=${waits.own};; ${run}.*) y=same-run; z=${waits.sameRun};; *) y=other; z=${waits.other};; esac`,
    `[ $w -lt $z ] || { printf '%s' "$h" >&2; exit ${LOCKED}; }`,
    `if [ $y != other ] && [ $y != "$k" ]; then k=$y; printf '\\nstead-waits %s %s\\n' $y "$h"; fi`,
    `if [ $y = own ] && grep -qs ${quote(nameOf(id))} "/proc/$x/cmdline"; then while [ "\${x:-1}" -gt 1 ] && read -r c <"/proc/$x/comm"; do`,
    `case $c in sshd*|dropbear*) kill "$x"; break;; esac; x=$(sed -n 's/^PPid:[^0-9]*//p' "/proc/$x/status"); done; fi`,
    `w=$((w + 1)); ! flock -w 1 9 || break; done`,
    `printf '%s, since %s\\n%s %s\\n' ${quote(holder.replace(/\s+/g, ' '))} "$(date -u +%Y-%m-%dT%H:%M:%SZ)" ${run}.${id} $$ >"$l/holder"`,
  ].join('\n')
}
