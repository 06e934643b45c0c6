import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, read } from '../shell/script.ts'
import type { Resource } from '../state/resource.ts'
import { attributes } from './attributes.ts'

export interface SecretFileKey {
  path: string
  format: 'hex' | 'base64' | 'alnum'
  /** Characters of it; a newline follows. */
  length: number
}

export interface SecretFileState {
  readonly [field: string]: string
  mode: string
  owner: string
  group: string
}

/** Scripts that print so many random characters. */
const random = {
  hex: (length: number) => apply`head -c ${length} /dev/urandom | od -An -v -tx1 | tr -d ' \n' | head -c ${length}`,
  base64: (length: number) => apply`head -c ${length} /dev/urandom | base64 -w0 | head -c ${length}`,
  alnum: (length: number) => apply`head -c ${length * 8 + 256} /dev/urandom | tr -dc 'A-Za-z0-9' | head -c ${length}`,
}

const schema = z.strictObject({ mode: z.string(), owner: z.string(), group: z.string() })

/**
 * A file with a random secret that is made on the host, once, and never leaves it: stead reads who may read it, never what it says.
 * Source: random(4).
 */
export const secretFile: Resource<SecretFileKey, SecretFileState, z.infer<typeof schema>> = {
  kind: 'secret',
  schema,
  identify: ({ path }) => path,
  read(keys) {
    const paths = keys.map(({ path }) => path)
    return {
      script: read`for p in ${paths}; do if [ -s "$p" ] && [ -f "$p" ]; then stat -L -c '%04a/%U/%G' -- "$p"; else echo; fi; done`,
      parse({ stdout, stderr, exitCode }) {
        if (exitCode !== 0) throw new ReadError('The secrets could not be looked for.', { stderr, exitCode })
        const lines = stdout.toString().split('\n')
        return paths.map((_, index) => {
          const [mode = '', owner, group] = (lines[index] ?? '').split('/')
          return owner === undefined || group === undefined ? null : { mode: mode.padStart(4, '0'), owner, group }
        })
      },
    }
  },
  apply({ path, format, length }, current, desired) {
    if (desired === null) return { script: apply`rm -f -- ${path}` }
    if (current) return { script: apply`set -e; ${attributes(path, desired)}` }
    return {
      script: apply`set -e; umask 077
n=$(mktemp -- ${`${path}.XXXXXXXX`}); trap 'rm -f -- "$n"' EXIT
${random[format](length)} >"$n"; echo >>"$n"
[ "$(wc -c <"$n")" = ${length + 1} ] || { echo 'There was not enough chance in this host.' >&2; exit 1; }
${attributes(read`"$n"`, desired)}
sync -- "$n"; [ -s ${path} ] || rm -f -- ${path}; mv -nT -- "$n" ${path}; trap - EXIT`,
    }
  },
  foretells: ({ path }, desired) => [{ kind: 'file', identity: path, state: desired && { type: 'file', ...desired } }],
}
