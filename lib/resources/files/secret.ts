import { z } from 'zod'
import { apply, applyLines, read } from '../../shell/script.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { attributes } from './attributes.ts'
import { beside } from './beside.ts'
import { fileResource } from './file.ts'
import { enter, explained, NEW, own, same } from './file-write.ts'

export interface SecretFileKey {
  path: string
  format: 'hex' | 'base64' | 'alnum'
  /** Number of characters; a newline follows. */
  length: number
}

export interface SecretFileState {
  readonly [field: string]: string
  mode: string
  owner: string
  group: string
}

/** Scripts that print `length` random characters. */
const random = {
  hex: (length: number) => apply`head -c ${length} /dev/urandom | od -An -v -tx1 | tr -d ' \n' | head -c ${length}`,
  base64: (length: number) => apply`head -c ${length} /dev/urandom | base64 -w0 | head -c ${length}`,
  alnum: (length: number) => apply`head -c ${length * 8 + 256} /dev/urandom | tr -dc 'A-Za-z0-9' | head -c ${length}`,
}

const schema = z.strictObject({ mode: z.string(), owner: z.string(), group: z.string() })

/**
 * A file with a random secret that is generated on the host, once, and never leaves it: stead reads
 * its owner and mode, never its content. Source: random(4).
 */
export const secretResource: Resource<SecretFileKey, SecretFileState, z.infer<typeof schema>> = {
  kind: 'secret',
  schema,
  identify: ({ path }) => path,
  read(keys) {
    const paths = keys.map(({ path }) => path)
    return {
      script: read`for p in ${paths}; do if [ -s "$p" ] && [ -f "$p" ] && [ ! -L "$p" ]; then stat -L -c '%04a/%U/%G/%u/%g' -- "$p"; else echo; fi; done`,
      parse: linePerKey(paths, 'Could not look for the secrets.', line => {
        const [mode = '', owner, group, uid = '', gid = ''] = line.split('/')
        if (owner === undefined || group === undefined) return null
        return { mode: mode.padStart(4, '0'), owner: owner === 'UNKNOWN' ? uid : owner, group: group === 'UNKNOWN' ? gid : group }
      }),
    }
  },
  apply({ path, format, length }, current, desired) {
    const begin = [apply`set -e; i=; umask 077`, explained, enter]
    if (desired === null) return { script: applyLines([...begin, apply`T ${path} link; rm -f -- "$b" || X "$t"`]) }
    if (current) {
      return { script: applyLines([...begin, apply`T ${path} follow; { ${same(NEW)}
${attributes(NEW, desired)}; } 8<"$b"`]) }
    }
    // Accessed by its descriptor, like any file: nobody with write access to the directory can
    // substitute another one.
    return {
      script: applyLines([...begin, beside(path), apply`T ${path} link
N; set -C; command exec 8>"$n" || X "$t"; set +C
${own(NEW)}
${random[format](length)} >&8; echo >&8
[ "$(wc -c <${NEW})" = ${length + 1} ] || { echo 'Could not read enough random bytes.' >&2; exit 1; }
${attributes(NEW, desired)}
sync -- ${NEW}; [ -s "$b" ] || rm -f -- "$b"; mv -nT -- "$n" "$b" || X "$t"; sync -- ./`]),
    }
  },
  forecast: {
    sideEffects: ({ path }, desired) => [{ kind: 'file', identity: path, state: desired && { type: 'file', ...desired } }],
    overrides: ({ path }, desired) => [{ resource: fileResource, key: { path }, desired: desired && { type: 'file', ...desired } }],
  },
}
