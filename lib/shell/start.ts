import { gzipSync } from 'node:zlib'
import { cleanEnvironment } from './environment.ts'
import { encodeScript, loop } from './frame.ts'
import { quote } from '../text/quote.ts'

/**
 * The longest command (bytes): Linux limits one argument to 128 KiB, and a login shell gets the
 * whole command as one.
 */
const COMMAND_LIMIT = 120_000

/**
 * The name of a session's shell, which appears in its command line on the host. It is not secret,
 * and stays the same after reconnecting.
 */
export function nameOf(id: string): string {
  return `stead-${id}`
}

/**
 * The command that starts a session's shell with a script, after which it takes frames from its
 * standard input; undefined if the script is too long for a command. It uses only syntax that means
 * the same in every login shell (fish and tcsh among them: no newline, `!`, `\` or `'` within
 * quotes). The script itself is in base64, so the login shell does not interpret it. With sudo it
 * goes through a pipe, since sudo logs its command line.
 */
export function startCommand(script: string, { become, id }: { become: 'none' | 'sudo'; id: string }): string | undefined {
  const whole = `${cleanEnvironment}\n${script}\n`
  const packed = gzipSync(become === 'sudo' ? encodeScript(whole) : `${whole}${loop}`, { level: 6 }).toString('base64')
  const unpack = 'printf %s "$1" | base64 -d | gzip -d'
  // The feeder runs in the background: if sudo refuses, nothing waits for it.
  const run = become === 'none'
    ? `eval "$(${unpack})"`
    : `{ { ${unpack}; exec cat 2>/dev/null; } <&7 & } 7<&0 | { export LC_ALL=C; exec sudo -n -- /bin/sh -c "LC_ALL=C; export LC_ALL; $2" "$0"; }`
  const command = `exec /bin/sh -c '${run}' ${nameOf(id)} ${packed}${become === 'sudo' ? ` ${quote(loop)}` : ''}`
  return Buffer.byteLength(command) < COMMAND_LIMIT ? command : undefined
}
