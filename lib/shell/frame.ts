import { randomBytes } from 'node:crypto'
import { quote } from './quote.ts'
import type { ApplyScript, ReadScript } from './script.ts'
import type { Output } from '../state/resource.ts'

/** One script of a frame. Apply parts of a frame run in order, and after one that failed the others are left out. */
export interface FramePart {
  script: ReadScript | ApplyScript
  /** Run as this user of the host instead of the session's own. */
  user?: string
  /** Given on standard input; whatever the script leaves of it is discarded. */
  stdin?: Uint8Array
}

/** The exit code of an apply part that was left out since one before it failed. */
export const LEFT_OUT = 125

/** The exit code of a part whose user is not there (EX_UNAVAILABLE of sysexits.h). */
export const NO_SUCH_USER = 69

/** A word that no output can hold by chance: it parts the answers of a frame. */
export function newToken(): string {
  return `stead-${randomBytes(16).toString('hex')}`
}

/**
 * Shell functions that a session is made of, in plain POSIX sh. `r` reads: its standard output goes out as it is (any bytes),
 * its standard error is kept and sent behind, with the exit code. `a` applies: an apply part's output is kept until
 * it ends, so that a lost connection cannot kill it half way with SIGPIPE; and it is left out once one has failed.
 * Another user's shell gets its script through a pipe (descriptor 8): a word could be seen by everybody, and Linux limits it to 128 KiB.
 * It is redirected by exec: for a redirection of one call the shell would keep the old descriptor open in what runs on in the background.
 * The lock (descriptor 9) stays with the session's shell: no program that a part starts inherits it.
 */
export function prologue(token: string): string {
  return [
    `t=${token}; export LC_ALL=C; PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; umask 022; cd /; exec 3>&1`,
    `u() { if [ -z "$1" ]; then (eval "$2") 9>&- 3>&-; elif ! id -u "$1" >/dev/null 2>&1; then echo "There is no user $1." >&2; return ${NO_SUCH_USER}; else { printf %s "$2" | runuser -u "$1" -- sh -c 'eval "$(cat <&8)" 8<&- 7<&-' 8<&0 <&7 9>&- 3>&-; } 7<&0; fi; }`,
    `i() { if [ "$1" = 0 ]; then u "$2" "$3" </dev/null; else head -c "$1" | { u "$2" "$3"; c=$?; cat >/dev/null; exit $c; }; fi; }`,
    `m() { printf '\\n%s %s\\n%s\\n%s\\n' "$t" "$1" "$2" "$t"; }`,
    `r() { e=$(exec 2>&1 >&3; i "$1" "$2" "$3"); m $? "$e"; }`,
    `a() { if [ -n "$f" ]; then head -c "$1" >/dev/null; m ${LEFT_OUT} ''; return; fi; e=$(exec 2>&1; i "$1" "$2" "$3"); c=$?; [ $c = 0 ] || f=1; m $c "$e"; }`,
  ].join('\n')
}

/** Reads frames from standard input until it ends: a line with the script's length in bytes, then the script. */
export const loop = `while IFS= read -r n; do s=$(head -c "$n"; echo .); eval "\${s%.}"; done`

/** The script of a frame, without the standard input of its parts. */
export function frameScript(parts: readonly FramePart[]): string {
  const calls = parts.map(({ script, user, stdin }) => {
    const call = 'writes' in script ? 'a' : 'r'
    return `${call} ${stdin?.length ?? 0} ${quote(user ?? '')} ${quote(script.text)}`
  })
  return ['f=', ...calls].join('\n') + '\n'
}

/** A frame as it goes down a running session. */
export function encodeFrame(parts: readonly FramePart[]): Buffer[] {
  const script = Buffer.from(frameScript(parts))
  return [Buffer.from(`${script.length}\n`), script, ...parts.flatMap(({ stdin }) => (stdin?.length ? [Buffer.from(stdin)] : []))]
}

/** Takes a session's output in pieces and gives the answers of a frame once all of them are there. */
export class FrameParser {
  readonly #boundary: Buffer
  #buffer = Buffer.alloc(0)
  /** What came since the buffer was last looked at; joined only where it may end an answer, so that a long one is not copied again and again. */
  #pieces: Buffer[] = []
  #mayEnd = false

  constructor(token: string) {
    this.#boundary = Buffer.from(`\n${token}`)
  }

  push(chunk: Buffer): void {
    const last = this.#pieces.at(-1) ?? this.#buffer
    const seam = Buffer.concat([last.subarray(Math.max(0, last.length - this.#boundary.length)), chunk.subarray(0, this.#boundary.length)])
    this.#mayEnd ||= chunk.includes(this.#boundary) || seam.includes(this.#boundary) || chunk.length < this.#boundary.length
    this.#pieces.push(chunk)
  }

  /** The next answer, or undefined while it is not complete. */
  next(): Output | undefined {
    if (this.#mayEnd) {
      this.#buffer = Buffer.concat([this.#buffer, ...this.#pieces])
      this.#pieces = []
    }
    const answer = this.#mayEnd ? this.#complete() : undefined
    this.#mayEnd = answer !== undefined
    return answer
  }

  #complete(): Output | undefined {
    const end = this.#buffer.indexOf(this.#boundary)
    const codeAt = end + this.#boundary.length + 1
    const lineEnd = end < 0 ? -1 : this.#buffer.indexOf('\n', codeAt)
    const closed = lineEnd < 0 ? -1 : this.#buffer.indexOf(Buffer.concat([this.#boundary, Buffer.from('\n')]), lineEnd)
    if (closed < 0) return undefined
    const output = {
      stdout: Buffer.from(this.#buffer.subarray(0, end)),
      exitCode: Number(this.#buffer.subarray(codeAt, lineEnd).toString()),
      stderr: this.#buffer.subarray(lineEnd + 1, closed).toString(),
    }
    this.#buffer = this.#buffer.subarray(closed + this.#boundary.length + 1)
    return output
  }
}
