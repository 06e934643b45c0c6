import { quote } from './quote.ts'

/** Exit code of a session's shell that did not get the lock (EX_TEMPFAIL of sysexits.h). */
export const LOCKED = 75

/**
 * Takes the host's lock on descriptor 9, or ends the shell and says who holds it. The kernel drops a flock(2) when the shell that
 * holds it dies, so no lock is ever left behind. It lives under /run: in memory, gone with a reboot. A user who is not root has one of his own.
 */
export function lockScript({ holder, waitSeconds }: { holder: string; waitSeconds: number }): string {
  return [
    `if [ "$(id -u)" = 0 ]; then l=/run/stead; else l=/tmp/stead-$(id -u); fi`,
    // In /tmp anybody could have made it first.
    `mkdir -p -m 700 "$l" && [ -O "$l" ] && ! [ -L "$l" ] && exec 9>>"$l/lock" || { echo "$l cannot be used for the lock: it belongs to somebody else." >&2; exit 73; }`,
    `if ! flock -w ${waitSeconds} 9; then cat "$l/holder" >&2; exit ${LOCKED}; fi`,
    `printf '%s, since %s' ${quote(holder)} "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$l/holder"`,
  ].join('\n')
}
