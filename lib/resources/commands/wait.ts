import { z } from 'zod'
import { redact } from '../../secret/redact.ts'
import { apply, read, readLines, type ReadScript } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { httpAnswer, jsonProblem, type HttpCondition } from './http-answer.ts'

/** Something to wait for: it writes nothing, and a run goes on once it is so. */
export interface WaitKey {
  condition:
    | { path: string; absent?: boolean; contains?: string }
    /** A TCP port: listened on, free, or without any connection; of another host: answering or not. */
    | { port: number; host?: string; state: 'open' | 'closed' | 'drained' }
    /** A tor, by its control socket, that has joined its network. */
    | { tor: string }
    | HttpCondition
  timeoutSeconds: number
  /** Between two looks. @default 0.3 */
  intervalSeconds?: number
  /** Said in place of the usual words when it took too long. */
  message?: string
}

export interface WaitState {
  readonly [field: string]: boolean | string | undefined
  met: boolean
  found: string
  /** A program is missing on the host to look at it with. */
  unable?: true
}

/** Waits until a path is there, a port listens or a URL answers. Sources: proc(5) net/tcp, bash(1) /dev/tcp, curl(1), Tor's control-spec. */
export const waitResource: Resource<WaitKey, WaitState, Record<string, never>> = {
  kind: 'wait',
  schema: z.strictObject({}),
  identify: describe,
  question: ({ condition }) => JSON.stringify(condition),
  read(keys) {
    return {
      script: readLines(keys.map(key => read`{ (${probe(key)}) 2>/dev/null; printf '\n=%s' $?; } | base64 -w0; echo`)),
      parse: linePerKey(keys, 'It could not be looked for.', (line, { condition }) => {
        const [, found = '', code] = /^([\s\S]*)\n=(\d+)$/.exec(Buffer.from(line, 'base64').toString()) ?? []
        const problem = code === '0' && 'url' in condition && condition.json ? jsonProblem(found, condition.json) : undefined
        return { met: code === '0' && problem === undefined, found: problem ?? redact(found.trim()).slice(-300), ...(code === '69' ? { unable: true } : {}) }
      }),
    }
  },
  // 69: what it is looked at with is missing, and will not come by waiting.
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

/** Asks tor how far it has come; prints that, and succeeds once it is done. perl is in every Debian (perl-base), a program for such sockets is not. */
const BOOTSTRAP = `use IO::Socket::UNIX; $SIG{ALRM} = sub { print "no answer"; exit 1 }; alarm 5;
my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]) or do { print "no tor listens on $ARGV[0]"; exit 1 };
sub ask { print $s "$_[0]\\r\\n"; my $all = ""; while (my $line = <$s>) { $all .= $line; last if $line =~ /^\\d{3} / } $all }
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
  // Connections that still are: all but listening, closed and waiting out their time.
  return state === 'closed' ? read`! ${sockets('0A')}` : read`! ${sockets('(01|02|03|04|05|08|09|0B)')}`
}
