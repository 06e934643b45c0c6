import { gzipSync } from 'node:zlib'
import { cleanEnvironment } from './environment.ts'
import { encodeScript, loop } from './frame.ts'
import { quote } from '../text/quote.ts'

/** A command longer than this (bytes) is refused: Linux limits one argument to 128 KiB, and a login shell gets the whole as one. */
const COMMAND_LIMIT = 120_000

/** By what a session's shell is known on its host, in its command line: no secret, and the same after a reconnection. */
export function nameOf(id: string): string {
  return `stead-${id}`
}

/**
 * The command that starts a session's shell with a script, after which it takes frames from its standard input; undefined where the script is
 * too long for a command. It has only what every login shell takes for the same thing (fish and tcsh among them: no newline, `!`, `\` or `'`
 * within quotes), so none of them reads the script itself, which travels in base64. Through sudo it goes down a pipe: what sudo runs stands in its log.
 */
export function startCommand(script: string, { become, id }: { become: 'none' | 'sudo'; id: string }): string | undefined {
  const whole = `${cleanEnvironment}\n${script}\n`
  const packed = gzipSync(become === 'sudo' ? encodeScript(whole) : `${whole}${loop}`, { level: 6 }).toString('base64')
  const unpack = 'printf %s "$1" | base64 -d | gzip -d'
  // The feeder runs on its own: where sudo refuses, nobody waits for it.
  const run = become === 'none'
    ? `eval "$(${unpack})"`
    : `{ { ${unpack}; exec cat 2>/dev/null; } <&7 & } 7<&0 | { export LC_ALL=C; exec sudo -n -- /bin/sh -c "LC_ALL=C; export LC_ALL; $2" "$0"; }`
  const command = `exec /bin/sh -c '${run}' ${nameOf(id)} ${packed}${become === 'sudo' ? ` ${quote(loop)}` : ''}`
  return Buffer.byteLength(command) < COMMAND_LIMIT ? command : undefined
}
