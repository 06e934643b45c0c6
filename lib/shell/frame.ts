import { quote } from '../text/quote.ts'
import type { Input } from './input.ts'
import type { ApplyScript, ReadScript } from './script.ts'

/** One script of a frame. Apply parts run in order; after one fails, the rest are skipped. */
export interface FramePart {
  script: ReadScript | ApplyScript
  /** The user of the host to run it as, instead of the session's own. */
  user?: string
  /** Its standard input; what the script does not read is discarded. */
  stdin?: Input
  /** What it does, for the note that stead is waiting for it. */
  about?: string
}

/** The exit code of an apply part that was skipped because an earlier one failed. */
export const LEFT_OUT = 125

/** The exit code of a part whose user does not exist (EX_UNAVAILABLE of sysexits.h). */
export const NO_SUCH_USER = 69

/** The exit code of a part whose shell was killed before it could report one. */
const KILLED = 137

/** The most standard error kept of one part (bytes); the host drops the rest. */
const LONGEST_STDERR = 1_000_000

/**
 * The shell functions that make up a session, in plain POSIX sh. `r` reads: standard output is
 * passed on as it is (any bytes), and standard error is kept and sent after it, with the exit code.
 * `a` applies: the output of an apply part is kept until it ends, so that a lost connection cannot
 * kill it halfway with SIGPIPE, and the part is skipped once another has failed.
 *
 * A part ends when its process does: `g` then writes a line with the token, at which `l`, which
 * reads its standard error, stops. A background process that keeps it open delays nothing; after an
 * apply part, a `cat` goes on reading its output, so that SIGPIPE does not end it. The session's
 * token is generated here. It is a variable that is not exported and appears in no command line, so
 * nothing that a part prints, and no user of the host, can forge a line that ends an answer.
 * Everything that a part prints is between two such lines, which are numbered.
 *
 * A read becomes another user by setpriv(1). Writes do by runuser(1), which opens a PAM session with
 * its limits, takes longer and leaves a line in the journal.
 * Another user's shell gets its script through a pipe (descriptor 8): everybody can see an
 * argument, and Linux limits it to 128 KiB. Its standard output is a pipe too, to a `sed` that
 * stops when that shell has ended: the session's own may be a socket, from which the user could
 * read secrets. The lock (descriptor 9) stays with the session's shell; no program that a part
 * starts inherits it.
 */
export const prologue = [
  `nl='\n'; read -r t </proc/sys/kernel/random/uuid; [ \${#t} = 36 ] || { echo '/proc/sys/kernel/random/uuid cannot be read.' >&2; exit 72; }; exec 3>&1; printf '\\nstead-shell %s %s\\n' "$t" $$`,
  `u() { if [ -z "$1" ]; then (eval "$2") 9>&- 3>&-; elif ! w=$(getent passwd "$1"); then echo "There is no user $1." >&2; return ${NO_SUCH_USER}; else h=\${w%:*}; o=\${w#*:*:}; q=\${o#*:}; if [ "$j" ]; then set -- "$2" setpriv --reuid="\${o%%:*}" --regid="\${q%%:*}" --init-groups; else set -- "$2" runuser -u "$1"; fi; { printf %s "$1" | { shift; HOME=\${h##*:} USER=\${w%%:*} LOGNAME=\${w%%:*} "$@" -- sh -c 'eval "$(cat <&8)" 8<&- 7<&-' 8<&0 <&7 9>&- 3>&-; }; } 7<&0; c=$?; [ $c != 127 ] || [ "$(id -u)" = 0 ] || echo "Only root can act as \${w%%:*}: log in as root, or set ansible_become: true." >&2; return $c; fi; }`,
  `i() { if [ "$1" = 0 ]; then u "$2" "$3" </dev/null; else head -c "$1" | { u "$2" "$3"; c=$?; cat >/dev/null; exit $c; }; fi; }`,
  `g() { i "$@"; printf '\\n%s %s\\n' "$t" $? >&2; }`,
  `l() { z=0; while IFS= read -r q; do case $q in "$t "*) printf '\\n%s' "\${q#* }"; return;; 'stead-note: '*) [ -z "$1" ] || printf '%s\\n%s note\\n' "\${q#* }" "$t" >&3;; esac; [ $z -gt ${LONGEST_STDERR} ] || { printf '%s\\n' "$q"; z=$((z + \${#q} + 1)); }; done; printf '\\n${KILLED}'; }`,
  `m() { printf '%s%s %s.%s\\n%s\\n%s %s\\n' "$b" "$t" "$n" "$p" "\${e%"$nl"*}" "$t" "\${e##*"$nl"}"; }`,
  `r() { p=$((p + 1)); j=1; b=$nl; [ -z "$2" ] || { b=; read -r k </proc/sys/kernel/random/uuid; }; e=$({ if [ "$b" ]; then g "$@" >&3; else { g "$@"; printf '\\n%s\\n' "$k"; } | sed -f /proc/self/fd/4 4<<. >&3\n/^$k\\$/Q\n.\nfi; } 2>&1 | l); m; }`,
  `a() { p=$((p + 1)); j=; b=$nl; if [ "$f" ]; then head -c "$1" >/dev/null; e="$nl"${LEFT_OUT}; else e=$(g "$@" 2>&1 | { trap '' PIPE; l notes 2>/dev/null; cat <&7 >/dev/null 2>&1 3>&- 9>&- & } 7<&0); [ "\${e##*"$nl"}" = 0 ] || f=1; fi; m; }`,
].join('\n')

