import { z } from 'zod'
import { apply, applyLines, read, readLines } from '../../shell/script.ts'
import { Content } from '../../state/content.ts'
import { linePerKey, stdoutOf } from '../../state/read-answer.ts'
import type { Resource } from '../../state/resource.ts'
import { enter, explained, NEW } from '../files/file-write.ts'
import { intoDirectory, makeDirectory, TOR_USER } from './onion-directory.ts'
import { bringAbout } from '../systemd/unit-effect.ts'

/** An onion service, by its HiddenServiceDir, and the unit of the tor that runs it. */
export interface OnionServiceKey {
  directory: string
  unit: string
}

/**
 * A new file of tor's own in the directory at hand, `$n`, written by its descriptor: nobody can put another one under it, and tor alone
 * reads it. What a run left that was cut off goes before. */
const openNew = apply`rm -f -- .stead.????????; n=$(mktemp -u .stead.XXXXXXXX); set -C; command exec 8>"$n" || X "$t"; set +C; chown -- ${`${TOR_USER}:`} ${NEW}`
const begin = [apply`set -e; i=; n=; umask 077; trap 'rm -f -- "$n"' EXIT; trap 'exit 143' HUP INT TERM`, explained, enter]

const keySchema = z.strictObject({ key: z.custom<Content>(value => value instanceof Content && value.secret, 'must be secret') })

/** The key of an onion service, which is its identity; its checksum alone is read. Source: tor(1), HiddenServiceDir; rend-spec-v3. */
export const onionKeyResource: Resource<OnionServiceKey, { readonly key: Content }, z.infer<typeof keySchema>> = {
  kind: 'onion-key',
  schema: keySchema,
  identify: ({ directory }) => directory,
  read(keys) {
    return {
      script: read`for d in ${keys.map(({ directory }) => directory)}; do f=$d/hs_ed25519_secret_key; if [ -f "$f" ]; then sha256sum <"$f"; else echo; fi; done`,
      parse: linePerKey(keys, 'The keys of the onion services could not be looked at.', line => (line ? { key: Content.known(line.slice(0, 64), 96) } : null)),
    }
  },
  apply({ directory, unit }, _current, desired) {
    return {
      stdin: desired?.key.bytes,
      script: applyLines([...begin, makeDirectory(directory), intoDirectory(directory, 'hs_ed25519_secret_key'), openNew, apply`cat >&8; [ "$(stat -L -c %s ${NEW})" = ${desired?.key.size ?? 0} ] || { echo 'The key did not arrive whole; nothing was changed.' >&2; exit 1; }
sync -- ${NEW}; if W "$t"; then exit 1; fi
live=; [ ! -s hostname ] || live=1; rm -f -- hostname hs_ed25519_public_key; mv -fT -- "$n" "$b" || X "$t"; n=; sync -- ./
[ -z "$live" ] || { ${bringAbout('reloaded', unit)}; i=0; until [ -s hostname ] || [ $i = 150 ]; do i=$((i+1)); sleep 0.2; done; }`]),
    }
  },
  forecast: {},
}

const clientsSchema = z.strictObject({ clients: z.array(z.string()) })

/**
 * Who may reach an onion service: the public keys in authorized_clients/, each a line `name key`. tor is reloaded, so that whoever is taken
 * away is kept out from then on. Source: tor(1), CLIENT AUTHORIZATION.
 */
export const onionClientsResource: Resource<OnionServiceKey, { readonly clients: readonly string[] }, z.infer<typeof clientsSchema>> = {
  kind: 'onion-clients',
  schema: clientsSchema,
  identify: ({ directory }) => directory,
  read(keys) {
    return {
      // tor's user writes there: no more than names and keys is told of what he may have put there.
      script: readLines(keys.map(({ directory }) => read`echo =; for f in ${directory}/authorized_clients/*.auth; do
if [ ! -f "$f" ] && [ ! -L "$f" ]; then continue; fi; n=\${f##*/}; n=\${n%.auth}; k=; if [ ! -L "$f" ]; then read -r k <"$f"; fi; k=\${k#descriptor:x25519:}
case $n in *[!A-Za-z0-9_-]*) n='(odd name)';; esac; case $k in *[!A-Z2-7]*|'') k='(no key)';; esac; echo "$n $k"; done`)),
      parse(output) {
        const stdout = stdoutOf(output, 'The clients of the onion services could not be read.')
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
if [ -s ../hostname ]; then ${bringAbout('reloaded', unit)}; fi`]),
    }
  },
  forecast: {},
}
