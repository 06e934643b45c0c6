import { z } from 'zod'
import { apply, read } from '../../shell/script.ts'
import { Content } from '../../state/content.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'

/** Types of debconf-devel(7). */
export type DebconfType = 'string' | 'boolean' | 'select' | 'multiselect' | 'note' | 'text' | 'title' | 'password'

export interface DebconfKey {
  package: string
  question: string
  type: DebconfType
  /** Leave the question marked as unseen, so that it is still asked. */
  unseen?: boolean
}

export interface DebconfState {
  readonly [field: string]: string | Content | undefined
  /** Normalized: booleans in lower case, the choices of a multiselect sorted. */
  value: string | Content
}

/** How long to wait for another process that uses debconf (seconds). */
const LOCK_TIMEOUT_SECONDS = 60

const schema = z.strictObject({ value: z.union([z.string(), z.custom<Content>(value => value instanceof Content)]) })

/** Normalizes a value for its type, so that two spellings of one answer are equal. */
export function normalizeAnswer(type: DebconfType, value: string): string {
  if (type === 'boolean') return value.trim().toLowerCase()
  if (type === 'multiselect') return value.split(',').map(choice => choice.trim()).filter(Boolean).sort().join(', ')
  return value
}

/**
 * The answer to a debconf question, read from the databases without a lock and without Perl. A
 * password never leaves the host; only its checksum does. Sources: debconf-devel(7),
 * debconf.conf(5), debconf-set-selections(1).
 */
export const debconfResource: Resource<DebconfKey, DebconfState, z.infer<typeof schema>> = {
  kind: 'debconf',
  schema,
  identify: ({ question }) => question,
  read: keys => ({
    script: read`g() { sed -n '/^Name: /h; /^Value:/{G;p}' /var/cache/debconf/config.dat /var/cache/debconf/passwords.dat 2>/dev/null | { f=; while IFS= read -r v && IFS= read -r n; do [ "$n" = "Name: $1" ] && { f=1; a=\${v#Value:}; a=\${a# }; }; done; [ -z "$f" ] || printf '%s' "$a" | "$2"; }; echo; }
d() { s=$(sha256sum); printf '%s' "\${s%% *}"; }
t() { base64 -w0; printf .; }
${keys.map(({ question, type }) => read`g ${question} ${type === 'password' ? 'd' : 't'}`).reduce((one, other) => read`${one}
${other}`)}`,
    parse(output) {
      const stdout = stdoutOf(output, 'Could not read the answers of debconf.')
      return answersOf(stdout.toString().split('\n'), keys)
    },
  }),
  apply({ package: owner, question, type, unseen }, _current, desired) {
    const value = desired?.value instanceof Content ? (desired.value.bytes?.toString() ?? '') : (desired?.value ?? '')
    return {
      // The databases are locked while a package is being configured.
      script: apply`v=$(cat; echo .); n=0
while e=$(printf '%s' "\${v%.}" | debconf-set-selections ${unseen ? ['-u'] : []} 2>&1) && c=0 || c=$?; do
  case $c.$e in 0.*) break;; *'locked by another process'*) [ $n -lt ${LOCK_TIMEOUT_SECONDS} ] || break;; *) break;; esac
  [ $n != 0 ] || echo "stead-note: waits for another process that uses debconf, for up to ${LOCK_TIMEOUT_SECONDS} s"
  n=$((n + 1)); sleep 1
done
[ $n = 0 ] || echo "stead-note: waited $n s for another process that uses debconf"
[ $c = 0 ] || { printf '%s\n' "$e"; exit $c; }`,
      stdin: Buffer.from(`${owner} ${question} ${type} ${value}\n`),
    }
  },
  forecast: {
    // A package that is still to be installed asks its questions then, and answers them with
    // defaults.
    mayComeWithPackage: () => true,
  },
}

function answersOf(lines: readonly string[], keys: readonly DebconfKey[]): (DebconfState | null)[] {
  return keys.map(({ type }, index) => {
    const line = lines[index] ?? ''
    if (line === '') return null
    if (type === 'password') return { value: Content.known(line, 0) }
    return { value: normalizeAnswer(type, Buffer.from(line.replace(/\.$/, ''), 'base64').toString()) }
  })
}
