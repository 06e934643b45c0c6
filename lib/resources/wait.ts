import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, read, readLines, type ReadScript } from '../shell/script.ts'
import type { Resource } from '../state/resource.ts'

/** Something to wait for: it writes nothing, and a run goes on once it is so. */
export interface WaitKey {
  condition:
    | { path: string }
    /** A TCP port of this host on which something listens. */
    | { port: number }
    | { url: string; status: number; contains?: string; socks?: string; insecure?: boolean; requestTimeoutSeconds: number }
  timeoutSeconds: number
}

export interface WaitState {
  readonly [field: string]: boolean | string
  met: boolean
  found: string
}

/** Waits until a path is there, a port listens or a URL answers. Sources: proc(5) net/tcp, curl(1). */
export const wait: Resource<WaitKey, WaitState, Record<string, never>> = {
  kind: 'wait',
  schema: z.strictObject({}),
  identify: describe,
  read(keys) {
    return {
      script: readLines(keys.map(key => read`(${probe(key)}) 2>/dev/null; echo "=$?"`)),
      parse({ stdout, stderr, exitCode }) {
        if (exitCode !== 0) throw new ReadError('It could not be looked for.', { stderr, exitCode })
        const answers = stdout.toString().split(/=(\d+)\n/)
        return keys.map((_, index) => ({ met: answers[2 * index + 1] === '0', found: (answers[2 * index] ?? '').trim() }))
      },
    }
  },
  apply: key => ({
    script: apply`e=$(( $(date +%s) + ${key.timeoutSeconds} )); until o=$(${probe(key)}) 2>/dev/null; do if [ "$(date +%s)" -ge "$e" ]; then echo "$o" >&2; exit 1; fi; sleep 0.3; done`,
  }),
  event: {
    effect: 'wait',
    describe,
    verify: (key, _before, after) => (after?.met ? undefined : `${describe(key)}: it is not so${key.timeoutSeconds ? ` (waited up to ${key.timeoutSeconds} s)` : ''}; found: ${after?.found || 'nothing'}.`),
  },
}

function describe({ condition }: WaitKey): string {
  if ('path' in condition) return condition.path
  return 'port' in condition ? `port ${condition.port}` : condition.url
}

function probe({ condition }: WaitKey): ReadScript {
  if ('path' in condition) return read`[ -e ${condition.path} ]`
  if ('port' in condition) {
    const hex = condition.port.toString(16).toUpperCase().padStart(4, '0')
    return read`grep -qs ${`^ *[0-9]*: [0-9A-F]*:${hex} [0-9A-F]*:0000 0A `} /proc/net/tcp /proc/net/tcp6`
  }
  const { url, status, contains, socks, insecure, requestTimeoutSeconds } = condition
  const options = ['-sS', '-o', '-', '-w', '\\n%{http_code}', '--max-time', String(requestTimeoutSeconds), '--noproxy', socks ? '' : '*', ...(socks ? ['--socks5-hostname', socks] : []), ...(insecure ? ['-k'] : [])]
  const asked = read`command -v curl >/dev/null || { echo 'curl is not installed on this host: add it by apt'; exit 69; }; b=$(curl ${options} -- ${url} 2>&1 | head -c 100000); c=$(printf %s "$b" | tail -n 1)`
  const holds = contains === undefined ? read`:` : read`case $b in *${contains}*) :;; *) echo "status $c, without the text asked for"; exit 1;; esac`
  return read`${asked}; if [ "$c" != ${status} ]; then printf '%s\n' "$b" | tail -c 300; exit 1; fi; ${holds}`
}
