import { z } from 'zod'
import { apply, applyLines, read, readLines } from '../../shell/script.ts'
import { stdoutOf } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { NEW } from '../files/file-write.ts'
import { restartOrReload } from '../systemd/unit-effect.ts'
import { intoDirectory, makeDirectory } from './onion-directory.ts'
import { begin, openNew, type OnionServiceKey } from './onion-service.ts'

const schema = z.strictObject({ clients: z.array(z.string()) })

/**
 * Who may reach an onion service: the public keys in authorized_clients/, each as a line `name
 * key`. tor is reloaded, so that clients that are removed lose access at once. Source: tor(1),
 * CLIENT AUTHORIZATION.
 */
export const onionClientsResource: Resource<OnionServiceKey, { readonly clients: readonly string[] }, z.infer<typeof schema>> = {
  kind: 'onion-clients',
  schema: schema,
  identify: ({ directory }) => directory,
  read(keys) {
    return {
      // tor's user can write there, so nothing but valid names and keys is passed on.
      script: readLines(keys.map(({ directory }) => read`echo =; for f in ${directory}/authorized_clients/*.auth; do
if [ ! -f "$f" ] && [ ! -L "$f" ]; then continue; fi; n=\${f##*/}; n=\${n%.auth}; k=; if [ ! -L "$f" ]; then read -r k <"$f"; fi; k=\${k#descriptor:x25519:}
case $n in *[!A-Za-z0-9_-]*) n='(odd name)';; esac; case $k in *[!A-Z2-7]*|'') k='(no key)';; esac; echo "$n $k"; done`)),
      parse(output) {
        const stdout = stdoutOf(output, 'Could not read the clients of the onion services.')
        const sections = stdout.toString().split(/^=\n/m).slice(1)
        return keys.map((_, index) => ({ clients: (sections[index] ?? '').split('\n').filter(line => line !== '').sort() }))
      },
    }
  },
  apply({ directory, unit }, _current, desired) {
    const clients = `${directory}/authorized_clients`
    return {
      stdin: Buffer.from((desired?.clients ?? []).map(client => `${client}\n`).join('')),
      script: applyLines([...begin, makeDirectory(directory), makeDirectory(clients), intoDirectory(clients, 'x'), apply`a=; while read -r c k; do ${openNew}; printf 'descriptor:x25519:%s\n' "$k" >&8; sync -- ${NEW}; mv -fT -- "$n" "$c.auth" || X "$t"; n=; a="$a/$c.auth/"; done
for f in *.auth; do case $a in */"$f"/*) :;; *) rm -f -- "$f" || X "$t";; esac; done; sync -- ./
if [ -s ../hostname ]; then ${restartOrReload('reloaded', unit)}; fi`]),
    }
  },
  forecast: {},
}
