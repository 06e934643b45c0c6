import { redact } from '../../secret/redact.ts'
import { read, type ReadScript } from '../../shell/script.ts'

/** A request that a host makes with curl, and the expected answer. */
export interface HttpCondition {
  url: string
  method: string
  headers: Readonly<Record<string, string>>
  body?: string
  /** The accepted statuses. */
  status: readonly number[]
  contains?: string
  /** A value in a JSON answer, by its path. */
  json?: { path: string; equals?: string | number | boolean | null }
  socks?: string
  insecure?: boolean
  followRedirects?: boolean
  requestTimeoutSeconds: number
}

/** Of a larger answer (bytes), only the end is searched, and the message says so. */
const LARGEST_SEARCHED = 2_000_000

/**
 * Makes the request. Prints the body and succeeds if status and text are as expected; otherwise
 * prints what was found. Source: curl(1).
 */
export function httpAnswer({ url, method, headers, body, status, contains, socks, insecure, followRedirects, requestTimeoutSeconds }: HttpCondition): ReadScript {
  const options = [
    '-sS', '-o', '-', '-w', '\\n%{http_code}', '--max-time', String(requestTimeoutSeconds), '--noproxy', socks ? '' : '*', ...(method === 'HEAD' ? ['-I'] : ['-X', method]),
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]), ...(body === undefined ? [] : ['--data-raw', body]),
    ...(socks ? ['--socks5-hostname', socks] : []), ...(insecure ? ['-k'] : []), ...(followRedirects ? ['-L'] : []),
  ]
  const allowed = read`case $c in ${read`${status[0] ?? 200}`}${status.slice(1).reduce((all, one) => read`${all}|${one}`, read``)}) :;; *) printf '%s\n' "$b" | tail -c 4000; exit 1;; esac`
  const holds = contains === undefined ? read`:` : read`case $b in *${contains}*) :;; *) echo "status $c, without the expected text$m"; exit 1;; esac`
  return read`command -v curl >/dev/null || { echo 'curl is not installed on this host: install it with apt'; exit 69; }
b=$(curl ${options} -- ${url} 2>&1 | tail -c ${LARGEST_SEARCHED}); c=\${b##*'
'}; m=; [ \${#b} -lt ${LARGEST_SEARCHED - 10} ] || m=${` in the last ${LARGEST_SEARCHED / 1_000_000} MB, the only part that is searched`}; ${allowed}; ${holds}; printf '%s' "\${b%?$c}"`
}

/**
 * What is wrong with a JSON answer, or undefined. A path names members and indexes: `versions[0]`,
 * `unstable.feature`, `"a.b".c`.
 *
 * @example jsonProblem('{"versions":["v1.11"]}', { path: 'versions[0]', equals: 'v1.11' }) // undefined
 */
export function jsonProblem(text: string, { path, equals }: NonNullable<HttpCondition['json']>): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return `not valid JSON: ${redact(text.trim()).slice(0, 200)}`
    throw error
  }
  for (const [, quoted, place, name] of path.matchAll(/"([^"]*)"|\[(\d+)\]|([^.[\]"]+)/g)) {
    const key = quoted ?? place ?? name ?? ''
    const member: unknown = typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined
    if (member === undefined) return `the answer has no ${path}`
    value = member
  }
  return equals === undefined || value === equals ? undefined : `${path} is ${JSON.stringify(value)}`
}
