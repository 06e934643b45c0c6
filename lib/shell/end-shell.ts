import { quote } from '../text/quote.ts'
import { ApplyScript } from './script.ts'
import { nameOf } from './start.ts'

/** How long (seconds) the processes that a shell started get to end on their own. */
const GRACE_SECONDS = 5

/**
 * Ends a session's shell on its host, and everything it started. The shell is found by its process
 * id and its name; if it is gone, or the process is not ours, nothing happens. The shell is killed
 * first, so that no further part starts. Its processes then get SIGTERM, and SIGKILL if they do not
 * end.
 */
export function endShellScript({ pid, id }: { pid: number; id: string }): ApplyScript {
  return new ApplyScript(`p=${pid}; grep -qs ${quote(nameOf(id))} "/proc/$p/cmdline" || exit 0
below() { b=; d=$p; while [ "$d" ]; do d=$(for x in $d; do grep -lsx "PPid:	$x" /proc/[0-9]*/status; done | cut -d / -f 3); b="$b $d"; done; }
below; kill -KILL $p; [ -z "\${b# }" ] || kill -TERM $b 2>/dev/null
for s in ${Array.from({ length: GRACE_SECONDS * 5 }, (_, index) => index).join(' ')}; do a=; for x in $b; do [ ! -d "/proc/$x" ] || a="$a $x"; done; [ "$a" ] || exit 0; sleep 0.2; done
kill -KILL $a 2>/dev/null; :`)
}
