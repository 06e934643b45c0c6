import { z } from 'zod'
import { redact } from '../../secret/redact.ts'
import { apply, read, readLines, type ReadScript } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { httpAnswer, jsonProblem, type HttpCondition } from './http-answer.ts'

/** Something to wait for: nothing is written, and the run continues once the condition holds. */
export interface WaitKey {
  condition:
    | { path: string; absent?: boolean; contains?: string }
    /**
     * A TCP port: open (something listens), closed, or drained (without any connection); on another
     * host: whether it answers.
     */
    | { port: number; host?: string; state: 'open' | 'closed' | 'drained' }
    /** The control socket of a tor that should have joined its network. */
    | { tor: string }
    | HttpCondition
  timeoutSeconds: number
  /** Time between two checks. @default 0.3 */
  intervalSeconds?: number
  /** Replaces the usual message after a timeout. */
  message?: string
}

export interface WaitState {
  readonly [field: string]: boolean | string | undefined
  met: boolean
  found: string
  /** The program that checks the condition is missing on the host. */
  unable?: true
}

/**
 * Waits until a path exists, a port is open or a URL answers. Sources: proc(5) net/tcp, bash(1)
 * /dev/tcp, curl(1), Tor's control-spec.
 */
export const waitResource: Resource<WaitKey, WaitState, Record<string, never>> = {
  kind: 'wait',
  schema: z.strictObject({}),
  identify: describe,
  question: ({ condition }) => JSON.stringify(condition),
  read(keys) {
    return {
      script: readLines(keys.map(key => read`{ (${probe(key)}) 2>/dev/null; printf '\n=%s' $?; } | base64 -w0; echo`)),
      parse: linePerKey(keys, 'Could not check the condition.', (line, { condition }) => {
        const [, found = '', code] = /^([\s\S]*)\n=(\d+)$/.exec(Buffer.from(line, 'base64').toString()) ?? []
        const problem = code === '0' && 'url' in condition && condition.json ? jsonProblem(found, condition.json) : undefined
        return { met: code === '0' && problem === undefined, found: problem ?? redact(found.trim()).slice(-300), ...(code === '69' ? { unable: true } : {}) }
      }),
    }
  },
  // 69: the program that checks it is missing, and waiting does not help.
  apply: key => ({
    seconds: key.timeoutSeconds,
    script: apply`e=$(( $(date +%s) + ${key.timeoutSeconds} )); until (${probe(key)}) >/dev/null 2>&1; do [ $? -ne 69 ] || break; if [ "$(date +%s)" -gt "$e" ]; then break; fi; sleep ${String(key.intervalSeconds ?? 0.3)}; done`,
  }),
  event: {
    effect: 'wait',
    describe,
    limitSeconds: ({ timeoutSeconds }) => timeoutSeconds,
    verify(key, _before, after) {
      if (after?.met) return undefined
      if (after?.unable) return `${after.found}.`
      return `${key.message ?? `Timed out${key.timeoutSeconds ? ` after ${key.timeoutSeconds} s` : ''} waiting for ${describe(key)}`}; found: ${after?.found || 'nothing'}.`
    },
  },
  forecast: {},
}

function describe({ condition }: WaitKey): string {
  if ('path' in condition) return `${condition.path}${condition.absent ? ' to be gone' : condition.contains === undefined ? '' : ` to contain ${JSON.stringify(condition.contains)}`}`
  if ('tor' in condition) return `tor (${condition.tor}) to have joined its network`
  if ('url' in condition) return condition.method === 'GET' ? condition.url : `${condition.method} ${condition.url}`
  return `${condition.host === undefined ? 'port ' : `${condition.host}:`}${condition.port}${condition.state === 'open' ? '' : ` to be ${condition.state}`}`
}

/**
 * Asks tor for its progress, prints it, and succeeds once tor has joined. Every Debian has perl
 * (perl-base), but no program for such sockets. perl's module Socket takes four times as long to
 * load as perl itself: 1 is AF_UNIX, and SOCK_STREAM is 1, or 2 on MIPS.
 */
const BOOTSTRAP = `$SIG{ALRM} = sub { print "no answer"; exit 1 }; alarm 5;
my ($s, $there); for (1, 2) { last if $there = socket($s, 1, $_, 0) && connect($s, pack("S a*", 1, "$ARGV[0]\\0")) }
$there or do { print "no tor listens on $ARGV[0]"; exit 1 };
sub ask { syswrite $s, "$_[0]\\r\\n"; my $all = ""; while (my $line = <$s>) { $all .= $line; last if $line =~ /^\\d{3} / } $all }
my ($file) = ask("PROTOCOLINFO 1") =~ /COOKIEFILE="([^"]*)"/; my $cookie = "";
if (defined $file and open my $f, "<", $file) { local $/; $cookie = unpack "H*", <$f> }
ask("AUTHENTICATE $cookie"); my $phase = ask("GETINFO status/bootstrap-phase");
print $phase =~ /PROGRESS=(\\d+).*?SUMMARY="([^"]*)"(?:.*?WARNING="([^"]*)")?/ ? "$1 % ($2" . (defined $3 ? ": $3" : "") . ")" : $phase; exit($phase =~ /PROGRESS=100 / ? 0 : 1)`

function probe({ condition }: WaitKey): ReadScript {
  if ('tor' in condition) return read`perl -e ${BOOTSTRAP} -- ${condition.tor}`
  if ('url' in condition) return httpAnswer(condition)
  if ('path' in condition) {
    const { path, absent, contains } = condition
    if (contains !== undefined) return read`[ -f ${path} ] && grep -qaF -e ${contains} -- ${path}`
    return absent ? read`! [ -e ${path} ] && ! [ -L ${path} ]` : read`[ -e ${path} ]`
  }
  const { port, host, state } = condition
  if (host !== undefined) {
    const connect = read`timeout 5 bash -c ': </dev/tcp/"$0"/"$1"' ${host} ${String(port)}`
    return state === 'open' ? connect : read`! ${connect}`
  }
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const sockets = (pattern: string) => read`grep -qsE ${`^ *[0-9]+: [0-9A-F]+:${hex} [0-9A-F]+:[0-9A-F]{4} ${pattern} `} /proc/net/tcp /proc/net/tcp6`
  if (state === 'open') return sockets('0A')
  // Existing connections: all states except LISTEN, CLOSE and TIME_WAIT.
  return state === 'closed' ? read`! ${sockets('0A')}` : read`! ${sockets('(01|02|03|04|05|08|09|0B)')}`
}
