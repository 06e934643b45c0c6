import { z } from 'zod'
import { playbook } from '../lib/index.ts'
import { element } from './synapse/element.ts'
import { nginx } from './synapse/nginx.ts'
import { onion } from './synapse/onion.ts'
import { packages } from './synapse/packages.ts'
import { places } from './synapse/places.ts'
import { postgres } from './synapse/postgres.ts'
import { synapse } from './synapse/synapse.ts'
import { userAndDirectories } from './synapse/user-and-directories.ts'

const vars = z.object({
  /** Version of matrix-synapse on PyPI. */
  synapse_version: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a version, as in 1.163.2').default('1.163.2'),
  /** Release archive of Element Web: a URL, or a local file. */
  element_archive: z.string('must be a URL or a file: the release archive of Element Web').min(1),
  /** SHA-256 of that archive. */
  element_sha256: z.string('must be the SHA-256 of element_archive').regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits'),
  /**
   * Federate with other servers too, through Tor exits. Otherwise Tor refuses every destination
   * except onion services.
   */
  clearnet_federation: z.boolean().default(false),
  /** Only these servers, by name; empty: any. */
  federate_with: z.array(z.string().regex(/^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/, 'must be the name of a server, as in example.org or example.org:8448')).default([]),
  /**
   * Fetch Synapse and Element through Tor, so that their publishers do not learn where the server
   * is.
   */
  downloads_through_tor: z.boolean().default(true),
  /** Install packages without waiting for the disk, for a host that can be set up again from blank. */
  packages_unsafe_io: z.boolean().default(false),
  /**
   * `token`: users with a registration token; `closed`: only users that an administrator creates.
   */
  registration: z.enum(['token', 'closed']).default('token'),
  /** Largest file that can be sent; over Tor a megabyte takes several seconds. */
  max_upload_size: z.string().regex(/^\d+[KM]$/, 'must be a size, as in 20M').default('20M'),
})

/** The variables of the Synapse playbook, after validation. */
export type SynapseVars = z.output<typeof vars>

/**
 * Turns a blank Debian 12 into a Matrix homeserver that is only reachable as a Tor onion service.
 *
 * Users and directories come before the packages, so that check mode can predict with certainty
 * what the playbook itself creates on a blank host.
 */
export default playbook({
  name: 'Synapse onion server',
  hosts: 'homeservers',
  vars,
  tasks(play) {
    const { vars: options } = play
    userAndDirectories(play)
    packages(play, options)
    const service = onion(play, { name: 'synapse', clearnet: options.clearnet_federation })
    postgres(play, { role: 'synapse_user', database: 'synapse' })
    synapse(play, options, service)
    element(play, options, service)
    nginx(play, options, service)
    play.summary(async () => {
      const { hostname } = await service
      return [
        `Onion address: http://${hostname}/   (Element Web and clients, in Tor Browser or through Tor)`,
        `Federation:    ${hostname}:8448`,
        `Next: create the first user, on the host:  ${places.venv}/bin/register_new_matrix_user -c ${places.config}/homeserver.yaml http://127.0.0.1:8008`,
        'Then: keep a copy of /var/lib/tor/synapse/ in a safe place. It is the server\'s name; lost, it is lost forever.',
      ]
    })
  },
})
