import { z } from 'zod'
import { apply, applyLines, read } from '../../shell/script.ts'
import { Content } from '../../state/content.ts'
import { linePerKey } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { NEW } from '../files/file-write.ts'
import { restartOrReload } from '../systemd/unit-effect.ts'
import { intoDirectory, makeDirectory } from './onion-directory.ts'
import { begin, openNew, type OnionServiceKey } from './onion-service.ts'

const schema = z.strictObject({ key: z.custom<Content>(value => value instanceof Content && value.secret, 'must be secret') })

/**
 * The key of an onion service, which is its identity. Only its checksum is read. Source: tor(1),
 * HiddenServiceDir; rend-spec-v3.
 */
export const onionKeyResource: Resource<OnionServiceKey, { readonly key: Content }, z.infer<typeof schema>> = {
  kind: 'onion-key',
  schema: schema,
  identify: ({ directory }) => directory,
  read(keys) {
    return {
      script: read`for d in ${keys.map(({ directory }) => directory)}; do f=$d/hs_ed25519_secret_key; if [ -f "$f" ]; then sha256sum <"$f"; else echo; fi; done`,
      parse: linePerKey(keys, 'Could not read the keys of the onion services.', line => (line ? { key: Content.known(line.slice(0, 64), 96) } : null)),
    }
  },
  apply({ directory, unit }, _current, desired) {
    return {
      stdin: desired?.key.bytes,
      script: applyLines([...begin, makeDirectory(directory), intoDirectory(directory, 'hs_ed25519_secret_key'), openNew, apply`cat >&8; [ "$(stat -L -c %s ${NEW})" = ${desired?.key.size ?? 0} ] || { echo 'The key did not arrive complete. Nothing was changed.' >&2; exit 1; }
sync -- ${NEW}; if W "$t"; then exit 1; fi
live=; [ ! -s hostname ] || live=1; rm -f -- hostname hs_ed25519_public_key; mv -fT -- "$n" "$b" || X "$t"; n=; sync -- ./
[ -z "$live" ] || { ${restartOrReload('reloaded', unit)}; i=0; until [ -s hostname ] || [ $i = 150 ]; do i=$((i+1)); sleep 0.2; done; }`]),
    }
  },
  forecast: {},
}
