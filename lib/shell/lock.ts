import { quote } from '../text/quote.ts'
import { nameOf } from './start.ts'

/** Exit code of a session's shell that did not get the lock (EX_TEMPFAIL of sysexits.h). */
export const LOCKED = 75

/** Who takes a lock. */
export interface Holder {
  /** As others are told. */
  holder: string
  /** Of this run, the same on all its hosts; letters and digits. */
  run: string
  /** Of this session, the same after a reconnection; letters and digits. */
  id: string
}

/** How long each is waited for who may hold a lock (seconds): another run, this session's own earlier shell, this run under another name. */
export interface LockWaits {
  other: number
  own: number
  sameRun: number
}

/**
 * Takes the host's lock on descriptor 9, or ends the shell and says who holds it. The kernel drops a flock(2) when the shell that
 * holds it dies, so no lock is ever left behind. It lives under /run: in memory, gone with a reboot. A user who is not root has one of his own.
 *
 * While it waits for more than a moment it says so on standard output: `stead-waits own|same-run HOLDER`. Its own earlier shell, whose connection
 * this side gave up and that side may not know to be gone, is told so by ending the sshd between: then it ends after the script at hand.
 */
export function lockScript({ holder, run, id }: Holder, waits: LockWaits): string {
  return [
    `if [ "$(id -u)" = 0 ]; then l=/run/stead; else l=/tmp/stead-$(id -u); fi`,
    // In /tmp anybody could have made it first.
    `mkdir -p -m 700 "$l" && [ -O "$l" ] && ! [ -L "$l" ] && exec 9>>"$l/lock" || { echo "$l cannot be used for the lock: it belongs to somebody else." >&2; exit 73; }`,
    // Who holds it is written after it was taken: what stands there may be of one who is gone, and is looked at again each second.
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