/**
 * Reads frames from standard input until it ends: a line with the length of the script in bytes,
 * then the script. A truncated script is not run.
 */
export const loop = `while IFS= read -r n; do s=$(head -c "$n"; echo .); [ \${#s} = $((n + 1)) ] || exit 74; eval "\${s%.}"; done`

/** The most lanes that reads of a frame are divided into. Each costs two more processes. */
const LANES = 4

/**
 * The script of a frame, without the standard input of its parts. Consecutive reads run side by
 * side, since most of them wait for systemd, PostgreSQL or a port; their answers stay in order.
 */
export function frameScript(number: number, parts: readonly FramePart[]): string {
  const calls = parts.map(({ script, user, stdin }) => `${'writes' in script ? 'a' : 'r'} ${stdin?.length ?? 0} ${quote(user ?? '')} ${quote(script.text)}`)
  const lines: string[] = []
  for (let at = 0; at < calls.length;) {
    const next = parts.findIndex(({ script, stdin }, index) => index >= at && ('writes' in script || stdin?.length))
    const end = next === -1 ? calls.length : next
    if (end - at > 1) lines.push(sideBySide(calls.slice(at, end), at), `p=${end}`)
    else lines.push(...calls.slice(at, Math.max(end, at + 1)))
    at = Math.max(end, at + 1)
  }
  return [`f= n=${number} p=0`, ...lines].join('\n') + '\n'
}

/**
 * The answers of a lane wait in a pipe until those of the lanes before it are out. A line of random
 * text ends a lane, not the end of its pipe, which a part's background process may keep open. That
 * text appears in no command line, where other users could read it. If a lane was killed before
 * its end, the shell ends: the run reconnects at once instead of waiting for answers that are lost.
 */
function sideBySide(calls: readonly string[], before: number): string {
  const size = Math.ceil(calls.length / LANES)
  const lanes = Array.from({ length: Math.ceil(calls.length / size) }, (_, lane) => [`p=${before + lane * size}`, ...calls.slice(lane * size, (lane + 1) * size)].join('\n'))
  const [last = '', ...others] = lanes.reverse()
  const behind = (later: string, lane: string) => `{ ${later}\nprintf '%s\\n' "$v"\n} 3>&1 | { ${lane}\nsed -f /proc/self/fd/4 4<<.\n/^$v\\$/Q9\n.\n[ $? = 9 ]; } || exit 74`
  return `read -r v </proc/sys/kernel/random/uuid\n${others.reduce(behind, last)}`
}

/** Encodes a script for a running shell that is in its {@link loop}. */
export function encodeScript(script: string): Buffer {
  const bytes = Buffer.from(script)
  return Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes])
}

/** Encodes a frame for a running session. */
export function encodeFrame(number: number, parts: readonly FramePart[]): Input[] {
  return [encodeScript(frameScript(number, parts)), ...parts.flatMap(({ stdin }) => (stdin?.length ? [stdin] : []))]
}
