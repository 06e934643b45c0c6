import { quote } from '../text/quote.ts'
import type { Input } from './input.ts'
import type { ApplyScript, ReadScript } from './script.ts'

/** One script of a frame. Apply parts of a frame run in order, and after one that failed the others are left out. */
export interface FramePart {
  script: ReadScript | ApplyScript
  /** Run as this user of the host instead of the session's own. */
  user?: string
  /** Given on standard input; whatever the script leaves of it is discarded. */
  stdin?: Input
  /** What it is about, for whoever waits for it. */
  about?: string
}

/** The exit code of an apply part that was left out since one before it failed. */
export const LEFT_OUT = 125

/** The exit code of a part whose user does not exist (EX_UNAVAILABLE of sysexits.h). */
export const NO_SUCH_USER = 69

/** The exit code of a part whose shell was killed together with what tells how it ended. */
const KILLED = 137

/** Standard error of one part beyond this is dropped on the host (bytes). */
const LONGEST_STDERR = 1_000_000

/**
 * Shell functions that a session is made of, in plain POSIX sh. `r` reads: its standard output goes out as it is (any bytes), its standard
 * error is kept and sent behind, with the exit code. `a` applies: an apply part's output is kept until it ends, so that a lost connection
 * cannot kill it half way with SIGPIPE; and it is left out once one has failed.
 *
 * A part ends when its process does: `g` then writes a line with the token, at which `l`, which takes its errors, stops. What runs on in the
 * background and holds them open holds up nobody; behind an apply part a `cat` goes on taking what it says, so that no SIGPIPE ends it.
 * The session's token is drawn here, is a variable that is not exported, and stands in no command line: nothing that a part prints, and no
 * user of the host, can make a line that ends an answer. All that a part may print is between two such lines, which are numbered.
 *
 * Another user's shell gets its script through a pipe (descriptor 8): a word could be seen by everybody, and Linux limits it to 128 KiB. It is
 * given a pipe as its standard output, too, whose `sed` stops when that shell has ended: the session's own may be a socket, and what others may read of it is secret.
 * The lock (descriptor 9) stays with the session's shell: no program that a part starts inherits it.
 */
export const prologue = [
  `nl='\n'; read -r t </proc/sys/kernel/random/uuid; [ \${#t} = 36 ] || { echo '/proc/sys/kernel/random/uuid cannot be read.' >&2; exit 72; }; exec 3>&1; printf '\\nstead-shell %s %s\\n' "$t" $$`,
  `u() { if [ -z "$1" ]; then (eval "$2") 9>&- 3>&-; elif ! w=$(getent passwd "$1"); then echo "There is no user $1." >&2; return ${NO_SUCH_USER}; else w=\${w%:*}; { printf %s "$2" | HOME=\${w##*:} USER=\${w%%:*} LOGNAME=\${w%%:*} runuser -u "$1" -- sh -c 'eval "$(cat <&8)" 8<&- 7<&-' 8<&0 <&7 9>&- 3>&-; } 7<&0; fi; }`,
  `i() { if [ "$1" = 0 ]; then u "$2" "$3" </dev/null; else head -c "$1" | { u "$2" "$3"; c=$?; cat >/dev/null; exit $c; }; fi; }`,
  `g() { i "$@"; printf '\\n%s %s\\n' "$t" $? >&2; }`,
  `l() { z=0; while IFS= read -r q; do case $q in "$t "*) printf '\\n%s' "\${q#* }"; return;; 'stead-note: '*) [ -z "$1" ] || printf '%s\\n%s note\\n' "\${q#* }" "$t" >&3;; esac; [ $z -gt ${LONGEST_STDERR} ] || { printf '%s\\n' "$q"; z=$((z + \${#q} + 1)); }; done; printf '\\n${KILLED}'; }`,
  `m() { printf '%s%s %s.%s\\n%s\\n%s %s\\n' "$b" "$t" "$n" "$p" "\${e%"$nl"*}" "$t" "\${e##*"$nl"}"; }`,
  `r() { p=$((p + 1)); b=$nl; [ -z "$2" ] || { b=; read -r k </proc/sys/kernel/random/uuid; }; e=$({ if [ "$b" ]; then g "$@" >&3; else { g "$@"; printf '\\n%s\\n' "$k"; } | sed "/^$k\\$/Q" >&3; fi; } 2>&1 | l); m; }`,
  `a() { p=$((p + 1)); b=$nl; if [ "$f" ]; then head -c "$1" >/dev/null; e="$nl"${LEFT_OUT}; else e=$(g "$@" 2>&1 | { trap '' PIPE; l notes 2>/dev/null; cat <&7 >/dev/null 2>&1 3>&- 9>&- & } 7<&0); [ "\${e##*"$nl"}" = 0 ] || f=1; fi; m; }`,
].join('\n')

/** Reads frames from standard input until it ends: a line with the script's length in bytes, then the script. One that was cut short is not run. */
export const loop = `while IFS= read -r n; do s=$(head -c "$n"; echo .); [ \${#s} = $((n + 1)) ] || exit 74; eval "\${s%.}"; done`

/** The script of a frame, without the standard input of its parts. */
export function frameScript(number: number, parts: readonly FramePart[]): string {
  const calls = parts.map(({ script, user, stdin }) => {
    const call = 'writes' in script ? 'a' : 'r'
    return `${call} ${stdin?.length ?? 0} ${quote(user ?? '')} ${quote(script.text)}`
  })
  return [`f= n=${number} p=0`, ...calls].join('\n') + '\n'
}

/** A script as it goes down a running shell that is in its {@link loop}. */
export function encodeScript(script: string): Buffer {
  const bytes = Buffer.from(script)
  return Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes])
}

/** A frame as it goes down a running session. */
export function encodeFrame(number: number, parts: readonly FramePart[]): Input[] {
  return [encodeScript(frameScript(number, parts)), ...parts.flatMap(({ stdin }) => (stdin?.length ? [stdin] : []))]
}
