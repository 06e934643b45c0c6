import { z } from 'zod'
import { ReadError } from '../errors.ts'
import { apply, read, type ApplyScript } from '../shell/script.ts'
import { Content } from '../state/content.ts'
import type { Resource } from '../state/resource.ts'

/** An onion service, by its HiddenServiceDir, and the unit of the tor that runs it. */
export interface OnionServiceKey {
  directory: string
  unit: string
}

/** Debian's tor runs as this user. */
const owner = 'debian-tor'

/** Makes a HiddenServiceDir as tor wants it, before tor does. */
const makeDirectory = (directory: string): ApplyScript => apply`[ -d ${directory} ] || install -d -o ${owner} -g ${owner} -m 0700 -- ${directory}`
/** A service that tor runs already has to be told; a new one is told with its stanza. */
const reload = (unit: string): ApplyScript => apply`systemctl reload-or-restart -- ${unit} || { journalctl --no-pager -q -n 20 -o cat -u ${unit} >&2; exit 1; }`

const keySchema = z.strictObject({ key: z.custom<Content>(value => value instanceof Content && value.secret, 'must be secret') })

/** The key of an onion service, which is its identity; its checksum alone is read. Source: tor(1), HiddenServiceDir; rend-spec-v3. */
export const onionKey: Resource<OnionServiceKey, { readonly key: Content }, z.infer<typeof keySchema>> = {
  kind: 'onion-key',
  schema: keySchema,
  identify: ({ directory }) => directory,
  read(keys) {
    return {
      script: read`for d in ${keys.map(({ directory }) => directory)}; do f=$d/hs_ed25519_secret_key; if [ -f "$f" ]; then sha256sum <"$f"; else echo; fi; done`,
      parse({ stdout, stderr, exitCode }) {
        if (exitCode !== 0) throw new ReadError('The keys of the onion services could not be looked at.', { stderr, exitCode })
        const lines = stdout.toString().split('\n')
        return keys.map((_, index) => (lines[index] ? { key: Content.known(lines[index].slice(0, 64), 96) } : null))
      },
    }
  },
  apply({ directory, unit }, _current, desired) {
    return {
      stdin: desired?.key.bytes,
      script: apply`set -e; ${makeDirectory(directory)}; umask 077; f=${directory}/hs_ed25519_secret_key
n=$(mktemp -- "$f.XXXXXXXX"); cat >"$n"; chown -- ${`${owner}:${owner}`} "$n"; sync -- "$n"
live=; [ ! -s ${directory}/hostname ] || live=1; rm -f -- ${directory}/hostname ${directory}/hs_ed25519_public_key; mv -fT -- "$n" "$f"
[ -z "$live" ] || { ${reload(unit)}; i=0; until [ -s ${directory}/hostname ] || [ $i = 150 ]; do i=$((i+1)); sleep 0.2; done; }`,
    }
  },
}

/** Owner and mode of authorized_clients/: of somebody else's, tor says that it is not its own, and does not start. */
export const ownDirectory = `${owner} 0700`

const clientsSchema = z.strictObject({ clients: z.array(z.string()), directory: z.literal(ownDirectory) })

/**
 * Who may reach an onion service: the public keys in authorized_clients/, each a line `name key`; one with another owner or mode differs, and so does the
 * directory, which is '' where it is not there. tor is reloaded, so that whoever is taken away is kept out from then on. Source: tor(1), CLIENT AUTHORIZATION.
 */
export const onionClients: Resource<OnionServiceKey, { readonly clients: readonly string[]; readonly directory: string }, z.infer<typeof clientsSchema>> = {
  kind: 'onion-clients',
  schema: clientsSchema,
  identify: ({ directory }) => directory,
  read(keys) {
    return {
      script: read`for d in ${keys.map(({ directory }) => directory)}; do echo =; printf '%s\n' "$(stat -c '%U %04a' -- "$d/authorized_clients" 2>/dev/null)"; for f in "$d"/authorized_clients/*.auth; do
[ -f "$f" ] || continue; n=\${f##*/}; a=$(stat -c '%U %a' -- "$f"); [ "$a" = 'debian-tor 600' ] && a= || a=" ($a)"
printf '%s %s%s\n' "\${n%.auth}" "$(sed 's/^descriptor:x25519://' <"$f" | tr -d '\n')" "$a"; done; done`,
      parse({ stdout, stderr, exitCode }) {
        if (exitCode !== 0) throw new ReadError('The clients of the onion services could not be read.', { stderr, exitCode })
        const sections = stdout.toString().split(/^=\n/m).slice(1)
        return keys.map((_, index) => {
          const [directory = '', ...lines] = (sections[index] ?? '').split('\n')
          // The bit that hands the group on comes from the directory above, where an administrator set it; tor does not mind.
          return { clients: lines.filter(line => line !== '').sort(), directory: directory.replace(/ 2(?=\d{3}$)/, ' 0') }
        })
      },
    }
  },
  apply({ directory, unit }, _current, desired) {
    return {
      stdin: Buffer.from((desired?.clients ?? []).map(client => `${client}\n`).join('')),
      script: apply`set -e; ${makeDirectory(directory)}; umask 077; d=${directory}/authorized_clients
install -d -o ${owner} -g ${owner} -m 0700 -- "$d"
n=$(mktemp -d -- "$d/.stead.XXXXXXXX"); trap 'rm -rf -- "$n"' EXIT
while read -r c k; do printf 'descriptor:x25519:%s\n' "$k" >"$n/$c.auth"; done
chown -R -- ${`${owner}:${owner}`} "$n"
for f in "$d"/*.auth; do [ ! -f "$f" ] || [ -f "$n/\${f##*/}" ] || rm -f -- "$f"; done
for f in "$n"/*.auth; do [ ! -f "$f" ] || mv -f -- "$f" "$d/"; done
rm -rf -- "$n"
if [ -s ${directory}/hostname ]; then ${reload(unit)}; fi`,
    }
  },
}
